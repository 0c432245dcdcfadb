import { CalendarError } from "@calsync/lib";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeChallengeOf } from "../pkce.ts";
import {
  type ConnectionWorld,
  codeOf,
  createConnectionWorld,
  grantOf,
  PROVIDER,
} from "./connection-world.test-support.ts";
import { openSecret } from "./credential-secret.ts";

let database: TestDatabase;
let world: ConnectionWorld;
let userId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  world = createConnectionWorld(database.prisma);
  userId = await world.createUser("host");
});
afterAll(() => database.drop());

async function start(user = userId, returnTo: string | null = null) {
  const url = new URL(await world.service.startOAuth(user, PROVIDER, returnTo));
  return { state: url.searchParams.get("state") ?? "", query: url.searchParams };
}

async function secretOf(connectionId: number) {
  const row = await database.prisma.credential.findUniqueOrThrow({ where: { id: connectionId } });
  return { row, secret: openSecret(world.secretBox, row) };
}

test("the code is exchanged with the verifier whose challenge was sent, and the account is stored encrypted", async () => {
  world.desk.grants.set("first", grantOf("ann@example.com"));
  const { state, query } = await start(userId, "/onboarding");
  const account = await world.service.finishOAuth(userId, PROVIDER, { state, code: "first" });
  expect(account).toMatchObject({ provider: PROVIDER, returnTo: "/onboarding" });
  const exchange = world.desk.exchanged.at(-1);
  expect(codeChallengeOf(exchange?.codeVerifier ?? "")).toBe(query.get("codeChallenge"));
  expect(exchange?.redirectUri).toBe(`https://app.example/oauth/${PROVIDER}/callback`);
  const { row, secret } = await secretOf(account.connectionId);
  expect(secret).toEqual({ account: "ann@example.com", refreshToken: "refresh-ann@example.com" });
  expect(row.secret).not.toContain("refresh");
});

test("neither the state nor the verifier is stored in the clear", async () => {
  const { state } = await start();
  const [row] = await database.prisma.oAuthState.findMany({ where: { userId } });
  expect(
    JSON.stringify({ ...row, stateHash: Buffer.from(row?.stateHash ?? []).toString("base64url") }),
  ).not.toContain(state);
  expect(row?.codeVerifier).toMatch(/^k1\./);
});

test("what an account ended for the lack of is asked for at the next consent, of its user and until it is proven", async () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1893456000"}}}';
  const challenged = await world.createUser("challenged");
  const connectionId = await world.connect(challenged, grantOf("challenged@example.com"));
  const { access } = await world.store.open(connectionId);
  await access.markInvalid("claims_challenge", claims);
  expect((await start(challenged)).query.get("claims")).toBe(claims);
  expect((await start(userId)).query.get("claims")).toBeNull();
  expect(await world.connect(challenged, grantOf("challenged@example.com"))).toBe(connectionId);
  expect((await start(challenged)).query.get("claims")).toBeNull();
});

test("a state works once", async () => {
  world.desk.grants.set("once", grantOf("once@example.com"));
  world.desk.grants.set("twice", grantOf("once@example.com"));
  const { state } = await start();
  await world.service.finishOAuth(userId, PROVIDER, { state, code: "once" });
  expect(await codeOf(world.service.finishOAuth(userId, PROVIDER, { state, code: "twice" }))).toBe(
    "oauth_state_unknown",
  );
});

