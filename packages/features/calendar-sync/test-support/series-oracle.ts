import type { ExternalEvent } from "@calsync/types";
import type { EngineWorld } from "./EngineWorld.ts";
import { hasEnded } from "./MemoryBookings.ts";
import type { ReferenceRecord } from "./memory-tables.ts";

/** What is wrong with the series of a world that has come to rest, in sentences; none when all is well. */
export async function findSeriesFaults(world: EngineWorld, bookings: readonly number[]): Promise<string[]> {
  return [...unequal(world, bookings), ...leftOver(world), ...(await unrest(world, bookings))];
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
