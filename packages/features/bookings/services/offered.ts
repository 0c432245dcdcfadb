import type { Interval } from "@calsync/types";
import {
  bookableRange,
  findSlots,
  type Slot,
  type SlotRules,
  type TakenTime,
} from "../availability/find-slots.ts";
import type { ScheduleHours } from "../availability/open-hours.ts";
import { findOccupied, type OccupiedTime, type Sql } from "../repositories/BookingRepository.ts";
import type { BookableEventType } from "../repositories/EventTypeRepository.ts";

/**
 * When a user's connected calendars are busy, and how fresh that knowledge is. `except`: the times of bookings that are to be
 * moved, whose own events do not count.
 */
export type BusyLookup = (
  userId: number,
  range: Interval,
  except?: readonly Interval[],
) => Promise<{
  intervals: Interval[];
  /** Hours in which the user can be booked beside those of the schedule. */
  open?: Interval[];
  freshness: {
    name: string;
    lastPulledAt: Date | null;
    source: "mirror" | "live" | "unreadable";
    ok: boolean;
  }[];
  /** A calendar cannot be read, and the host wants nothing to be booked then. */
  closed: boolean;
}>;

const MINUTE_MS = 60_000;

/** What to look for. */
export interface OfferQuery {
  target: BookableEventType;
  /** Slots start in it. */
  range: Interval;
  now: Date;
  /** A booking that is to be moved: its own time does not count as taken, and a slot is as long as it. */
  moving?:
    | {
        bookingId: number;
        start: Date;
        end: Date;
        durationMinutes: number;
        /** Further bookings that move along, and when they are now: other occurrences of its series. */
        alsoMoving?: readonly (Interval & { bookingId: number })[];
      }
    | undefined;
}

/** A booking as the one that is to be moved. */
export function movingOf(booking: {
  id: number;
  startTime: Date;
  endTime: Date;
}): NonNullable<OfferQuery["moving"]> {
  const durationMinutes = (booking.endTime.getTime() - booking.startTime.getTime()) / MINUTE_MS;
  return { bookingId: booking.id, start: booking.startTime, end: booking.endTime, durationMinutes };
}

/** Slots with what they were found from. */
export interface Offer {
  slots: Slot[];
  /** The hours that they were found in. */
  schedule: ScheduleHours | null;
  freshness: Awaited<ReturnType<BusyLookup>>["freshness"];
  /** Nothing is offered, because one of the host's calendars cannot be read. */
  closed: boolean;
}

/** The slots that are offered now, from the database and the host's calendars. */
export async function findOffered(sql: Sql, busy: BusyLookup, query: OfferQuery): Promise<Offer> {
  const { target, range, now, moving } = query;
  const rules = rulesOf(query);
  const reach = {
    start: new Date(range.start.getTime() - rules.bufferBeforeMinutes * MINUTE_MS),
    end: new Date(range.end.getTime() + (rules.durationMinutes + rules.bufferAfterMinutes) * MINUTE_MS),
  };
  const [occupied, { intervals, open, freshness, closed }] = await Promise.all([
    findOccupied(sql, target.host.id, reach),
    busy(target.host.id, reach, moving ? [moving, ...(moving.alsoMoving ?? [])] : []),
  ]);
  const schedule = target.schedule && withHours(target.schedule, open);
  if (!schedule || closed) return { slots: [], schedule, freshness, closed };
  const leaving = new Set(moving?.alsoMoving?.map(({ bookingId }) => bookingId)).add(moving?.bookingId ?? -1);
  const taken = occupied.filter(({ id }) => !leaving.has(id)).map(toTaken(target.eventType.id));
  return {
    slots: findSlots({ schedule, rules, range, now, busy: intervals, taken }),
    schedule,
    freshness,
    closed,
  };
}

/**
 * The slots of the range from which several appointments are free together. Only the first of them has to lie within the days
 * that are open for booking; a series reaches beyond them by its nature.
 * @param startsFrom the starts of all appointments when one of them is at this slot; in order, at least one
 */
export async function findOfferedTogether(
  sql: Sql,
  busy: BusyLookup,
  query: OfferQuery,
  startsFrom: (slot: Date) => readonly Date[],
): Promise<Offer> {
  const { target, range, now } = query;
  const [first = range.start] = startsFrom(range.start);
  const last = startsFrom(range.end).at(-1) ?? range.end;
  const reach = {
    start: new Date(Math.min(first.getTime(), range.start.getTime())),
    end: new Date(Math.max(last.getTime(), range.end.getTime()) + 1),
  };
  const offer = await findOffered(sql, busy, { ...query, target: farAhead(target), range: reach });
  const { schedule } = target;
  if (!schedule) return offer;
  const open = bookableRange({ range, rules: rulesOf(query), schedule, now });
  const free = new Set(offer.slots.map(({ start }) => start.getTime()));
  const slots = offer.slots.filter(({ start }) => {
    if (start < range.start || start >= range.end) return false;
    const starts = startsFrom(start);
    return (starts[0]?.getTime() ?? 0) < open.end && starts.every((one) => free.has(one.getTime()));
  });
  return { ...offer, slots };
}

/** The event type without its last bookable day. */
export function farAhead(target: BookableEventType): BookableEventType {
  return { ...target, eventType: { ...target.eventType, maximumDaysAhead: 36_600 } };
}

/** Whether a start would be offered if nothing else were in the way: tells "taken" from "never offered". */
export function isOfferedWhenFree(query: Omit<OfferQuery, "range"> & { start: Date }): boolean {
  const { schedule } = query.target;
  if (!schedule) return false;
  const range = oneStart(query.start);
  const slots = findSlots({ schedule, rules: rulesOf(query), range, now: query.now, busy: [], taken: [] });
  return slots.length > 0;
}

function withHours(schedule: ScheduleHours, open: readonly Interval[] | undefined): ScheduleHours {
  if (!open || open.length === 0) return schedule;
  const extra = open.map(({ start, end }) => ({ start: start.getTime(), end: end.getTime() }));
  return { ...schedule, extra };
}

/** The range that holds one start and no other. */
export function oneStart(start: Date): Interval {
  return { start, end: new Date(start.getTime() + 1) };
}

function rulesOf({ target, moving }: Omit<OfferQuery, "range">): SlotRules {
  const { eventType } = target;
  if (!moving) return eventType;
  // The grid stays the event type's own when the host has made the appointment longer.
  const slotIntervalMinutes = eventType.slotIntervalMinutes ?? eventType.durationMinutes;
  return { ...eventType, slotIntervalMinutes, durationMinutes: moving.durationMinutes };
}

function toTaken(eventTypeId: number) {
  return (booking: OccupiedTime): TakenTime => ({
    start: booking.startTime,
    end: booking.endTime,
    occupied: { start: booking.occupiedStart, end: booking.occupiedEnd },
    seatsLeft:
      booking.seats > 1 && booking.eventTypeId === eventTypeId ? booking.seats - booking.seatsTaken : 0,
  });
}
