import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let owner: SignedIn;
beforeAll(async () => {
  world = await createApiWorld();
  owner = await world.signUp("owner");
});
afterAll(() => world.close());

async function makeKey(body: object): Promise<{ key: string; id: string }> {
  const made = await owner.send("POST", "/v1/api-keys", body);
  expect(made.statusCode).toBe(201);
  return { key: made.json().key, id: made.json().apiKey.id };
}

function withKey(key: string, method: "GET" | "POST" | "DELETE", url: string, body?: object) {
  return world.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(body ? { body } : {}),
  });
}

test("a key is shown once and works without cookie or CSRF header", async () => {
  const { key, id } = await makeKey({ name: "integration" });
  expect(key).toMatch(/^cs_[\w-]{43}$/);
  expect((await withKey(key, "GET", "/v1/me")).json().user.username).toBe("owner");
  const eventType = { title: "By key", slug: "by-key", durationMinutes: 30 };
  expect((await withKey(key, "POST", "/v1/event-types", eventType)).statusCode).toBe(201);
  const listed = (await owner.get("/v1/api-keys"))
    .json()
    .apiKeys.find((one: { id: string }) => one.id === id);
  expect(listed).toMatchObject({ name: "integration", prefix: key.slice(0, 9), scopes: ["read", "write"] });
  expect(listed.lastUsedAt).not.toBeNull();
  expect(JSON.stringify(listed)).not.toContain(key);
});

test("a key that may only read changes nothing", async () => {
  const { key } = await makeKey({ name: "reader", scopes: ["read"] });
  expect((await withKey(key, "GET", "/v1/event-types")).statusCode).toBe(200);
  const refused = await withKey(key, "POST", "/v1/event-types", {
    title: "No",
    slug: "no",
    durationMinutes: 30,
  });
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ code: "scope_missing" });
});

test("a key cannot make keys", async () => {
  const { key } = await makeKey({ name: "ambitious" });
  const refused = await withKey(key, "POST", "/v1/api-keys", { name: "offspring" });
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ code: "session_required" });
});

test("revoked, expired and invented keys are refused", async () => {
  const revoked = await makeKey({ name: "revoked" });
  expect((await owner.send("DELETE", `/v1/api-keys/${revoked.id}`)).statusCode).toBe(204);
  const expired = await makeKey({ name: "expired", expiresAt: "2020-01-01T00:00:00Z" });
  for (const key of [revoked.key, expired.key, "cs_invented", "other"]) {
    const answer = await withKey(key, "GET", "/v1/me");
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ code: "invalid_api_key" });
  }
});

test("nobody sees or revokes another's keys", async () => {
  const { id, key } = await makeKey({ name: "mine" });
  const stranger = await world.signUp("stranger");
  expect((await stranger.get("/v1/api-keys")).json().apiKeys).toEqual([]);
  expect((await stranger.send("DELETE", `/v1/api-keys/${id}`)).statusCode).toBe(404);
  expect((await withKey(key, "GET", "/v1/me")).statusCode).toBe(200);
});
