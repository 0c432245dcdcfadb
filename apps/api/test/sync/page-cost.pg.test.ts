import { runJobsUntilEmpty } from "@calsync/jobs";
import { countStatements } from "@calsync/prisma/testing";
import { createTestDatabase } from "@calsync/testing";
import { expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";

const PAGE = 250;
/** Most statements that a page may cost, BEGIN and COMMIT not counted. */
const MOST_PER_PAGE = 15;

test("a page of 250 changes costs at most 15 statements and one call, the same whatever share of them are bookings", {
  timeout: 180_000,
}, async () => {
  const database = await createTestDatabase();
  try {
    // The lease's heartbeat comes with time and not with pages: on a slow machine it would be counted too.
    const settings = { pageSize: PAGE, leaseTtlMs: 600_000, leaseHeartbeatMs: 300_000 };
    const world = new SyncHarness(database, { settings });
    const host = await world.host();
    // Every booking on these pages moves, which is what people do here.
    await world.prisma.syncPreference.create({ data: { userId: host.userId, massChangeLimit: null } });
    await world.tick();
    const events = await makeEvents(world, host);
    const costs = new Map<number, { statements: number; calls: number }>();
    for (const percent of [0, 50, 100]) costs.set(percent, await costOfPage(world, host, events, percent));
    const [none, half, all] = [costs.get(0), costs.get(50), costs.get(100)];
    console.log(`per page: ${JSON.stringify({ none, half, all })}`);
    for (const { statements, calls } of costs.values()) {
      expect(statements).toBeLessThanOrEqual(MOST_PER_PAGE);
      expect(calls).toBe(1);
    }
    // What a mixed page costs is no more than what its parts cost: the number hangs on the kinds of change, not on how many.
    const small = await costOfPage(world, host, events, 50, 50);
    expect(small).toEqual(half);
  } finally {
    await database.drop();
  }
});

interface Events {
  bookings: string[];
  others: string[];
}

async function makeEvents(world: SyncHarness, host: Host): Promise<Events> {
  const bookings = await world.prisma.booking.createManyAndReturn({
    data: Array.from({ length: PAGE * 3 }, (_, index) => {
      const start = new Date(startOf(index));
      const end = new Date(start.getTime() + 3_600_000);
      return {
        hostId: host.userId,
        title: `Meeting ${index}`,
        startTime: start,
        endTime: end,
        occupiedStart: start,
        occupiedEnd: end,
        timeZone: "UTC",
        iCalUid: `page-${index}@calsync.test`,
      };
    }),
    select: { id: true },
  });
  await world.prisma.$transaction(
    (tx) =>
      world.sync.bookingsChanged(
        tx,
        bookings.map(({ id }) => ({
          bookingId: id,
          hostId: host.userId,
          reason: "booked-by-guest" as const,
          before: null,
          after: {},
        })),
      ),
    { timeout: 30_000 },
  );
  await world.settle();
  const others = Array.from({ length: PAGE * 3 }, (_, index) =>
    world.server.person.create(host.calendarId, { time: hourAt(startOf(index)) }),
  );
  await world.settle();
  const own = world.liveEvents(host.calendarId).flatMap(({ id, marker }) => (marker === null ? [] : [id]));
  expect(own).toHaveLength(PAGE * 3);
  return { bookings: own, others };
}

/** An hour of the coming weeks. */
const startOf = (index: number) => new Date(Date.UTC(2030, 0, 14, index)).toISOString();

/**
 * What one more page costs: a pull of three pages less a pull of two.
 * @param percent of the changes that are of bookings
 */
async function costOfPage(
  world: SyncHarness,
  host: Host,
  events: Events,
  percent: number,
  size = PAGE,
): Promise<{ statements: number; calls: number }> {
  const two = await costOfPull(world, host, events, percent, PAGE * 2);
  const three = await costOfPull(world, host, events, percent, PAGE * 2 + size);
  return { statements: three.statements - two.statements, calls: three.calls - two.calls };
}

async function costOfPull(
  world: SyncHarness,
  host: Host,
  events: Events,
  percent: number,
  changes: number,
): Promise<{ statements: number; calls: number }> {
  const { person } = world.server;
  for (let index = 0; index < changes; index++) {
    const own = (index * percent) % 100 < percent;
    const id = (own ? events.bookings : events.others)[index] ?? "";
    const { time } = world.server.event(host.calendarId, id) ?? {};
    const start = new Date(Date.parse(time?.start ?? "") + 60_000).toISOString();
    person.move(host.calendarId, id, hourAt(start));
    if (index % 5 === 0) person.edit(host.calendarId, id, { title: `Edited ${start}` });
  }
  world.notifications.length = 0;
  await world.sync.requestPull([host.calendarSyncId]);
  world.server.resetCalls();
  const pull = world.sync.jobs.filter(({ job }) => job.name === "pull-calendar");
  const { result, count } = await countStatements(world.prisma, () =>
    runJobsUntilEmpty(world.prisma, pull, { clock: world.clock }),
  );
  expect(result.map(({ outcome }) => outcome.kind)).toEqual(["done"]);
  const calls = world.server.callCount();
  // The mails that follow are another worker's.
  await world.prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;
  return { statements: count, calls };
}
