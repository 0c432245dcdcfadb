import type { ExternalEvent } from "@calsync/types";
import { differingFields, type EventSnapshot, type SNAPSHOT_FIELDS, toSnapshot } from "../engine/snapshot.ts";
import type { BookingAction } from "../ports/BookingStore.ts";
import type { EngineWorld } from "./EngineWorld.ts";
import { hasEnded } from "./MemoryBookings.ts";
import type { BookingRecord } from "./memory-tables.ts";
import type { PersonEdits } from "./PersonEdits.ts";

/** What is wrong with a world that has come to rest, in sentences; none when all is well. */
export async function findFaults(world: EngineWorld, edits: PersonEdits): Promise<string[]> {
  return [
    ...unequalSides(world, edits),
    ...untrueMirror(world, edits),
    ...leftOver(world),
    // Bookings elsewhere keep a change whose record was lost with our transaction, when the event has changed again since.
    ...(world.options.bookingsElsewhere ? [] : unexplained(world)),
    ...unfounded(world, edits),
    ...lost(world, edits),
    ...doubledNotices(world),
    ...(await unrest(world)),
  ];
}

/** Each booking to come has one event per reference that says the same; a cancelled one has none (invariant 11). */
function unequalSides(world: EngineWorld, edits: PersonEdits): string[] {
  const { bookings, references } = world.db.tables;
  const found: string[] = [];
  for (const calendar of world.calendars) {
    const own = Map.groupBy(
      world.events(calendar).filter((event) => event.marker !== null && !isPersonsOwn(world, edits, event)),
      ({ marker }) => marker ?? "",
    );
    for (const [marker, events] of own) {
      const reference = references.get(marker);
      if (reference === undefined) found.push(`event ${events[0]?.id} stands for no reference`);
      else if (reference.calendarSyncId !== calendar.calendarSyncId && !isOver(world, reference.bookingId)) {
        const strays = events.filter(({ id }) => !isMadeAnew(id, reference.generation));
        for (const { id } of strays)
          found.push(`event ${id} stands in a calendar where its booking has none`);
      }
    }
    for (const reference of references.values()) {
      const booking = bookings.get(reference.bookingId);
      if (reference.calendarSyncId !== calendar.calendarSyncId || !booking) continue;
      if (hasEnded(booking, world.clock())) continue;
      const name = `booking ${booking.id} in ${calendar.calendarId}`;
      const [event, ...doubles] = own.get(reference.id) ?? [];
      if (!booking.active) {
        if (event) found.push(`${name} is cancelled and has ${doubles.length + 1} events`);
        continue;
      }
      if (!event || doubles.length > 0) {
        found.push(`${name} has ${event ? doubles.length + 1 : 0} events`);
        continue;
      }
      if (event.id !== reference.externalEventId)
        found.push(`${name} is linked to another event than its own`);
      if (reference.status !== "SYNCED") found.push(`${name}: the reference is ${reference.status}`);
      if (reference.pending.length > 0) found.push(`${name}: a write is still without an answer`);
      for (const field of differingFields(spelt(booking.snapshot), spelt(toSnapshot(event))))
        found.push(`${name}: ${field} is ${show(booking.snapshot, field)} here, ${show(event, field)} there`);
    }
  }
  for (const booking of bookings.values()) {
    const referenced = [...references.values()].some(({ bookingId }) => bookingId === booking.id);
    if (isToCome(world, booking) && !referenced) found.push(`booking ${booking.id} stands in no calendar`);
  }
  return found;
}

/** Events of others are mirrored as they are. Another's is also a copy of one of ours, whose booking stands elsewhere. */
function untrueMirror(world: EngineWorld, edits: PersonEdits): string[] {
  const { references, events } = world.db.tables;
  return world.calendars.flatMap(({ calendarId, calendarSyncId }) => {
    const there = world.server
      .events(calendarId)
      .filter(
        (event) =>
          references.get(event.marker ?? "")?.calendarSyncId !== calendarSyncId ||
          isPersonsOwn(world, edits, event),
      );
    const held = [...events.values()].filter((row) => row.calendarSyncId === calendarSyncId);
    const wanted = there.map(({ id, time }) => `${id} at ${time.start}`).sort();
    const mirrored = held.map((row) => `${row.externalEventId} at ${row.startTime.toISOString()}`).sort();
    return wanted.join() === mirrored.join()
      ? []
      : [`mirrored in ${calendarId}: ${mirrored.join()}; there: ${wanted.join()}`];
  });
}

/** Nothing waits for ever: no push, no job, no lease. */
function leftOver(world: EngineWorld): string[] {
  const { references, jobs, calendars } = world.db.tables;
  return [
    ...[...references.values()]
      .filter(({ pushRequestedAt }) => pushRequestedAt !== null)
      .map(({ bookingId, lastError }) => `booking ${bookingId} still waits for a push (${lastError})`),
    ...[...jobs.values()].map(({ name, attempts }) => `job ${name} is left after ${attempts} attempts`),
    ...[...calendars.values()]
      .filter(({ leaseOwner }) => leaseOwner !== null)
      .map(({ name }) => `the lease on ${name} was never given back`),
  ];
}

