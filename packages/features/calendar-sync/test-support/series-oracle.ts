import { slotsOf } from "@calsync/icalendar";
import type { EventTime, ExternalEvent } from "@calsync/types";
import type { EngineWorld } from "./EngineWorld.ts";
import { hasEnded } from "./MemoryBookings.ts";
import type { ReferenceRecord } from "./memory-tables.ts";
import type { SeriesStep } from "./series-steps.ts";

/** How many dates a series of the model has when it is booked. */
export const DATES = 4;

/** What is wrong with the series of a world that has come to rest, in sentences; none when all is well. */
export async function findSeriesFaults(world: EngineWorld, bookings: readonly number[]): Promise<string[]> {
  return [...unequal(world, bookings), ...leftOver(world), ...(await unrest(world, bookings))];
}

/**
 * What was lost or doubled of a series that stands in one calendar, as far as its history leaves no doubt, in sentences.
 * @param steps what has happened to it
 */
export function findLossOrDouble(
  world: EngineWorld,
  bookings: readonly number[],
  steps: readonly SeriesStep[],
): string[] {
  return [
    ...(mayTakeAway(steps) ? [] : lost(world, bookings, steps)),
    ...(mayAdd(steps) ? [] : doubled(world, bookings)),
  ];
}

/** Whether the calendar may have called off any of the dates: the series was deleted there, or made shorter. */
function mayTakeAway(steps: readonly SeriesStep[]): boolean {
  return steps.some((step) => step.kind === "delete" || (step.kind === "count" && step.count < DATES));
}

/**
 * Whether the calendars may have dates that nobody has booked, which no program may take away: the series was made longer there; it was
 * moved to earlier days after it had been cut, which makes room for one more before its end, a day and an hour; or it came out
 * of the bin after it had been made again because it was changed here: a person has two of it, and wants them.
 */
function mayAdd(steps: readonly SeriesStep[]): boolean {
  const before = (index: number, ...kinds: SeriesStep["kind"][]) =>
    steps.slice(0, index).some((step) => kinds.includes(step.kind));
  return steps.some((step, index) => {
    switch (step.kind) {
      case "count":
        return step.count > DATES || before(index, "count", "split", "cancel-following-here");
      case "split":
      case "move-series":
        return step.hours < 0 && before(index, "split");
      case "restore":
        return before(index, "move-here", "move-all-here");
      default:
        return false;
    }
  });
}

/** Only what somebody has called off is cancelled: those dates that were called off here, and one for each that was deleted there. */
function lost(
  { db: { tables } }: EngineWorld,
  bookings: readonly number[],
  steps: readonly SeriesStep[],
): string[] {
  const calledOff = (date: number) =>
    steps.some(
      (step) =>
        (step.kind === "cancel-here" && step.date === date) ||
        (step.kind === "cancel-following-here" && step.date <= date),
    );
  const off = bookings.flatMap((id, date) =>
    tables.bookings.get(id)?.active || calledOff(date) ? [] : [`date ${date}`],
  );
  const deleted = steps.filter(({ kind }) => kind === "delete-date").length;
  return off.length > deleted
    ? [`cancelled: ${off.join(", ")}; and of these nobody has cancelled ${off.length - deleted}`]
    : [];
}

/** Each booking that stands has its event, at its time and with its title; a cancelled one has none. */
function unequal(world: EngineWorld, bookings: readonly number[]): string[] {
  const { tables } = world.db;
  return bookings.flatMap((id, index): string[] => {
    const booking = tables.bookings.get(id);
    const references = [...tables.references.values()].filter((one) => one.bookingId === id);
    if (!booking || hasEnded(booking, world.clock())) return [];
    const name = `date ${index}`;
    const [reference] = references;
    if (!reference) return [`${name} stands in no calendar`];
    const event = eventOf(world, reference);
    const there = event && event.status !== "cancelled" ? event : null;
    if (!booking.active)
      return there ? [`${name} is cancelled, and its event stands at ${there.time.start}`] : [];
    if (!there) return [`${name} stands, and has no event`];
    const { time, title } = booking.snapshot;
    const found: string[] = [];
    if (there.time.start !== time.start || there.time.end !== time.end)
      found.push(`${name} is at ${time.start} here and at ${there.time.start} there`);
    if (there.title !== title) found.push(`${name} is "${title}" here and "${there.title}" there`);
    return found;
  });
}

