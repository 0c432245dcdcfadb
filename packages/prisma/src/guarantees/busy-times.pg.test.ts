import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "../generated/client.ts";
import { createCalendarSync, createCredential } from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

const CALENDARS = 10;
const OTHERS = 5;
const EVENTS = 5_000;

let database: TestDatabase;
let prisma: PrismaClient;
let ids: string[];
const from = new Date("2030-06-01T00:00:00Z");
const to = new Date("2030-07-01T00:00:00Z");

/** 10 calendars of 5,000 events over a year, among the events of 5 more. */
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = database.prisma;
  const { id: credentialId } = await createCredential(prisma);
  for (let n = 0; n < CALENDARS + OTHERS; n++) await createCalendarSync(prisma, { credentialId });
  // One event per calendar carries all of its intervals, as a series does.
  await prisma.$executeRaw`
    INSERT INTO "ExternalEvent" (id, "calendarSyncId", "externalEventId", snapshot, "startTime", "endTime", status, "updatedAt")
    SELECT gen_random_uuid(), id, 'series', '{}', now(), now(), 'confirmed', now() FROM "CalendarSync"`;
  // VACUUM can mark pages as visible to all, which reading the index alone relies on, once the commit is flushed; test
  // servers commit without waiting for that.
  await prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL synchronous_commit = on`;
    await tx.$executeRaw`
      INSERT INTO "BusyInterval" ("calendarSyncId", "externalEventId", during)
      SELECT "calendarSyncId", id, tstzrange(start, start + interval '45 minutes')
      FROM "ExternalEvent", generate_series(1, ${EVENTS}::int) n,
        LATERAL (SELECT timestamptz '2030-01-01T00:00:00Z' + n * interval '105 minutes' AS start) placed`;
  });
  await prisma.$executeRaw`VACUUM ANALYZE "BusyInterval"`;
  ids = (await prisma.calendarSync.findMany({ take: CALENDARS, select: { id: true } })).map(({ id }) => id);
});
afterAll(() => database.drop());

test("busy_intervals gives what overlaps in the calendars asked for, and nothing else", async () => {
  const rows = await prisma.$queryRaw<{ calendarSyncId: string; startTime: Date; endTime: Date }[]>`
    SELECT * FROM busy_intervals(${ids}::uuid[], ${from}, ${to})`;

  // An interval begins every 105 minutes and lasts 45: June has 30 days, and none crosses its borders.
  const inJune = Array.from(
    { length: EVENTS },
    (_, n) => Date.UTC(2030, 0, 1) + (n + 1) * 105 * 60_000,
  ).filter((start) => start < to.getTime() && start + 45 * 60_000 > from.getTime());
  expect(rows).toHaveLength(inJune.length * CALENDARS);
  expect(new Set(rows.map((row) => row.calendarSyncId))).toEqual(new Set(ids));
  expect(rows.every((row) => row.startTime < to && row.endTime > from)).toBe(true);
});

test("a month of 10 calendars with 5,000 events each is read from the index alone", async () => {
  const plan = await prisma.$queryRaw<{ "QUERY PLAN": string }[]>`
    EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF)
    SELECT * FROM busy_intervals(${ids}::uuid[], ${from}, ${to})`;

  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  expect(text).toContain('Index Only Scan using "BusyInterval_calendar_during_idx"');
  expect(text).not.toContain("Seq Scan");
  // The table has some 850 pages, and the month's intervals lie on most of them.
  expect(Number(/Buffers: shared hit=(\d+)/.exec(text)?.[1])).toBeLessThan(300);
});
