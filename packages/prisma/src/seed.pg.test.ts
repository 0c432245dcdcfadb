import { verifyPassword } from "@calsync/lib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEMO_LOGIN, seedDemo } from "./seed.ts";
import { createTestDatabase } from "./testing/injected.test-support.ts";
import type { TestDatabase } from "./testing/test-database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A Saturday night in Berlin, hours before summer time begins. */
const now = new Date("2030-03-30T23:30:00Z");

test("seeding twice, also at the same moment, makes everything once and leaves what was changed", async () => {
  const { prisma } = database;

  const first = await Promise.all([seedDemo(prisma, { now }), seedDemo(prisma, { now })]);
  await prisma.user.update({ where: { email: DEMO_LOGIN.email }, data: { name: "Renamed" } });
  const second = await seedDemo(database.url);

  expect(first.toSorted()).toEqual([false, true]);
  expect(second).toBe(false);
  expect(await prisma.user.findMany({ select: { name: true }, orderBy: { id: "asc" } })).toEqual([
    { name: "Renamed" },
    { name: "Robin Reyes" },
  ]);
  expect(await prisma.booking.count()).toBe(5);
  expect(await prisma.membership.count()).toBe(2);
});

test("the demo host can sign in and has bookings on the coming weekdays within working hours", async () => {
  const { prisma } = database;
  const host = await prisma.user.findUniqueOrThrow({
    where: { email: DEMO_LOGIN.email },
    include: { bookings: { orderBy: { startTime: "asc" } }, eventTypes: true },
  });

  expect(host).toMatchObject({ username: "demo", timeZone: "Europe/Berlin" });
  expect(await verifyPassword(DEMO_LOGIN.password, host.passwordHash ?? "")).toBe(true);
  expect(host.eventTypes.map((eventType) => eventType.slug).toSorted()).toEqual([
    "deep-dive",
    "group-class",
    "intro",
    "on-site",
  ]);
  // Sunday in Berlin already: the next weekday is Monday, 1 April, in summer time (UTC+2); last Monday was not (UTC+1).
  expect(host.bookings.map((booking) => booking.startTime.toISOString())).toEqual([
    "2030-03-25T10:00:00.000Z",
    "2030-04-01T08:00:00.000Z",
    "2030-04-01T12:00:00.000Z",
    "2030-04-02T09:00:00.000Z",
    "2030-04-03T11:00:00.000Z",
  ]);
  const onSite = host.bookings.at(-1);
  expect(onSite?.occupiedStart.toISOString()).toBe("2030-04-03T10:30:00.000Z");
});
