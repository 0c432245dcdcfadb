import type { MemoryFault } from "@calsync/testing/memory-calendar";
import type { EventTime, ExternalEvent } from "@calsync/types";
import fc from "fast-check";
import type { EngineWorld, WorldCalendar } from "./EngineWorld.ts";
import type { Blow } from "./MemoryDatabase.ts";
import type { PersonEdits } from "./PersonEdits.ts";

/**
 * One step of a history. `pick` and `calendar` choose among what is there at that moment. A feature that people can use in
 * a new way becomes a step: a member here, its arbitrary, and its line in `take`.
 */
export type Step =
  | { do: "book"; slot: number }
  | { do: "reschedule"; pick: number; slot: number; by: "host" | "guest" }
  | { do: "cancel"; pick: number; by: "host" | "guest" }
  | { do: "move event"; calendar: number; pick: number; slot: number; hours: number }
  | { do: "edit event"; calendar: number; pick: number; field: TextField; text: string }
  | { do: "delete event"; calendar: number; pick: number }
  | { do: "restore event"; pick: number }
  | { do: "add event"; calendar: number; slot: number }
  | { do: "change destination"; calendar: number }
  | { do: "fault"; fault: MemoryFault; times: number }
  | { do: "lose answer"; method: WriteMethod }
  | { do: "strike"; moments: number; blow: Blow }
  | { do: "resume" }
  | { do: "lose cursors"; omit: number }
  | { do: "notifications"; are: "dropped" | "doubled" | "reversed" }
  | { do: "touch after writes" }
  | { do: "skew"; minutes: number }
  | { do: "jump"; minutes: number }
  | { do: "settle" }
  | { do: "tick"; minutes: number };

type TextField = "title" | "description" | "location";
type WriteMethod = "createEvent" | "updateEvent" | "deleteEvent";

// Small numbers: histories are interesting when changes meet at the same booking.
const pick = fc.nat({ max: 3 });
const calendar = fc.nat({ max: 1 });
const slot = fc.nat({ max: 30 });
const by = fc.constantFrom<"host" | "guest">("host", "guest");

type StepOf<D extends Step["do"]> = Omit<Extract<Step, { do: D }>, "do">;

/** A step with its weight, and where its fields come from. */
function of<D extends Step["do"]>(
  weight: number,
  kind: D,
  fields: { [K in keyof StepOf<D>]: fc.Arbitrary<StepOf<D>[K]> },
): { weight: number; arbitrary: fc.Arbitrary<Step> } {
  const all = { do: fc.constant(kind), ...fields } as Record<string, fc.Arbitrary<unknown>>;
  return { weight, arbitrary: fc.record(all) as unknown as fc.Arbitrary<Step> };
}

