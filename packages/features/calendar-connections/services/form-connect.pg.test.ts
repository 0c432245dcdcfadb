import { CalendarError } from "@calsync/lib";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import type { AccountGrant } from "@calsync/types";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConnectionWorld,
  codeOf,
  createConnectionWorld,
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
  await database.prisma.user.update({ where: { id: userId }, data: { timeZone: "Asia/Kolkata" } });
});
afterAll(() => database.drop());

const values = { workspace: "acme", token: "tok-1" };

/** The next form opens this account. */
function opens(accountId: string, token = "tok-1", more: Partial<AccountGrant> = {}): void {
  const secret = { workspace: "acme", token };
  world.desk.form = async () => ({ grant: { secret, accountId, accountEmail: null, ...more } });
}

async function stored(id: number) {
  const row = await database.prisma.credential.findUniqueOrThrow({ where: { id } });
  return { row, secret: openSecret(world.secretBox, row) };
}

test("what was filled in reaches the provider with the user's zone, and the account is stored encrypted", async () => {
  opens("acme-1", "tok-1", { accountName: "Acme" });
  const id = await world.service.connectByForm(userId, PROVIDER, values);
  expect(world.desk.asked).toEqual({ values, stored: null, timeZone: "Asia/Kolkata" });
  const { row, secret } = await stored(id);
  expect(secret).toEqual({ workspace: "acme", token: "tok-1" });
  expect(row.secret).not.toContain("tok-1");
  const connections = await world.service.listConnections(userId);
  expect(connections).toContainEqual(
    expect.objectContaining({ id, accountEmail: null, accountName: "Acme", status: "active" }),
  );
});

test("problems are told with their fields, and nothing is stored", async () => {
  const before = await database.prisma.credential.count();
  world.desk.form = async () => ({
    problems: [
      { code: "secret_refused", field: "token", message: "The token is refused.", hint: "Make another one." },
      { code: "permission_missing", field: null, message: "It may read nothing." },
    ],
  });
  await expect(world.service.connectByForm(userId, PROVIDER, values)).rejects.toMatchObject({
    kind: "invalid",
    code: "secret_refused",
    message: "The token is refused.",
    hint: "Make another one.",
    errors: [{ path: "token", message: "The token is refused." }],
  });
  expect(await database.prisma.credential.count()).toBe(before);
});

test("a field that the form does not have is named before the provider is asked", async () => {
  world.desk.asked = null;
  await expect(world.service.connectByForm(userId, PROVIDER, { ...values, tokn: "x" })).rejects.toMatchObject(
    { code: "field_invalid", errors: [{ path: "tokn" }] },
  );
  expect(world.desk.asked).toBeNull();
});

test("a provider that cannot answer for now is nobody's mistake", async () => {
  world.desk.form = async () => {
    throw new CalendarError("CALENDAR_API_ERROR", "Memory: the server failed (503)");
  };
  expect(await codeOf(world.service.connectByForm(userId, PROVIDER, values))).toBe("provider_unavailable");
  expect(await codeOf(world.service.connectByForm(userId, "nothere", values))).toBe("provider_not_found");
});

test("an account that was refused gets a new password, keeps its id, and works again", async () => {
  opens("acme-2", "old");
  const id = await world.service.connectByForm(userId, PROVIDER, values);
  const { access } = await world.store.open(id);
  await access.markInvalid("password refused");

  opens("acme-2", "new");
  await world.service.reconnectByForm(userId, id, { token: "new" });
  expect(world.desk.asked).toMatchObject({
    values: { token: "new" },
    stored: { workspace: "acme", token: "old" },
  });
  const { row, secret } = await stored(id);
  expect(row).toMatchObject({ status: "ACTIVE", invalidReason: null });
  expect(secret).toEqual({ workspace: "acme", token: "new" });
});

test("what opens another account does not replace this one", async () => {
  opens("acme-3", "mine");
  const id = await world.service.connectByForm(userId, PROVIDER, values);
  opens("somebody-else", "theirs");
  expect(await codeOf(world.service.reconnectByForm(userId, id, { token: "theirs" }))).toBe("other_account");
  expect((await stored(id)).secret["token"]).toBe("mine");
});

test("nobody connects another's account again", async () => {
  opens("acme-4");
  const id = await world.service.connectByForm(userId, PROVIDER, values);
  const stranger = await world.createUser("stranger");
  expect(await codeOf(world.service.reconnectByForm(stranger, id, { token: "x" }))).toBe(
    "connection_not_found",
  );
});

test("the form is listed with the provider, and an account connected twice is one connection", async () => {
  const [listed] = world.service.listProviders();
  expect(listed?.form?.fields.map(({ name, secret }) => [name, secret])).toEqual([
    ["workspace", false],
    ["token", true],
  ]);
  opens("acme-5", "one");
  const id = await world.service.connectByForm(userId, PROVIDER, values);
  opens("acme-5", "two");
  expect(await world.service.connectByForm(userId, PROVIDER, values)).toBe(id);
  expect((await stored(id)).secret["token"]).toBe("two");
});
