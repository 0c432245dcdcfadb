import type { EventTime, Interval } from "@calsync/types";
import { Temporal } from "temporal-polyfill";

/** How a booking's row holds its time: all-day bookings go from midnight to midnight of their zone. */
export interface RowTime {
  startTime: Date;
  endTime: Date;
  timeZone: string;
  allDay: boolean;
}

/** A row's time in the contract's shape. */
export function toEventTime({ startTime, endTime, timeZone, allDay }: RowTime): EventTime {
  if (!allDay) {
    return { allDay, start: startTime.toISOString(), end: endTime.toISOString(), timeZone };
  }
  return { allDay, start: dayOf(startTime, timeZone), end: dayOf(endTime, timeZone) };
}

/**
 * The contract's shape as instants.
 * @param timeZone where all-day events begin and end; it also stands in for a zone that this runtime does not know
 */
export function toInterval(time: EventTime, timeZone: string): Interval & { timeZone: string } {
  if (!time.allDay) {
    return {
      start: new Date(time.start),
      end: new Date(time.end),
      timeZone: isKnownZone(time.timeZone) ? time.timeZone : timeZone,
    };
  }
  return { start: midnightOf(time.start, timeZone), end: midnightOf(time.end, timeZone), timeZone };
}

function dayOf(date: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(date.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

function midnightOf(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds);
}

/** Asking the runtime costs as much as all else about a time, and a page of changes names few zones. */
const knownZones = new Set<string>();

function isKnownZone(timeZone: string): boolean {
  if (knownZones.has(timeZone)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    knownZones.add(timeZone);
    return true;
  } catch {
    return false;
  }
}
