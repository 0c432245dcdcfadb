import { createTestDatabase } from "@calsync/testing";
import type { MemoryFault } from "@calsync/testing/memory-calendar";
import type { ExternalEvent } from "@calsync/types";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";

/** How many random histories are run; more with CALSYNC_MODEL_RUNS, a given one again with CALSYNC_MODEL_SEED. */
const RUNS = Number(process.env["CALSYNC_MODEL_RUNS"] ?? 20);
const SEED = process.env["CALSYNC_MODEL_SEED"];

/** One step of a history. `pick` chooses among what is there at that moment. */
type Step =
  | { do: "book"; slot: number }
  | { do: "reschedule"; pick: number; slot: number }
  | { do: "cancel"; pick: number }
  | { do: "move event"; pick: number; slot: number; hours: number }
  | { do: "edit event"; pick: number; field: "title" | "description" | "location"; text: string }
  | { do: "delete event"; pick: number }
  | { do: "restore event"; pick: number }
  | { do: "add event"; slot: number }
  | { do: "fault"; fault: MemoryFault; times: number }
  | { do: "lose answer"; method: "createEvent" | "updateEvent" | "deleteEvent" }
  | { do: "crash"; where: "before commit" | "after write" }
  | { do: "lose cursor" }
  | { do: "drop notifications" }
  | { do: "double notifications" }
  | { do: "touch after writes" }
  | { do: "run jobs" }
  | { do: "tick"; minutes: number };

