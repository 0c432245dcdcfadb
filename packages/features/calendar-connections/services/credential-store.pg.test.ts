import { setTimeout as sleep } from "node:timers/promises";
import { CalendarError } from "@calsync/lib";
import { createPrismaClient, type PrismaClient } from "@calsync/prisma";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type ConnectionWorld,
  createConnectionWorld,
  grantOf,
  START,
} from "./connection-world.test-support.ts";
import { type CredentialStore, createCredentialStore } from "./credential-store.ts";

let database: TestDatabase;
let world: ConnectionWorld;
/** Stores with a pool of their own each, as two processes have. */
let others: { prisma: PrismaClient; store: CredentialStore }[];
let userId: number;
let credentialId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  world = createConnectionWorld(database.prisma);
  userId = await world.createUser("host");
  others = [1, 2].map(() => {
    const prisma = createPrismaClient({ url: database.url });
    return { prisma, store: createCredentialStore({ prisma, secretBox: world.secretBox, now: () => START }) };
  });
});
beforeEach(async () => {
  credentialId = await world.connect(
    userId,
    grantOf("ann@example.com", { secret: { token: 0, refreshToken: "r" } }),
  );
});
afterAll(async () => {
  await Promise.all(others.map(({ prisma }) => prisma.$disconnect()));
  await database.drop();
});

test("twenty rotations over two processes make one refresh; all get its result", async () => {
  let refreshes = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { access } = await others[index % 2]!.store.open(credentialId);
      const refused = (await access.read())["token"];
      return access.rotate(async (current) => {
        if (current["token"] !== refused) return null;
        refreshes += 1;
        await sleep(20);
        return { ...current, token: 1 };
      });
    }),
  );
  expect(refreshes).toBe(1);
  expect(new Set(results.map((secret) => secret["token"]))).toEqual(new Set([1]));
});

test("a rotated secret is stored before it is handed out", async () => {
  const { access } = await world.store.open(credentialId);
  const secret = await access.rotate(async (current) => ({ ...current, token: 7 }));
  const { access: elsewhere } = await others[0]!.store.open(credentialId);
  expect(await elsewhere.read()).toEqual(secret);
});

test("a refresh that fails leaves the stored secret as it was", async () => {
  const { access } = await world.store.open(credentialId);
  const before = await access.read();
  const failing = access.rotate(() => Promise.reject(new CalendarError("OAUTH_TOKEN_EXPIRED", "not now")));
  await expect(failing).rejects.toMatchObject({ code: "OAUTH_TOKEN_EXPIRED" });
  expect(await access.read()).toEqual(before);
});

test("an account that is marked invalid during its rotation is invalid afterwards, and nobody waits for ever", async () => {
  const { access } = await world.store.open(credentialId);
  const failing = access.rotate(async () => {
    await access.markInvalid("invalid_grant");
    throw new CalendarError("CREDENTIAL_INVALID", "ended");
  });
  await expect(failing).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  await expect(access.read()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  await expect(world.store.open(credentialId)).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  await expect(access.rotate(async () => ({}))).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  const row = await database.prisma.credential.findUniqueOrThrow({ where: { id: credentialId } });
  expect(row).toMatchObject({ status: "INVALID", invalidReason: "invalid_grant", invalidSince: START });
});

test("fifty calls that find an account ended tell of it once, and once more when it ends again", async () => {
  world.ended.length = 0;
  const accesses = await Promise.all(
    Array.from({ length: 50 }, async () => (await world.store.open(credentialId)).access),
  );
  await Promise.all(accesses.map((access) => access.markInvalid("invalid_grant")));
  const told = { credentialId, userId, provider: "memorycalendar", accountEmail: "ann@example.com" };
  expect(world.ended).toEqual([{ ...told, reason: "invalid_grant", at: START }]);
  await world.connect(userId, grantOf("ann@example.com"));
  const { access } = await world.store.open(credentialId);
  await access.markInvalid("revoked");
  expect(world.ended.map(({ reason }) => reason)).toEqual(["invalid_grant", "revoked"]);
});

test("an account that was deleted says that it has to be connected again", async () => {
  const { access } = await world.store.open(credentialId);
  await access.read();
  await database.prisma.credential.delete({ where: { id: credentialId } });
  await expect(access.read()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  await expect(access.rotate(async (current) => current)).rejects.toMatchObject({
    code: "CREDENTIAL_INVALID",
  });
});

test("calendars can be added to an account while its token is being refreshed", async () => {
  const { access } = await world.store.open(credentialId);
  let inserted = false;
  await access.rotate(async () => {
    await database.prisma.calendarSync.create({
      data: { userId, credentialId, provider: "memorycalendar", externalCalendarId: "c", name: "c" },
    });
    inserted = true;
    return null;
  });
  expect(inserted).toBe(true);
});

test("rotations of many accounts at once end although they hold connections of a small pool", async () => {
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, index) => world.connect(userId, grantOf(`many-${index}@example.com`))),
  );
  const prisma = createPrismaClient({ url: database.url, maxConnections: 6 });
  try {
    const store = createCredentialStore({ prisma, secretBox: world.secretBox, now: () => START });
    const ended = await Promise.all(
      ids.map(async (id) => {
        const { access } = await store.open(id);
        return access.rotate(async (current) => {
          // What an adapter may do meanwhile: use the database on another connection.
          await prisma.credential.count();
          return { ...current, token: id };
        });
      }),
    );
    expect(ended.map((secret) => secret["token"])).toEqual(ids);
  } finally {
    await prisma.$disconnect();
  }
});
