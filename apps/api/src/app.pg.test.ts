import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, CRON_SECRET, createApiWorld, type SignedIn } from "./test-support/api-world.ts";

let world: ApiWorld;
let user: SignedIn;
beforeAll(async () => {
  world = await createApiWorld({ METRICS_TOKEN: "metrics-token-for-tests" });
  user = await world.signUp("host");
});
afterAll(() => world.close());

interface Operation {
  summary?: string;
  responses: Record<string, unknown>;
}

test("the API describes itself with a valid OpenAPI document that names every route", async () => {
  const document = (await world.app.inject({ url: "/openapi.json" })).json();
  const result = await new Validator().validate(document);
  expect(result.errors ?? []).toEqual([]);
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  expect(operations.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "POST /v1/session",
      "GET /v1/public/{username}",
      "GET /v1/slots",
      "POST /v1/bookings",
      "POST /v1/bookings/{uid}/cancel",
      "PUT /v1/destination",
      "GET /v1/sync/status",
      "POST /api/cron/{name}",
    ]),
  );
  for (const { name, operation } of operations) expect(operation.summary, name).toBeTruthy();
});

test("the reference page is served", async () => {
  const page = await world.app.inject({ url: "/docs" });
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain("swagger-ui");
});

test("a request that does not fit its schema gets every problem with its path", async () => {
  const answer = await user.send("POST", "/v1/event-types", {
    title: "",
    slug: "Not A Slug",
    durationMinutes: 1,
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  const problem = answer.json();
  expect(problem).toMatchObject({
    code: "invalid_request",
    status: 400,
    type: "urn:calsync:problem:invalid_request",
  });
  expect(problem.errors.map((error: { path: string }) => error.path)).toEqual([
    "title",
    "slug",
    "durationMinutes",
  ]);
});

test("nested paths are written with dots", async () => {
  const body = {
    username: "host",
    eventType: "x",
    start: "2026-05-01T09:00:00Z",
    timeZone: "UTC",
    guest: { name: "G" },
  };
  const answer = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
  expect(answer.json().errors).toEqual([{ path: "guest.email", message: expect.any(String) }]);
});

test("unknown routes, broken JSON and unread media types are problems too", async () => {
  const unknown = await world.app.inject({ url: "/v1/nothing?token=secret" });
  expect(unknown.json()).toMatchObject({ code: "not_found", status: 404 });
  expect(unknown.body).not.toContain("secret");
  const send = (type: string, payload: string) =>
    world.app.inject({ method: "POST", url: "/v1/session", headers: { "content-type": type }, payload });
  const broken = await send("application/json", "{");
  expect(broken.statusCode).toBe(400);
  expect(broken.headers["content-type"]).toContain("application/problem+json");
  expect((await send("text/csv", "a,b")).statusCode).toBe(415);
  expect((await send("application/json", "")).json()).toMatchObject({ code: "invalid_request" });
  expect((await send("application/json", '{"__proto__": {}}')).statusCode).toBe(400);
});

test("what fails inside stays inside", async () => {
  const original = world.container.sync.status;
  world.container.sync.status = () => Promise.reject(new Error("connection to 10.0.0.7 refused: password=x"));
  try {
    const answer = await user.get("/v1/sync/status");
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: "internal_error" });
    expect(answer.body).not.toContain("10.0.0.7");
  } finally {
    world.container.sync.status = original;
  }
});

test("health and readiness tell the truth", async () => {
  expect((await world.app.inject({ url: "/healthz" })).json()).toEqual({ ok: true });
  const ready = await world.app.inject({ url: "/readyz" });
  expect(ready.statusCode).toBe(200);
  expect(ready.json().checks.migrations).toEqual({ ok: true, detail: "up to date" });
  await world.database.prisma.$executeRaw`
    UPDATE "_prisma_migrations" SET "migration_name" = 'x_' || "migration_name"`;
  try {
    const behind = await world.app.inject({ url: "/readyz" });
    expect(behind.statusCode).toBe(503);
    expect(behind.json().checks.migrations.detail).toContain("to apply");
  } finally {
    await world.database.prisma.$executeRaw`
      UPDATE "_prisma_migrations" SET "migration_name" = substr("migration_name", 3)`;
  }
});

test("metrics are for those who hold the token, and count what happens", async () => {
  expect((await world.app.inject({ url: "/metrics" })).statusCode).toBe(401);
  await user.get("/v1/me");
  const answer = await world.app.inject({
    url: "/metrics",
    headers: { authorization: "Bearer metrics-token-for-tests" },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toMatch(
    /calsync_http_request_duration_seconds_count\{method="GET",route="\/v1\/me",status="200"\} [1-9]/,
  );
  for (const name of ["calsync_jobs", "calsync_calendars", "calsync_subscriptions", "calsync_references"]) {
    expect(answer.body).toContain(`# TYPE ${name} gauge`);
  }
});

test("crons run with their secret and not without", async () => {
  const run = (name: string, authorization?: string) =>
    world.app.inject({
      method: "POST",
      url: `/api/cron/${name}`,
      headers: authorization ? { authorization } : {},
    });
  expect((await run("calendar-sync")).statusCode).toBe(401);
  expect((await run("calendar-sync", "Bearer wrong")).json()).toMatchObject({ code: "wrong_secret" });
  expect((await run("other", `Bearer ${CRON_SECRET}`)).statusCode).toBe(400);
  for (const name of ["calendar-sync", "calendar-subscriptions"]) {
    const answer = await run(name, `Bearer ${CRON_SECRET}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json().report).toEqual(expect.any(Object));
  }
});

test("answers carry headers that keep browsers careful", async () => {
  const { headers } = await world.app.inject({ url: "/healthz" });
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["content-security-policy"]).toContain("default-src 'self'");
  expect(headers["x-frame-options"]).toBe("SAMEORIGIN");
});