// Small numbers first: histories are interesting when changes meet at the same booking.
const pick = fc.nat({ max: 3 });
const slot = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("book" as const), slot }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("reschedule" as const), pick, slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("move event" as const),
      pick,
      slot,
      hours: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("edit event" as const),
      pick,
      field: fc.constantFrom("title" as const, "description" as const, "location" as const),
      text: fc.constantFrom("one", "two", "three"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete event" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("restore event" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("add event" as const), slot }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      fault: fc.constantFrom<MemoryFault>(
        { kind: "server-error" },
        { kind: "network" },
        { kind: "lost-answer" },
        { kind: "rate-limit", retryAfterMs: 5_000 },
      ),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("lose answer" as const),
      method: fc.constantFrom(
        "createEvent" as const,
        "updateEvent" as const,
        "updateEvent" as const,
        "deleteEvent" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("crash" as const),
      where: fc.constantFrom("before commit" as const, "after write" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose cursor" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop notifications" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("double notifications" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("touch after writes" as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("run jobs" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("tick" as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  },
);

test("invariant 11: after any interleaving of edits on both sides, faults and crashes, both sides end up equal", {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => runHistory(steps)),
    { numRuns: RUNS, ...(SEED ? { seed: Number(SEED) } : {}) },
  );
});

test("invariant 5: while nobody edits out there, no interleaving of our writes, faults and crashes is taken for an edit", {
  timeout: 600_000,
}, async () => {
  const ours = step.filter((one) => !/ event$/.test(one.do));
  await fc.assert(
    fc.asyncProperty(fc.array(ours, { minLength: 5, maxLength: 40 }), (steps) =>
      runHistory(steps, async (world) => {
        expect(await world.prisma.changeRecord.findMany({ where: { source: "CALENDAR" } })).toEqual([]);
      }),
    ),
    { numRuns: RUNS, ...(SEED ? { seed: Number(SEED) } : {}) },
  );
});

async function runHistory(
  steps: readonly Step[],
  alsoExpect?: (world: SyncHarness) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  try {
    const world = new SyncHarness(database);
    const host = await world.host();
    await world.tick();
    const uids: string[] = [];
    for (const one of steps) {
      world.clock.advance({ seconds: 1 });
      await take(world, host, uids, one);
    }
    await quiesce(world);
    await expectEqualSides(world, host, uids);
    await expectTruthfulMails(world, uids);
    await expectExplained(world, uids);
    await alsoExpect?.(world);
  } finally {
    await database.drop();
  }
}

async function take(world: SyncHarness, host: Host, uids: string[], one: Step): Promise<void> {
  const { person, faults } = world.server;
  const viewer = { userId: host.userId };
  const events = () => world.liveEvents(host.calendarId);
  switch (one.do) {
    case "book":
      await refusable(
        async () => void uids.push(await world.book(host, start(one.slot), `guest${uids.length}`)),
      );
      return;
    case "reschedule": {
      const uid = at(uids, one.pick);
      if (uid) await refusable(() => world.bookings.reschedule(uid, { start: start(one.slot) }, viewer));
      return;
    }
    case "cancel": {
      const uid = at(uids, one.pick);
      if (uid) await refusable(() => world.bookings.cancel(uid, {}, viewer));
      return;
    }
    case "move event": {
      const event = at(events(), one.pick);
      if (event) person.move(host.calendarId, event.id, hourAt(start(one.slot), one.hours));
      return;
    }
    case "edit event": {
      const event = at(events(), one.pick);
      if (event) person.edit(host.calendarId, event.id, { [one.field]: one.text });
      return;
    }
    case "delete event": {
      const event = at(events(), one.pick);
      if (event) person.delete(host.calendarId, event.id);
      return;
    }
    case "restore event": {
      const event = at(
        world.server.events(host.calendarId).filter(({ status }) => status === "cancelled"),
        one.pick,
      );
      // Only what stands for a booking now: an event that was replaced stays in the bin.
      const current =
        event && (await world.prisma.bookingReference.count({ where: { externalEventId: event.id } }));
      if (event && current) person.restore(host.calendarId, event.id);
      return;
    }
    case "add event":
      person.create(host.calendarId, { time: hourAt(start(one.slot)), title: "Dentist" });
      return;
    case "fault":
      faults.next("any", one.fault, one.times);
      return;
    case "lose answer":
      faults.next(one.method, { kind: "lost-answer" });
      return;
    case "crash":
      crashOnce(world, one.where);
      return;
    case "lose cursor":
      world.server.expireCursors();
      return;
    case "drop notifications":
      faults.dropNotifications(2);
      return;
    case "double notifications":
      faults.duplicateNotifications(2);
      return;
    case "touch after writes":
      faults.touchAfterWrite = !faults.touchAfterWrite;
      return;
    case "run jobs":
      await world.runJobs();
      return;
    case "tick":
      world.clock.advance({ minutes: one.minutes });
      await world.tick();
      return;
  }
}

/** The next transaction of the engine, or the answer to its next write, is lost with the process. */
function crashOnce(world: SyncHarness, where: "before commit" | "after write"): void {
  if (where === "before commit") {
    world.wrapStore = (store) => ({
      ...store,
      async applyActions(...input) {
        await store.applyActions(...input);
        world.wrapStore = (same) => same;
        throw new Error("the process died before the commit");
      },
    });
    return;
  }
  world.server.faults.hook = ({ method, phase }) => {
    if (phase !== "answer" || !/^(create|update|delete)Event$/.test(method)) return;
    world.server.faults.hook = null;
    throw new Error("the process died after the write");
  };
}

/** Edits have stopped and faults are over: time passes and jobs drain. */
async function quiesce(world: SyncHarness): Promise<void> {
  world.server.faults.clear();
  world.server.faults.hook = null;
  world.server.faults.touchAfterWrite = false;
  world.wrapStore = (store) => store;
  for (let round = 0; round < 6; round++) {
    world.clock.advance({ hours: 2 });
    await world.tick();
  }
}

async function expectEqualSides(world: SyncHarness, host: Host, uids: readonly string[]): Promise<void> {
  const live = world.liveEvents(host.calendarId);
  for (const uid of uids) {
    const booking = await world.booking(uid);
    const references = new Set(booking.references.map(({ id }) => id));
    const own = live.filter(({ marker }) => marker !== null && references.has(marker));
    if (booking.status === "CANCELLED") {
      expect(own, `cancelled booking ${uid} has no event`).toEqual([]);
      continue;
    }
    expect(own, `booking ${uid} has one event`).toHaveLength(1);
    const { title, description, location } = booking;
    expect(fieldsOf(own[0]), `booking ${uid} and its event say the same`).toEqual({
      title,
      description,
      location,
      start: booking.startTime.toISOString(),
      end: booking.endTime.toISOString(),
    });
    expect(booking.references).toMatchObject([
      { status: "SYNCED", pushRequestedAt: null, pendingSnapshot: null },
    ]);
  }
}

/** The last thing that each guest was told is how the booking is. */
async function expectTruthfulMails(world: SyncHarness, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const booking = await world.booking(uid);
    const [guest] = booking.attendees;
    const last = world.mails.findLast(({ to }) => to.address === guest?.email);
    expect(last?.invitation?.method, `the last mail about ${uid}`).toBe(
      booking.status === "CANCELLED" ? "CANCEL" : "REQUEST",
    );
    const stamp = booking.startTime.toISOString().replace(/[-:]/g, "").replace(".000", "");
    expect(last?.invitation?.content).toContain(`DTSTART:${stamp}`);
  }
}

/** A booking that is not as people left it in the app has a record that says why. */
async function expectExplained(world: SyncHarness, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const records = await world.prisma.changeRecord.findMany({
      where: { booking: { uid }, source: "CALENDAR", result: "APPLIED" },
    });
    const booking = await world.booking(uid);
    const changed = booking.fieldChangedAt as Record<string, string>;
    if (booking.status === "CANCELLED" && changed["status"] === undefined) {
      expect(records.map(({ action }) => action)).toContain("cancel");
    }
    for (const record of records)
      expect(record.before).not.toEqual(record.action === "cancel" ? null : record.after);
  }
}

function fieldsOf(event: ExternalEvent | undefined) {
  if (!event) return null;
  const { title, description, location, time } = event;
  return { title, description, location, start: time.start, end: time.end };
}

/** What people are refused (a taken slot, a cancelled booking) is part of a history; anything else is a bug. */
async function refusable(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AppError")) throw error;
  }
}

/** An hour of the working weeks from 14 January 2030 on. */
function start(index: number): string {
  const day = Math.floor(index / 8);
  const date = new Date(Date.UTC(2030, 0, 14 + Math.floor(day / 5) * 7 + (day % 5), 9 + (index % 8)));
  return date.toISOString();
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}
