import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, PASSWORD, WEB_URL } from "../test-support/api-world.ts";

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
});
afterAll(() => world.close());

function signIn(email: string, password: string, headers: Record<string, string> = {}) {
  return world.app.inject({ method: "POST", url: "/v1/session", body: { email, password }, headers });
}

test("signing in sets a cookie that scripts cannot read, and the database holds only its hash", async () => {
  const { email } = await world.signUp("ann");
  const answer = await signIn(` ${email.toUpperCase()} `, PASSWORD);
  expect(answer.statusCode).toBe(200);
  expect(answer.json().user).toMatchObject({ email, username: "ann" });
  const [cookie] = answer.cookies;
  expect(cookie).toMatchObject({
    name: "calsync_session",
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
    secure: true,
  });
  const days = (new Date(String(cookie?.["expires"])).getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  const rows = await world.database.prisma.session.findMany();
  expect(rows.map((row) => Buffer.from(row.tokenHash).toString("base64url"))).not.toContain(cookie?.value);
  expect(rows.every((row) => row.tokenHash.length === 32)).toBe(true);
});

test("a wrong password and an unknown address get the same answer", async () => {
  const { email } = await world.signUp("ben");
  const wrong = await signIn(email, "nope");
  const unknown = await signIn("nobody@example.com", "nope");
  expect(wrong.statusCode).toBe(401);
  expect(wrong.json()).toEqual(unknown.json());
  expect(wrong.json()).toMatchObject({ code: "wrong_credentials", status: 401 });
});

test("after ten failures an address rests, from that place only; others go on", async () => {
  const { email } = await world.signUp("carl");
  const other = await world.signUp("dora");
  const failures = await Promise.all(Array.from({ length: 10 }, () => signIn(email, "guess")));
  expect(failures.every(({ statusCode }) => statusCode === 401)).toBe(true);
  const refused = await signIn(email, PASSWORD);
  expect(refused.statusCode).toBe(429);
  expect(refused.json()).toMatchObject({ code: "too_many_attempts" });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect((await signIn(other.email, PASSWORD)).statusCode).toBe(200);
  expect((await signIn(email, PASSWORD, { "x-forwarded-for": "203.0.113.9" })).statusCode).toBe(200);
});

test("signing out ends the session for good", async () => {
  const user = await world.signUp("emma");
  expect((await user.get("/v1/me")).statusCode).toBe(200);
  expect((await user.send("DELETE", "/v1/session")).statusCode).toBe(204);
  const after = await user.get("/v1/me");
  expect(after.statusCode).toBe(401);
  expect(after.json()).toMatchObject({ code: "not_signed_in" });
});

test("an expired session is none", async () => {
  const user = await world.signUp("fred");
  await world.database.prisma.session.updateMany({
    where: { userId: user.userId },
    data: { expiresAt: new Date(Date.now() - 1_000) },
  });
  expect((await user.get("/v1/me")).statusCode).toBe(401);
});

test("a change with a session needs our header, whatever the route", async () => {
  const user = await world.signUp("gina");
  for (const url of ["/v1/api-keys", "/v1/event-types", "/v1/bookings", "/v1/session"]) {
    const answer = await world.app.inject({
      method: "POST",
      url,
      body: {},
      headers: { cookie: user.cookie },
    });
    expect(answer.statusCode, url).toBe(403);
    expect(answer.json()).toMatchObject({ code: "csrf_header_missing" });
  }
});

test("a change that another site's page makes is refused, also without a session", async () => {
  const body = { email: "ann@example.com", password: PASSWORD };
  const from = (headers: Record<string, string>) =>
    world.app.inject({
      method: "POST",
      url: "/v1/session",
      body,
      headers: { host: "app.internal", ...headers },
    });
  expect((await from({ origin: "https://evil.example" })).json()).toMatchObject({
    code: "cross_site_request",
  });
  expect((await from({ origin: "null" })).statusCode).toBe(403);
  expect((await from({ "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  expect((await from({ origin: WEB_URL, "sec-fetch-site": "same-origin" })).statusCode).toBe(200);
  expect((await from({ origin: "http://app.internal" })).statusCode).toBe(200);
});

test("no log line holds a password, a cookie or a key", async () => {
  const user = await world.signUp("hugo");
  const made = await user.send("POST", "/v1/api-keys", { name: "log test" });
  const { key } = made.json() as { key: string };
  await world.app.inject({ url: "/v1/me", headers: { authorization: `Bearer ${key}` } });
  await signIn(user.email, "hunter2-in-the-clear");
  const logged = world.logged();
  expect(logged).toContain("/v1/session");
  for (const secret of [PASSWORD, "hunter2-in-the-clear", key, user.cookie.split("=")[1] ?? "?"]) {
    expect(logged).not.toContain(secret);
  }
});