function eventOf(world: EngineWorld, reference: ReferenceRecord): ExternalEvent | null {
  const { externalEventId: eventId, originalStart, calendarSyncId } = reference;
  const calendar = world.calendars.find((one) => one.calendarSyncId === calendarSyncId);
  if (eventId === null || !calendar) return null;
  const { calendarId } = calendar;
  const instance = originalStart ? { seriesId: eventId, originalStart } : {};
  const ref = { calendarId, eventId, ...instance };
  return world.server.locate(world.server.calendar(calendarId), ref)?.event ?? null;
}

/**
 * As many dates of ours stand in the calendars as bookings stand here: neither a copy that nobody follows, nor a date that was called
 * off.
 */
function doubled(
  { calendars, server, clock, db: { tables } }: EngineWorld,
  bookings: readonly number[],
): string[] {
  const isToCome = ({ end }: EventTime) => new Date(end) > clock();
  const dates = calendars.flatMap(({ calendarId }) => {
    const calendar = server.calendar(calendarId);
    return server.events(calendarId).flatMap((event): EventTime[] => {
      if (event.marker === null || event.seriesId !== null) return [];
      if (event.recurrence === null) return [event.time];
      const { slots } = slotsOf({ time: event.time, recurrence: event.recurrence });
      return slots.flatMap((originalStart) => {
        const ref = { calendarId, eventId: event.id, seriesId: event.id, originalStart };
        const found = server.locate(calendar, ref)?.event;
        return found && found.status !== "cancelled" ? [found.time] : [];
      });
    });
  });
  const there = dates.filter(isToCome).map(({ start }) => start);
  const here = bookings.flatMap((id) => {
    const booking = tables.bookings.get(id);
    return booking?.active && isToCome(booking.snapshot.time) ? [booking.snapshot.time.start] : [];
  });
  return there.length > here.length
    ? [`bookings stand at ${here.join()}, and dates in the calendar at ${there.join()}`]
    : [];
}

/** Nothing waits for ever. */
function leftOver({ db: { tables } }: EngineWorld): string[] {
  const waiting = [...tables.references.values(), ...tables.seriesReferences.values()].filter(
    ({ pushRequestedAt, status }) => pushRequestedAt !== null || status === "CONFLICT" || status === "ERROR",
  );
  return [
    ...waiting.map(({ status, lastError }) => `a reference is ${status} and waits (${lastError})`),
    ...[...tables.seriesReferences.values()]
      .filter(({ settleAt }) => settleAt !== null)
      .map(() => "a series is still waited for"),
    ...[...tables.jobs.values()].map(
      ({ name, attempts }) => `job ${name} is left after ${attempts} attempts`,
    ),
  ];
}

/** With nothing new, nothing is written and no booking changes. */
async function unrest(world: EngineWorld, bookings: readonly number[]): Promise<string[]> {
  const { server } = world;
  const state = () => JSON.stringify(bookings.map((id) => world.db.tables.bookings.get(id)));
  const before = state();
  server.expireCursors();
  server.resetCalls();
  world.clock.advance({ hours: 6 });
  await world.tick();
  const writes = (["createEvent", "updateEvent", "deleteEvent"] as const).filter(
    (method) => server.callCount(method) > 0,
  );
  return [
    ...writes.map((method) => `${method} at rest`),
    ...(state() === before ? [] : ["a booking changed at rest"]),
  ];
}
