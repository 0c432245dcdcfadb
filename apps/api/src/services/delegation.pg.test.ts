import type { ServiceAccountKey } from "@calsync/provider-sandbox";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

const SERVICE_ACCOUNT = "calsync@project.iam.gserviceaccount.com";
const SCOPES = ["calendar.events", "calendar.calendarlist.readonly", "calendar.freebusy"].map(
  (name) => `https://www.googleapis.com/auth/${name}`,
);
const WHERE = { provider: "googlecalendar", domain: "example.com" };

let world: ApiWorld;
let ann: SignedIn;
let key: ServiceAccountKey;

beforeAll(async () => {
  world = await createApiWorld();
  ann = await world.signUp("ann");
  world.sandbox.google.createAccount({ email: ann.email });
  key = world.sandbox.google.createServiceAccountKey({ email: SERVICE_ACCOUNT });
});
afterAll(() => world.close());

const add = () => world.container.delegations.add({ ...WHERE, keyFile: JSON.stringify(key) });
const connectionsOf = async (user: SignedIn) => (await user.get("/v1/connections")).json().connections;

test("a key that the administrator has not allowed yet is stored, and says what is to be done", async () => {
  const { instructions, users } = await add();
  expect(instructions).toContain(key.client_id);
  expect(users).toMatchObject({ connected: [], failed: [{ email: ann.email }] });
  expect(users.failed[0]?.message).toContain("Manage domain-wide delegation");
  const refused = await ann.send("POST", "/v1/connections/googlecalendar/delegated");
  expect([refused.statusCode, refused.json().code]).toEqual([409, "delegation_refused"]);
});

test("users of the domain are connected without a consent page; the key is stored once and encrypted", async () => {
  world.sandbox.google.delegateDomain("example.com", key.client_id, SCOPES);
  expect(await world.container.delegations.provision(WHERE)).toEqual({ connected: [ann.email], failed: [] });
  expect(await world.container.delegations.provision(WHERE)).toEqual({ connected: [], failed: [] });
  const [connection] = await connectionsOf(ann);
  expect(connection).toMatchObject({ accountEmail: ann.email, status: "active" });
  const { calendars } = (await ann.get(`/v1/connections/${connection.id}/calendars`)).json();
  expect(calendars).toMatchObject([{ id: ann.email, writable: true }]);
  const rows = JSON.stringify([
    await world.database.prisma.credential.findMany(),
    await world.database.prisma.delegation.findMany(),
  ]);
  expect(rows).not.toContain("PRIVATE KEY");
  expect(world.logged()).not.toContain("PRIVATE KEY");
  world.sandbox.google.context.store.oauth.expireAccessTokens(ann.email);
  expect((await ann.get(`/v1/connections/${connection.id}/calendars`)).statusCode).toBe(200);
  expect(await world.container.delegations.list()).toMatchObject([
    { domain: "example.com", name: SERVICE_ACCOUNT, accounts: 1 },
  ]);
});

test("a user who comes later connects by themselves; one of another domain cannot", async () => {
  const ben = await world.signUp("ben");
  world.sandbox.google.createAccount({ email: ben.email });
  const answer = await ben.send("POST", "/v1/connections/googlecalendar/delegated");
  expect(answer.statusCode).toBe(201);
  expect(await connectionsOf(ben)).toMatchObject([{ id: answer.json().connectionId, status: "active" }]);
  await world.database.prisma.user.update({
    where: { id: ben.userId },
    data: { email: "ben@elsewhere.test" },
  });
  const refused = await ben.send("POST", "/v1/connections/googlecalendar/delegated");
  expect([refused.statusCode, refused.json().code]).toEqual([404, "delegation_not_found"]);
});

test("a new key revives the accounts of a deleted one, whose hosts were told once", async () => {
  const [connection] = await connectionsOf(ann);
  world.sandbox.google.deleteServiceAccountKey(SERVICE_ACCOUNT, key.private_key_id);
  world.sandbox.google.context.store.oauth.expireAccessTokens(ann.email);
  for (let time = 0; time < 3; time++) {
    const answer = await ann.get(`/v1/connections/${connection.id}/calendars`);
    expect(answer.statusCode).toBe(409);
  }
  expect((await connectionsOf(ann))[0].status).toBe("invalid");
  expect(await world.database.prisma.hostMail.count({ where: { userId: ann.userId } })).toBe(1);
  key = world.sandbox.google.createServiceAccountKey({ email: SERVICE_ACCOUNT });
  expect((await add()).users.connected).toContain(ann.email);
  expect((await connectionsOf(ann))[0]).toMatchObject({ id: connection.id, status: "active" });
  expect((await ann.get(`/v1/connections/${connection.id}/calendars`)).statusCode).toBe(200);
});

test("a removed key ends its accounts, and nothing is called with them any more", async () => {
  const before = { ...world.sandbox.google.stats.calls };
  const { accounts } = await world.container.delegations.remove(WHERE);
  expect(accounts).toBeGreaterThanOrEqual(1);
  const [connection] = await connectionsOf(ann);
  expect(connection).toMatchObject({ status: "invalid", invalidReason: "delegation_removed" });
  expect((await ann.get(`/v1/connections/${connection.id}/calendars`)).statusCode).toBe(409);
  expect(world.sandbox.google.stats.calls).toEqual(before);
});
