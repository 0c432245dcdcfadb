import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrismaClient, onQuery } from "./client.ts";
import { countStatements } from "./testing/count-statements.ts";
import { createBooking, createUser } from "./testing/factories.ts";
import { createTestDatabase } from "./testing/injected.test-support.ts";
import type { TestDatabase } from "./testing/test-database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test("instants are kept to the millisecond, also when the server's own zone is another", async () => {
  await database.prisma.$executeRawUnsafe(
    `ALTER DATABASE "${new URL(database.url).pathname.slice(1)}" SET TimeZone = 'America/St_Johns'`,
  );
  const prisma = createPrismaClient({ url: database.url });
  const createdAt = new Date("2030-03-31T01:30:00.123Z");

  const { id } = await createUser(prisma, { createdAt });

  expect((await prisma.user.findUniqueOrThrow({ where: { id } })).createdAt).toEqual(createdAt);
  const [row] = await prisma.$queryRaw<{ stored: string }[]>`
    SELECT to_char("createdAt", 'YYYY-MM-DD HH24:MI:SS.MS TZ') AS stored FROM "User" WHERE id = ${id}`;
  expect(row?.stored).toBe("2030-03-31 01:30:00.123 UTC");
  await prisma.$disconnect();
});

test("statements can be counted, without those that only open and close transactions", async () => {
  const { prisma } = database;

  const { count, result } = await countStatements(prisma, () =>
    prisma.$transaction(async (tx) => {
      await tx.user.count();
      return tx.team.findMany();
    }),
  );

  expect(count).toBe(2);
  expect(result).toEqual([]);
});

test("a client without query events says how to get them", () => {
  const prisma = createPrismaClient({ url: database.url });
  expect(() => onQuery(prisma, () => {})).toThrow("queryEvents: true");
});

test("relations that are loaded inside a transaction go over its connection one after the other", async () => {
  const { prisma } = database;
  const { id } = await createBooking(prisma);
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  process.on("warning", listen);

  const [booking, counts] = await prisma.$transaction(async (tx) => [
    await tx.booking.findUniqueOrThrow({
      where: { id },
      include: {
        attendees: true,
        references: true,
        host: { include: { schedules: true, credentials: true } },
      },
    }),
    await Promise.allSettled([tx.user.count(), tx.team.count(), tx.booking.count()]),
  ]);
  // A warning is told in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);

  expect(booking.id).toBe(id);
  expect(counts.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
  expect(warnings).toEqual([]);
});