test("of two callbacks that race with one state, one wins", async () => {
  world.desk.grants.set("race-1", grantOf("race@example.com"));
  world.desk.grants.set("race-2", grantOf("race@example.com"));
  const { state } = await start();
  const ends = await Promise.allSettled([
    world.service.finishOAuth(userId, PROVIDER, { state, code: "race-1" }),
    world.service.finishOAuth(userId, PROVIDER, { state, code: "race-2" }),
  ]);
  expect(ends.map((end) => end.status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("a state of another user is refused, and stays good for the one who started", async () => {
  const thief = await world.createUser("thief");
  world.desk.grants.set("stolen", grantOf("victim@example.com"));
  const { state } = await start();
  expect(await codeOf(world.service.finishOAuth(thief, PROVIDER, { state, code: "stolen" }))).toBe(
    "oauth_state_unknown",
  );
  expect(await world.service.listConnections(thief)).toEqual([]);
  await world.service.finishOAuth(userId, PROVIDER, { state, code: "stolen" });
});

test("a flow that took longer than ten minutes is refused", async () => {
  const { state } = await start();
  world.advance(10 * 60_000);
  expect(await codeOf(world.service.finishOAuth(userId, PROVIDER, { state, code: "late" }))).toBe(
    "oauth_state_unknown",
  );
});

test("connecting the same account again keeps its id, revives it, and keeps a refresh token that was not sent again", async () => {
  const id = await world.connect(userId, grantOf("again@example.com"));
  const { access } = await world.store.open(id);
  await access.markInvalid("invalid_grant");
  const [invalid] = (await world.service.listConnections(userId)).filter(
    (connection) => connection.id === id,
  );
  expect(invalid).toMatchObject({ status: "invalid", invalidReason: "invalid_grant" });

  const again = await world.connect(
    userId,
    grantOf("again@example.com", { secret: { account: "again@example.com", accessToken: "new" } }),
  );
  expect(again).toBe(id);
  const { row, secret } = await secretOf(id);
  expect(row).toMatchObject({ status: "ACTIVE", invalidReason: null, invalidSince: null });
  expect(secret).toEqual({
    account: "again@example.com",
    refreshToken: "refresh-again@example.com",
    accessToken: "new",
  });
});

test("one provider account may be connected by two users, each with their own secret", async () => {
  const other = await world.createUser("colleague");
  const mine = await world.connect(userId, grantOf("shared@example.com"));
  const theirs = await world.connect(other, grantOf("shared@example.com"));
  expect(theirs).not.toBe(mine);
});

test("a grant without the scopes that sync needs stores nothing and says so", async () => {
  const before = await database.prisma.credential.count();
  world.desk.grants.set(
    "narrow",
    grantOf("narrow@example.com", { missingScopes: [{ scope: "calendar.events", permission: "events" }] }),
  );
  const { state } = await start();
  await expect(world.service.finishOAuth(userId, PROVIDER, { state, code: "narrow" })).rejects.toMatchObject({
    code: "missing_scopes",
    message: "The account was not connected: it was not allowed to see and edit events.",
    permissions: ["events"],
  });
  expect(await database.prisma.credential.count()).toBe(before);
});

test.each([
  ["access_denied", "consent_declined"],
  ["admin_policy_enforced", "provider_refused"],
  ["server_error", "provider_refused"],
])("the provider's refusal %s becomes %s", async (error, code) => {
  const { state } = await start();
  expect(await codeOf(world.service.finishOAuth(userId, PROVIDER, { state, error }))).toBe(code);
});

test.each([
  ["INVALID_REQUEST", "code_refused"],
  ["OAUTH_CLIENT_REFUSED", "provider_misconfigured"],
  ["NETWORK_ERROR", "provider_unavailable"],
] as const)("the adapter's %s becomes %s", async (calendarCode, code) => {
  world.desk.grants.set("bad", new CalendarError(calendarCode, "no"));
  const { state } = await start();
  expect(await codeOf(world.service.finishOAuth(userId, PROVIDER, { state, code: "bad" }))).toBe(code);
});

test("unknown providers and foreign pages to return to are refused", async () => {
  expect(await codeOf(world.service.startOAuth(userId, "nothere", null))).toBe("provider_not_found");
  expect(await codeOf(world.service.startOAuth(userId, PROVIDER, "//evil.example"))).toBe(
    "invalid_return_to",
  );
});
