import type { EventTime } from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { Temporal } from "temporal-polyfill";

type GoogleTime = calendar_v3.Schema$EventDateTime;

const OFFSET = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const knownZones = new Map<string, boolean>();

/**
 * Google's start and end in our shape, or null when they cannot be read. `calendarZone` is the zone of the calendar: it
 * counts where an event carries none, or one that is not of the IANA database.
 */
export function toEventTime(
  start: GoogleTime | undefined,
  end: GoogleTime | undefined,
  calendarZone: string,
): EventTime | null {
  if (start?.date) {
    const first = toDay(start.date);
    if (!first) return null;
    // An end that is missing or not after the start stands for one day.
    const last = end?.date ? toDay(end.date) : null;
    return { allDay: true, start: first, end: last && last > first ? last : nextDay(first) };
  }
  const timeZone = knownZone(start?.timeZone) ?? knownZone(calendarZone) ?? "UTC";
  const from = toInstant(start, timeZone);
  if (!from) return null;
  const to = toInstant(end, knownZone(end?.timeZone) ?? timeZone);
  return { allDay: false, start: from, end: to && to > from ? to : from, timeZone };
}

/** Our time as Google's start and end. Google keeps the zone for showing, and for expanding a series. */
export function fromEventTime(time: EventTime): { start: GoogleTime; end: GoogleTime } {
  if (time.allDay) return { start: { date: time.start }, end: { date: time.end } };
  const { timeZone } = time;
  return { start: { dateTime: time.start, timeZone }, end: { dateTime: time.end, timeZone } };
}

/** `originalStartTime` as our `originalStart`: an instant, or a day; null when there is none. */
export function toOriginalStart(original: GoogleTime | undefined, calendarZone: string): string | null {
  if (original?.date) return toDay(original.date);
  return toInstant(original, knownZone(original?.timeZone) ?? knownZone(calendarZone) ?? "UTC");
}

function toDay(date: string): string | null {
  try {
    return Temporal.PlainDate.from(date).toString();
  } catch {
    return null;
  }
}

function nextDay(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

function toInstant(time: GoogleTime | undefined, timeZone: string): string | null {
  if (!time?.dateTime) return null;
  try {
    const epochMs = OFFSET.test(time.dateTime)
      ? Temporal.Instant.from(time.dateTime).epochMilliseconds
      : Temporal.PlainDateTime.from(time.dateTime).toZonedDateTime(timeZone).epochMilliseconds;
    return new Date(epochMs).toISOString();
  } catch {
    return null;
  }
}

function knownZone(zone: string | null | undefined): string | null {
  if (!zone) return null;
  let known = knownZones.get(zone);
  if (known === undefined) {
    known = isZone(zone);
    knownZones.set(zone, known);
  }
  return known ? zone : null;
}

function isZone(zone: string): boolean {
  // An offset such as `+02:00` passes for a zone in Intl, but is none of the IANA database.
  if (/^[+-]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
