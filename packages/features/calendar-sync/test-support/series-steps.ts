import { AppError, isCalendarError } from "@calsync/lib";
import type { EventTime, ExternalEvent } from "@calsync/types";
import fc from "fast-check";
import type { EngineWorld } from "./EngineWorld.ts";

const WEEK_MS = 7 * 86_400_000;
const date = fc.nat({ max: 3 });
const hours = fc.constantFrom(-24, 1, 2, 24, 27);

/** One step of a history of a series: what people do on both sides, what goes wrong, and time. */
export const seriesStep = fc.oneof(
  fc.record({ kind: fc.constant("move-date" as const), date, hours }),
  fc.record({ kind: fc.constant("delete-date" as const), date }),
  fc.record({ kind: fc.constant("move-series" as const), hours }),
  fc.record({ kind: fc.constant("count" as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("rename" as const), title: fc.constantFrom("Coaching", "Lesson") }),
  fc.record({ kind: fc.constant("split" as const), date: fc.integer({ min: 1, max: 3 }), hours }),
  fc.record({ kind: fc.constant("delete" as const) }),
  fc.record({ kind: fc.constant("restore" as const) }),
  fc.record({ kind: fc.constant("transfer" as const) }),
  fc.record({ kind: fc.constant("cancel-here" as const), date }),
  fc.record({ kind: fc.constant("move-here" as const), date, hours }),
  fc.record({ kind: fc.constant("cancel-following-here" as const), date }),
  fc.record({ kind: fc.constant("move-all-here" as const), date, hours }),
  fc.record({
    kind: fc.constant("fault" as const),
    method: fc.constantFrom("createEvent" as const, "updateEvent" as const, "deleteEvent" as const),
    fault: fc.constantFrom("lost-answer" as const, "server-error" as const),
  }),
  fc.record({ kind: fc.constant("strike" as const), moments: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant("lose-cursors" as const) }),
  fc.record({ kind: fc.constant("settle" as const) }),
  fc.record({ kind: fc.constant("pass" as const), minutes: fc.constantFrom(1, 20) }),
);
/** One thing that happens in a history of a series. */
export type SeriesStep = typeof seriesStep extends fc.Arbitrary<infer S> ? S : never;

/** Carries a step out. What cannot be done at that moment is not done: people try such things. */
export async function takeSeriesStep(
  world: EngineWorld,
  bookings: readonly number[],
  step: SeriesStep,
): Promise<void> {
  try {
    await take(world, bookings, step);
  } catch (error) {
    if (!(error instanceof AppError) && !isCalendarError(error)) throw error;
  }
}

async function take(world: EngineWorld, bookings: readonly number[], step: SeriesStep): Promise<void> {
  const { server, sync } = world;
  const { person } = server;
  const id = "date" in step ? (bookings[step.date] ?? 0) : 0;
  switch (step.kind) {
    case "cancel-here":
      return world.bookings.cancel(sync, id, "host");
    case "move-here": {
      const booking = world.db.tables.bookings.get(id);
      return booking && world.bookings.reschedule(sync, id, later(booking.snapshot.time, step.hours), "host");
    }
    case "cancel-following-here":
      return world.series.cancelFollowing(sync, id);
    case "move-all-here":
      return world.series.moveAll(sync, id, step.hours);
    case "fault":
      return server.faults.next(step.method, { kind: step.fault });
    case "strike":
      return world.db.strikeAfter(step.moments, "die");
    case "lose-cursors":
      return server.expireCursors();
    case "settle":
      return void (await world.settle());
    case "pass":
      world.clock.advance({ minutes: step.minutes });
      return void (await world.tick());
  }
  const found = whereIs(world, step.kind === "restore");
  if (!found) return;
  const { calendarId, event } = found;
  const slotAt = (index: number) => new Date(Date.parse(event.time.start) + index * WEEK_MS).toISOString();
  switch (step.kind) {
    case "move-date": {
      const slot = slotAt(step.date);
      person.moveInstance(calendarId, event.id, slot, later(atSlot(event, slot), step.hours));
      return;
    }
    case "delete-date":
      person.cancelInstance(calendarId, event.id, slotAt(step.date));
      return;
    case "move-series":
      return person.move(calendarId, event.id, later(event.time, step.hours));
    case "count":
      return person.changeRule(calendarId, event.id, [`RRULE:FREQ=WEEKLY;COUNT=${step.count}`]);
    case "rename":
      return person.edit(calendarId, event.id, { title: step.title });
    case "split": {
      const slot = slotAt(step.date);
      const ref = { calendarId, eventId: event.id, seriesId: event.id, originalStart: slot };
      const date = server.locate(server.calendar(calendarId), ref)?.event;
      // A date that was deleted is not shown, and nobody can choose it.
      if (!date || date.status === "cancelled") return;
      person.splitSeries(calendarId, event.id, slot, { time: later(atSlot(event, slot), step.hours) });
      return;
    }
    case "delete":
      return person.delete(calendarId, event.id);
    case "restore":
      return person.restore(calendarId, event.id);
    case "transfer": {
      const to = world.calendars.find((one) => one.calendarId !== calendarId);
      if (to) person.moveToCalendar(calendarId, event.id, to.calendarId);
    }
  }
}

/**
 * The first recurring event of the host's calendars; of those in the bin, when asked for. What has moved to another calendar is in no bin
 * (ADR 0049).
 */
function whereIs(world: EngineWorld, binned: boolean): { calendarId: string; event: ExternalEvent } | null {
  for (const { calendarId } of world.calendars) {
    for (const { event } of world.server.calendar(calendarId).events.values()) {
      if (!event.recurrence || event.seriesId !== null || (event.status === "cancelled") !== binned) continue;
      const stands = world.calendars.some((one) => {
        const other = world.server.calendar(one.calendarId).events.get(event.id);
        return other !== undefined && other.event.status !== "cancelled";
      });
      if (!binned || !stands) return { calendarId, event };
    }
  }
  return null;
}

function atSlot({ time }: ExternalEvent, slot: string): EventTime {
  const end = new Date(Date.parse(slot) + Date.parse(time.end) - Date.parse(time.start)).toISOString();
  return { ...time, start: slot, end };
}

function later(time: EventTime, by: number): EventTime {
  const at = (text: string) => new Date(Date.parse(text) + by * 3_600_000).toISOString();
  return { ...time, start: at(time.start), end: at(time.end) };
}
