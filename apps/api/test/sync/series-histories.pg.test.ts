import { AppError, isCalendarError } from "@calsync/lib";
import { createTestDatabase } from "@calsync/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";

const FIRST = Date.parse("2030-01-08T10:00:00.000Z");
const WEEK = 7 * 86_400_000;
const date = fc.nat({ max: 3 });
const hours = fc.constantFrom(1, 2, 24, 27);
const step = fc.oneof(
  fc.record({ kind: fc.constant("move-date" as const), date, hours }),
  fc.record({ kind: fc.constant("delete-date" as const), date }),
  fc.record({ kind: fc.constant("move-series" as const), hours }),
  fc.record({ kind: fc.constant("count" as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("rename" as const), title: fc.constantFrom("Coaching", "Lesson") }),
  fc.record({ kind: fc.constant("cancel-here" as const), date }),
  fc.record({ kind: fc.constant("move-here" as const), date, hours }),
  fc.record({
    kind: fc.constant("move-series-here" as const),
    date,
    hours,
    scope: fc.constantFrom("following" as const, "all" as const),
  }),
  fc.record({
    kind: fc.constant("fault" as const),
    method: fc.constantFrom(
      "updateEvent" as const,
      "deleteEvent" as const,
      "onWatchedCalendarChange" as const,
    ),
    fault: fc.constantFrom("lost-answer" as const, "server-error" as const),
  }),
  fc.record({ kind: fc.constant("settle" as const) }),
  fc.record({ kind: fc.constant("pass" as const), minutes: fc.constantFrom(1, 20) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** How many random histories are run; others with CALSYNC_MODEL_PG_RUNS, those of one seed again with CALSYNC_MODEL_SEED. */
const RUNS = Number(process.env["CALSYNC_MODEL_PG_RUNS"] ?? 10);
/** Without a wish the same ones each time, as in model-google.pg.test.ts. */
const SEED = process.env["CALSYNC_MODEL_SEED"] ?? (process.env["CALSYNC_MODEL_PG_RUNS"] ? undefined : "2030");

test("whatever happens to a series on both sides, they are equal once it is quiet", {
  timeout: 120_000 + RUNS * 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), runHistory), {
    numRuns: RUNS,
    endOnFailure: true,
    ...(SEED ? { seed: Number(SEED) } : {}),
  });
});

/** Histories that went wrong once, with what went wrong. */
const REGRESSIONS: { was: string; steps: Step[] }[] = [
  {
    was: "a date was deleted out there, lost by its rule and given by it again, and cancelled here meanwhile",
    steps: [
      { kind: "move-series", hours: 2 },
      { kind: "delete-date", date: 1 },
      { kind: "rename", title: "Coaching" },
      { kind: "count", count: 1 },
      { kind: "cancel-here", date: 1 },
      { kind: "count", count: 5 },
      { kind: "move-date", date: 3, hours: 27 },
    ],
  },
];

test.each(REGRESSIONS)("no longer: $was", ({ steps }) => runHistory(steps));

async function runHistory(steps: readonly Step[]): Promise<void> {
  const database = await createTestDatabase();
  try {
    await liveThrough(new SyncHarness(database), steps);
  } finally {
    await database.drop();
  }
}

async function liveThrough(world: SyncHarness, steps: readonly Step[]): Promise<void> {
  const host = await world.host();
  await world.allowSeries();
  await world.tick();
  const uids = await world.bookSeries(host, { count: 4, start: new Date(FIRST).toISOString() });
  await world.settle();
  for (const one of steps) await takeStep(world, host, uids, one);
  world.server.faults.clear();
  for (let round = 0; round < 3; round++) {
    world.clock.advance({ minutes: 30 });
    await world.sync.requestPull([host.calendarSyncId]);
    await world.tick();
  }
  await expectEqual(world, host, uids);
}

async function takeStep(world: SyncHarness, host: Host, uids: readonly string[], one: Step): Promise<void> {
  const { person, faults } = world.server;
  const { calendarId } = host;
  const event = world.liveEvents(calendarId).find(({ recurrence }) => recurrence !== null);
  // A date that the series has not, nobody can take hold of.
  const slotAt = (index: number) =>
    event && new Date(Date.parse(event.time.start) + index * WEEK).toISOString();
  const later = (start: string, by: number) =>
    hourAt(new Date(Date.parse(start) + by * 3_600_000).toISOString());
  try {
    switch (one.kind) {
      case "move-date": {
        const slot = slotAt(one.date);
        if (event && slot) person.moveInstance(calendarId, event.id, slot, later(slot, one.hours));
        return;
      }
      case "delete-date": {
        const slot = slotAt(one.date);
        if (event && slot) person.cancelInstance(calendarId, event.id, slot);
        return;
      }
      case "move-series":
        return void (event && person.move(calendarId, event.id, later(event.time.start, one.hours)));
      case "count":
        return void (
          event && person.changeRule(calendarId, event.id, [`RRULE:FREQ=WEEKLY;COUNT=${one.count}`])
        );
      case "rename":
        return void (event && person.edit(calendarId, event.id, { title: one.title }));
      case "cancel-here":
        return void (await world.bookings.cancel(uids[one.date] ?? "", {}, { userId: host.userId }));
      case "move-here": {
        const start = new Date(FIRST + one.date * WEEK + (one.hours + 48) * 3_600_000).toISOString();
        return void (await world.bookings.reschedule(
          uids[one.date] ?? "",
          { start },
          { userId: host.userId },
        ));
      }
      case "move-series-here": {
        const start = new Date(FIRST + one.date * WEEK + one.hours * 3_600_000).toISOString();
        const { scope } = one;
        const uid = uids[one.date] ?? "";
        return void (await world.bookings.reschedule(uid, { start, scope }, { userId: host.userId }));
      }
      case "fault":
        return faults.next(one.method, { kind: one.fault });
      case "settle":
        return void (await world.settle());
      case "pass":
        world.clock.advance({ minutes: one.minutes });
        return await world.tick();
    }
  } catch (error) {
    // A time that is taken, a booking that is cancelled, a date that is not there: people try such things.
    if (!(error instanceof AppError) && !isCalendarError(error)) throw error;
  }
}

/** Each booking that stands has its event, at its time and with its title; a cancelled one has none. */
async function expectEqual(world: SyncHarness, host: Host, uids: readonly string[]): Promise<void> {
  const calendar = world.server.calendar(host.calendarId);
  for (const uid of uids) {
    const { status, startTime, title, references } = await world.booking(uid);
    const [reference] = references;
    const eventId = reference?.externalEventId ?? null;
    const originalStart = reference?.originalStart || null;
    const found =
      eventId === null
        ? null
        : world.server.locate(calendar, {
            calendarId: host.calendarId,
            eventId,
            ...(originalStart ? { seriesId: eventId, originalStart } : {}),
          });
    const event = found && found.event.status !== "cancelled" ? found.event : null;
    const there = event && { start: new Date(event.time.start).toISOString(), title: event.title };
    const here = status === "ACCEPTED" ? { start: startTime.toISOString(), title } : null;
    expect({ uid: uids.indexOf(uid), event: there, pushed: reference?.pushRequestedAt ?? null }).toEqual({
      uid: uids.indexOf(uid),
      event: here,
      pushed: null,
    });
  }
}
