import type { Interval } from "@calsync/types";
import { findSlots, type Slot, type SlotRules, type TakenTime } from "../availability/find-slots.ts";
import { findOccupied, type OccupiedTime, type Sql } from "../repositories/BookingRepository.ts";
import type { BookableEventType } from "../repositories/EventTypeRepository.ts";

/**
 * When a user's connected calendars are busy, and how fresh that knowledge is. `except`: the time of a booking that is to be
 * moved, whose own events do not count.
 */
export type BusyLookup = (
  userId: number,
  range: Interval,
  except?: Interval,
) => Promise<{
  intervals: Interval[];
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
        /** Further bookings that move along: other occurrences of its series. */
        alsoMoving?: ReadonlySet<number>;
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
  freshness: Awaited<ReturnType<BusyLookup>>["freshness"];
  /** Nothing is offered, because one of the host's calendars cannot be read. */
  closed: boolean;
}

/** The slots that are offered now, from the database and the host's calendars. */
export async function findOffered(sql: Sql, busy: BusyLookup, query: OfferQuery): Promise<Offer> {
  const { target, range, now } = query;
  const rules = rulesOf(query);
  const reach = {
    start: new Date(range.start.getTime() - rules.bufferBeforeMinutes * MINUTE_MS),
    end: new Date(range.end.getTime() + (rules.durationMinutes + rules.bufferAfterMinutes) * MINUTE_MS),
  };
  const [occupied, { intervals, freshness, closed }] = await Promise.all([
    findOccupied(sql, target.host.id, reach),
    busy(target.host.id, reach, query.moving),
  ]);
  if (!target.schedule || closed) return { slots: [], freshness, closed };
  const { moving } = query;
  const taken = occupied
    .filter(({ id }) => id !== moving?.bookingId && !moving?.alsoMoving?.has(id))
    .map(toTaken(target.eventType.id));
  return {
    slots: findSlots({ schedule: target.schedule, rules, range, now, busy: intervals, taken }),
    freshness,
    closed,
  };
}

/** Whether a start would be offered if nothing else were in the way: tells "taken" from "never offered". */
export function isOfferedWhenFree(query: Omit<OfferQuery, "range"> & { start: Date }): boolean {
  const { schedule } = query.target;
  if (!schedule) return false;
  const range = oneStart(query.start);
  const slots = findSlots({ schedule, rules: rulesOf(query), range, now: query.now, busy: [], taken: [] });
  return slots.length > 0;
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