/** The records of a booking tell its whole story, step by step, up to how it is now (invariant 12). */
function unexplained(world: EngineWorld): string[] {
  const found: string[] = [];
  for (const booking of world.db.tables.bookings.values()) {
    let told: EventSnapshot | null = null;
    let active = true;
    for (const { bookingId, source, result, action, before, after } of world.db.tables.records.values()) {
      if (bookingId !== booking.id || source === "SYNC" || result !== "APPLIED") continue;
      // That an event has moved says nothing of its booking.
      if (action === "move-calendar") continue;
      const from = before as EventSnapshot | null;
      if (told !== null && (from === null || differingFields(told, from).length > 0))
        found.push(`booking ${booking.id} was changed without a record before ${action}`);
      told = after as EventSnapshot;
      if (/^cancel/.test(action)) active = false;
      if (action === "restore") active = true;
    }
    if (told === null || differingFields(told, booking.snapshot).length > 0 || active !== booking.active)
      found.push(`booking ${booking.id} is not as its last record says`);
  }
  return found;
}

/** Sync does to a booking at most what people have done to its events: nothing twice, and no echo (invariants 1 and 5). */
function unfounded(world: EngineWorld, edits: PersonEdits): string[] {
  const done = new Map<string, number>();
  const found: string[] = [];
  for (const { source, result, bookingId, action } of world.db.tables.records.values()) {
    if (source !== "CALENDAR" || result !== "APPLIED" || bookingId === null || action === "move-calendar")
      continue;
    const key = `${bookingId} ${action}`;
    const count = (done.get(key) ?? 0) + 1;
    done.set(key, count);
    const people = edits.count(bookingId, action as BookingAction["kind"]);
    if (count > people)
      found.push(`booking ${bookingId}: ${action} was applied ${count} times, people did it ${people} times`);
  }
  return found;
}

/** What a person did last is how the booking is, unless somebody changed it here later, or it is told why not. */
function lost(world: EngineWorld, edits: PersonEdits): string[] {
  return edits.last().flatMap(({ bookingId, kind, field, value, after }) => {
    const booking = world.db.tables.bookings.get(bookingId);
    if (!booking || !isToCome(world, booking)) return [];
    // In two calendars, the later of two edits may be the other one's.
    const references = [...world.db.tables.references.values()].filter((one) => one.bookingId === bookingId);
    if (references.length > 1) return [];
    const now = field ? spelt(booking.snapshot)[field] : booking.snapshot.time.start;
    const told = [...world.db.tables.records].some(
      ([id, one]) =>
        id > after &&
        one.bookingId === bookingId &&
        (one.source === "APP" || (one.source === "CALENDAR" && one.result !== "APPLIED")),
    );
    return now === value || told ? [] : [`booking ${bookingId}: a person's ${kind} to ${value} was lost`];
  });
}

/** Nobody is told the same thing twice in a row. */
function doubledNotices(world: EngineWorld): string[] {
  const last = new Map<number, { active: boolean; snapshot: EventSnapshot }>();
  const found: string[] = [];
  for (const { bookingId, ...state } of world.db.tables.notices.values()) {
    const earlier = last.get(bookingId);
    if (earlier?.active === state.active && differingFields(earlier.snapshot, state.snapshot).length === 0)
      found.push(`booking ${bookingId}: people were told the same thing twice`);
    last.set(bookingId, state);
  }
  return found;
}

/** With nothing new, nothing is written, also when the provider gives its events new versions by itself: no loop. */
async function unrest(world: EngineWorld): Promise<string[]> {
  const { server } = world;
  for (const { calendarId } of world.calendars)
    for (const { id } of server.events(calendarId)) server.touch(server.calendar(calendarId), id);
  server.resetCalls();
  world.clock.advance({ hours: 6 });
  await world.tick();
  const writes = (["createEvent", "updateEvent", "deleteEvent"] as const).filter(
    (method) => server.callCount(method) > 0,
  );
  return writes.length > 0 ? [`${writes.join(" and ")} at rest`] : [];
}

function isToCome(world: EngineWorld, booking: BookingRecord): boolean {
  return booking.active && !hasEnded(booking, world.clock());
}

function isOver(world: EngineWorld, bookingId: number): boolean {
  const booking = world.db.tables.bookings.get(bookingId);
  return booking === undefined || hasEnded(booking, world.clock());
}

/**
 * Whether the booking has got another event since: its own had gone, was found nowhere in time, and the booking was changed here.
 * Should it turn up after that, it is the doctor's, who removes it (SPEC.md, "The doctor").
 */
function isMadeAnew(eventId: string, generation: number): boolean {
  return Number(eventId.split("-").at(-1)) < generation;
}

/**
 * Brought back from the bin at the moment at which its booking, changed here, was given another event: nobody can say in time that the
 * one is not needed any more. It stays as an appointment of the person's, and the doctor names it (SPEC.md, "The doctor").
 */
function isPersonsOwn(world: EngineWorld, edits: PersonEdits, { id, marker }: ExternalEvent): boolean {
  const reference = world.db.tables.references.get(marker ?? "");
  return reference !== undefined && edits.broughtBack.has(id) && isMadeAnew(id, reference.generation);
}

/** Without the way in which a provider spells descriptions. */
function spelt(snapshot: EventSnapshot): EventSnapshot {
  return { ...snapshot, description: snapshot.description.replace(/^<p>(.*)<.p>$/, "$1") };
}

function show(
  side: Pick<EventSnapshot, (typeof SNAPSHOT_FIELDS)[number]>,
  field: keyof EventSnapshot,
): string {
  return JSON.stringify(side[field]);
}