/** What happens in the app and at work, without anybody who edits in a calendar. */
const ours = [
  of(3, "book", { slot }),
  of(4, "reschedule", { pick, slot, by }),
  of(1, "cancel", { pick, by }),
  of(1, "change destination", { calendar }),
  of(3, "fault", {
    fault: fc.constantFrom<MemoryFault>(
      { kind: "server-error" },
      { kind: "network" },
      { kind: "lost-answer" },
      { kind: "rate-limit", retryAfterMs: 5_000 },
    ),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  of(4, "lose answer", {
    method: fc.constantFrom<WriteMethod>("createEvent", "updateEvent", "updateEvent", "deleteEvent"),
  }),
  of(4, "strike", {
    moments: fc.integer({ min: 1, max: 40 }),
    blow: fc.constantFrom<Blow>("die", "die", "stall"),
  }),
  of(1, "resume", {}),
  of(2, "lose cursors", { omit: fc.nat({ max: 2 }) }),
  of(2, "notifications", { are: fc.constantFrom("dropped", "doubled", "reversed") }),
  of(1, "touch after writes", {}),
  of(1, "skew", { minutes: fc.integer({ min: -10, max: 10 }) }),
  of(1, "jump", { minutes: fc.integer({ min: -3, max: 30 }) }),
  of(7, "settle", {}),
  of(4, "tick", { minutes: fc.integer({ min: 1, max: 90 }) }),
];

const theirs = [
  of(5, "move event", { calendar, pick, slot, hours: fc.integer({ min: 1, max: 3 }) }),
  of(3, "edit event", {
    calendar,
    pick,
    field: fc.constantFrom<TextField>("title", "description", "location"),
    text: fc.constantFrom("one", "two", "three"),
  }),
  of(2, "delete event", { calendar, pick }),
  of(2, "restore event", { pick }),
  of(1, "add event", { calendar, slot }),
];

/** Steps of all kinds. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(...ours, ...theirs);
/** Steps among which nobody edits in a calendar. */
export const ourStep: fc.Arbitrary<Step> = fc.oneof(...ours);

/** Whether the answer to a write may be lost because of the step. */
export function losesAnswers(step: Step): boolean {
  return (
    step.do === "lose answer" ||
    step.do === "strike" ||
    (step.do === "fault" && step.fault.kind === "lost-answer")
  );
}

/** Carries a step out. */
export async function take(world: EngineWorld, edits: PersonEdits, step: Step): Promise<void> {
  const { bookings, sync, server, clock } = world;
  const { faults } = server;
  const booking = (index: number) => at([...world.db.tables.bookings.keys()], index);
  switch (step.do) {
    case "book": {
      const time = hourAt(step.slot);
      if (new Date(time.start) > clock())
        await bookings.book(sync, world.hostId, time, `guest${world.db.tables.bookings.size}`);
      return;
    }
    case "reschedule": {
      const [id, time] = [booking(step.pick), hourAt(step.slot)];
      if (id !== undefined && new Date(time.start) > clock())
        await refusable(() => bookings.reschedule(sync, id, time, step.by));
      return;
    }
    case "cancel": {
      const id = booking(step.pick);
      if (id !== undefined) await refusable(() => bookings.cancel(sync, id, step.by));
      return;
    }
    case "move event":
      onEvent(world, step, (where, event) => {
        server.person.move(where, event.id, hourAt(step.slot, step.hours));
        edits.note(event, "reschedule", hourAt(step.slot, step.hours).start);
      });
      return;
    case "edit event":
      onEvent(world, step, (where, event) => {
        server.person.edit(where, event.id, { [step.field]: step.text });
        edits.note(event, "change-details", step.text, step.field);
      });
      return;
    case "delete event":
      onEvent(world, step, (where, event) => {
        server.person.delete(where, event.id);
        edits.note(event, "cancel");
      });
      return;
    case "restore event": {
      // Only what stands for a booking now: an event that was replaced stays in the bin.
      const gone = [...world.db.tables.references.values()].flatMap((one) => {
        const where = world.calendars.find(({ calendarSyncId }) => calendarSyncId === one.calendarSyncId);
        const event = where && server.event(where.calendarId, one.externalEventId ?? "");
        return event?.status === "cancelled" ? [event] : [];
      });
      const event = at(gone, step.pick);
      if (event) {
        server.person.restore(event.calendarId, event.id);
        faults.omitFromListings(0);
        edits.note(event, "restore");
      }
      return;
    }
    case "add event":
      server.person.create(where(world, step.calendar).calendarId, {
        time: hourAt(step.slot),
        title: "Dentist",
      });
      return;
    case "change destination":
      await world.chooseDestination(where(world, step.calendar));
      return;
    case "fault":
      faults.next("any", step.fault, step.times);
      return;
    case "lose answer":
      faults.next(step.method, { kind: "lost-answer" });
      return;
    case "strike":
      world.db.strikeAfter(step.moments, step.blow);
      return;
    case "resume":
      await world.jobs.resumeStalled();
      return;
    case "lose cursors":
      server.expireCursors();
      // What came out of the bin is found by a listing alone: nothing reads what was deleted.
      if (!edits.all.some(({ kind }) => kind === "restore")) faults.omitFromListings(step.omit);
      return;
    case "notifications":
      if (step.are === "dropped") world.notifications = [];
      else if (step.are === "doubled") world.notifications.push(...world.notifications);
      else world.notifications.reverse();
      return;
    case "touch after writes":
      faults.touchAfterWrite = !faults.touchAfterWrite;
      return;
    case "skew":
      world.skewMs = step.minutes * 60_000;
      return;
    case "jump":
      clock.advance({ minutes: step.minutes });
      return;
    case "settle":
      await world.settle();
      return;
    case "tick":
      clock.advance({ minutes: step.minutes });
      await world.tick();
      return;
  }
}

/** Edits and faults are over: time passes and jobs drain. */
export async function quiesce(world: EngineWorld): Promise<void> {
  const { faults } = world.server;
  const { hook } = faults;
  faults.clear();
  faults.hook = hook;
  world.db.strikeAfter(Number.POSITIVE_INFINITY, "die");
  await world.jobs.resumeStalled();
  for (let round = 0; round < 5; round++) {
    world.clock.advance({ hours: 7 });
    await world.tick();
  }
}

function where(world: EngineWorld, index: number): WorldCalendar {
  const found = at(world.calendars, index);
  if (!found) throw new Error("The world has no calendar.");
  return found;
}

/** Does something to an event that is there, if any is. */
function onEvent(
  world: EngineWorld,
  step: { calendar: number; pick: number },
  act: (calendarId: string, event: ExternalEvent) => void,
): void {
  const { calendarId } = where(world, step.calendar);
  const event = at(world.server.events(calendarId), step.pick);
  if (event) act(calendarId, event);
}

/** What people are refused (a cancelled booking) is part of a history; anything else is a bug. */
async function refusable(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AppError")) throw error;
  }
}

/** Some hours of the first day, which are over before a long history is, and hours of the week after it. */
function hourAt(index: number, hours = 1): EventTime {
  const start =
    index < 3
      ? Date.UTC(2030, 0, 7, 12 + index)
      : Date.UTC(2030, 0, 12 + Math.floor(index / 6), 9 + (index % 6));
  const end = start + hours * 3_600_000;
  return {
    allDay: false,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    timeZone: "UTC",
  };
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}
