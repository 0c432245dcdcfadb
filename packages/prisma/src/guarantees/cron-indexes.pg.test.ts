import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "../generated/client.ts";
import { createBooking, createCredential } from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

let database: TestDatabase;
let prisma: PrismaClient;

/** 20,000 calendars with a subscription each, nothing due but 20 of them in each respect. */
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = database.prisma;
  const { id, userId } = await createCredential(prisma);
  const { id: bookingId } = await createBooking(prisma, { hostId: userId });
  await prisma.$executeRaw`
    INSERT INTO "CalendarSync" (id, "userId", "credentialId", provider, "externalCalendarId", name, "updatedAt",
      "nextPollAt", "currentSubscriptionId", "usageCheckAt", "pullRequestedAt", "leaseUntil")
    SELECT gen_random_uuid(), ${userId}, ${id}, 'memory', n::text, n::text, now(),
      CASE WHEN n % 1000 = 0 THEN now() - interval '1 minute' ELSE now() + interval '1 hour' END,
      CASE WHEN n % 1000 = 1 THEN NULL ELSE gen_random_uuid() END,
      CASE WHEN n % 1000 = 2 THEN now() END,
      CASE WHEN n % 1000 = 3 THEN now() END,
      CASE WHEN n % 1000 = 4 THEN now() END
    FROM generate_series(1, 20000) n`;
  await prisma.$executeRaw`
    INSERT INTO "CalendarSubscription" (id, "calendarSyncId", provider, status, "nextAttemptAt", "updatedAt")
    SELECT "currentSubscriptionId", id, 'memory', 'ACTIVE',
      CASE WHEN "externalCalendarId"::int % 1000 = 5 THEN now() - interval '1 minute' ELSE now() + interval '1 day' END, now()
    FROM "CalendarSync" WHERE "currentSubscriptionId" IS NOT NULL`;
  await prisma.$executeRaw`
    INSERT INTO "BookingReference" (id, "bookingId", "calendarSyncId", "externalEventId", "pushRequestedAt", "updatedAt")
    SELECT gen_random_uuid(), ${bookingId}, id, 'e',
      CASE WHEN "externalCalendarId"::int % 1000 = 6 THEN now() END, now() FROM "CalendarSync"`;
  await prisma.$executeRaw`
    INSERT INTO "OutgoingMail" (id, "bookingId", kind, sequence, recipient, role, status, payload)
    SELECT gen_random_uuid(), ${bookingId}, 'booked', n, 'g', 'guest',
      (CASE WHEN n % 1000 = 0 THEN 'QUEUED' ELSE 'SENT' END)::"MailStatus", '{}' FROM generate_series(1, 20000) n`;
  await prisma.$executeRaw`VACUUM ANALYZE`;
});
afterAll(() => database.drop());

test.each([
  [
    "polls that are due",
    `SELECT id FROM "CalendarSync" WHERE enabled AND "nextPollAt" <= now() ORDER BY "nextPollAt" LIMIT 500`,
  ],
  [
    "calendars that lack a subscription",
    `SELECT id FROM "CalendarSync" WHERE enabled AND "inUse" AND "currentSubscriptionId" IS NULL LIMIT 500`,
  ],
  [
    "calendars whose use is to be checked",
    `SELECT id FROM "CalendarSync" WHERE "usageCheckAt" <= now() LIMIT 500`,
  ],
  [
    "pulls that were asked for long ago",
    `SELECT id FROM "CalendarSync" WHERE "pullRequestedAt" <= now() LIMIT 500`,
  ],
  ["leases that ran out", `SELECT id FROM "CalendarSync" WHERE "leaseUntil" < now() LIMIT 500`],
  [
    "subscriptions that need work",
    `SELECT id FROM "CalendarSubscription" WHERE "nextAttemptAt" <= now() ORDER BY "nextAttemptAt" LIMIT 500`,
  ],
  [
    "pushes that were asked for",
    `SELECT id FROM "BookingReference" WHERE "pushRequestedAt" <= now() LIMIT 500`,
  ],
  ["mails to send", `SELECT id FROM "OutgoingMail" WHERE status = 'QUEUED' ORDER BY "createdAt" LIMIT 500`],
])("%s are found without going through the others", async (_, query) => {
  const plan = await prisma.$queryRawUnsafe<{ "QUERY PLAN": string }[]>(
    `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) ${query}`,
  );

  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  expect(text).not.toContain("Seq Scan");
  expect(text).toMatch(/rows=20(\.00)? loops=1/);
  // 20 rows, each perhaps on a page of its own, and the index; the tables have some 400 pages and more.
  expect(Number(/Buffers: shared hit=(\d+)/.exec(text)?.[1])).toBeLessThan(60);
});
