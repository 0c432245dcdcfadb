import { Temporal } from "temporal-polyfill";

/** `start`, `end` or `originalStartTime` in the API's shape. */
export interface ApiTime {
  date?: string | null;
  dateTime?: string | null;
  timeZone?: string | null;
}

/** A guest in the API's shape. */
export interface ApiAttendee {
  email: string;
  displayName?: string;
  responseStatus?: "needsAction" | "accepted" | "declined" | "tentative";
  self?: boolean;
  organizer?: boolean;
}

/** What the calendar page reads of an event. */
export interface ApiEvent {
  id: string;
  etag?: string;
  status?: "confirmed" | "tentative" | "cancelled";
  summary?: string;
  description?: string;
  location?: string;
  start?: ApiTime;
  end?: ApiTime;
  recurrence?: string[];
  recurringEventId?: string;
  originalStartTime?: ApiTime;
  iCalUID?: string;
  sequence?: number;
  updated?: string;
  transparency?: "opaque" | "transparent";
  visibility?: string;
  guestsCanModify?: boolean;
  locked?: boolean;
  organizer?: { email?: string; self?: boolean };
  attendees?: ApiAttendee[];
  extendedProperties?: { private?: Record<string, string>; shared?: Record<string, string> };
}

/** A start and end: `yyyy-mm-dd` (end exclusive) for an all-day event, otherwise RFC 3339 with an offset. */
export interface Span {
  start: string;
  end: string;
  allDay: boolean;
}

/** The span of an event as the API gave it. */
export function spanOf(event: ApiEvent): Span {
  const { start, end } = event;
  if (start?.date) return { start: start.date, end: end?.date ?? start.date, allDay: true };
  return { start: start?.dateTime ?? "", end: end?.dateTime ?? start?.dateTime ?? "", allDay: false };
}

/**
 * The part of a PATCH body that gives an event this span. Both kinds of time are written, one as null: a patch keeps what it
 * does not name, and an event with a date and a dateTime is refused.
 *
 * @param timeZone the zone the event keeps or gets (IANA).
 */
export function timesBody(span: Span, timeZone: string): { start: ApiTime; end: ApiTime } {
  const time = (value: string): ApiTime =>
    span.allDay ? { date: value, dateTime: null, timeZone: null } : { date: null, dateTime: value, timeZone };
  return { start: time(span.start), end: time(span.end) };
}

/** `yyyy-mm-ddThh:mm` of an instant in a zone, as `datetime-local` inputs want it. */
export function localInput(instant: string, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDateTime().toString({ smallestUnit: "minute" });
}

/** RFC 3339 with offset of a wall-clock time in a zone; a time skipped by daylight saving moves forward. */
export function fromLocalInput(local: string, timeZone: string): string {
  return printZoned(Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone));
}

/** `date` moved by `days`, both `yyyy-mm-dd`. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/**
 * The body that moves a whole series as one of its instances was moved: by the same difference on the wall clock of the
 * series' own zone, with the same new duration. Weekdays named in a weekly rule go along when the day changes.
 *
 * @param master the series, with `recurrence`.
 * @param before the instance's span before the move.
 * @param after the instance's span after it.
 * @param fallbackZone used where neither the series nor the times name a zone.
 */
export function moveSeriesBody(
  master: ApiEvent,
  before: Span,
  after: Span,
  fallbackZone: string,
): { start: ApiTime; end: ApiTime; recurrence?: string[] } {
  const zone = master.start?.timeZone ?? fallbackZone;
  const from = wallClock(before.start, before.allDay, zone);
  const to = wallClock(after.start, after.allDay, zone);
  const difference = from.until(to, { largestUnit: "day" });
  const length = to.until(wallClock(after.end, after.allDay, zone), { largestUnit: "day" });

  const masterSpan = spanOf(master);
  const start = wallClock(masterSpan.start, masterSpan.allDay, zone).add(difference);
  const end = start.add(length);
  const print = (time: Temporal.PlainDateTime) =>
    after.allDay ? time.toPlainDate().toString() : printZoned(time.toZonedDateTime(zone));
  const days = from.toPlainDate().until(to.toPlainDate(), { largestUnit: "day" }).days;
  const recurrence = rotateWeekdays(master.recurrence ?? [], days);
  return {
    ...timesBody({ start: print(start), end: print(end), allDay: after.allDay }, zone),
    ...(recurrence ? { recurrence } : {}),
  };
}

/** Lines of a recurrence as a person types them: a line without a property name is a rule. Empty when there are none. */
export function parseRecurrence(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => (/^(RRULE|EXRULE|RDATE|EXDATE)[:;]/i.test(line) ? line : `RRULE:${line}`));
}

/** Addresses as a person types them, separated by commas, semicolons, blanks or lines; each once, in lower case. */
export function parseGuests(text: string): string[] {
  const found = text
    .split(/[\s,;]+/)
    .map((address) => address.trim().toLowerCase())
    .filter((address) => address !== "");
  return [...new Set(found)];
}

/** Whether the event came from an app: apps keep their own marks in private extended properties. */
export function hasPrivateProperties(event: ApiEvent): boolean {
  return Object.keys(event.extendedProperties?.private ?? {}).length > 0;
}

const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

function rotateWeekdays(recurrence: string[], days: number): string[] | null {
  const shift = ((days % 7) + 7) % 7;
  if (shift === 0) return null;
  let changed = false;
  const lines = recurrence.map((line) => {
    if (!/^RRULE[:;]/i.test(line) || !/FREQ=WEEKLY/i.test(line)) return line;
    return line.replace(/BYDAY=([A-Z,]+)/i, (_match, list: string) => {
      changed = true;
      const moved = list.split(",").map((day) => {
        const index = WEEKDAYS.indexOf(day.toUpperCase());
        return WEEKDAYS[(index + shift) % 7] ?? day;
      });
      return `BYDAY=${moved.join(",")}`;
    });
  });
  return changed ? lines : null;
}

function wallClock(value: string, allDay: boolean, timeZone: string): Temporal.PlainDateTime {
  return allDay ? Temporal.PlainDate.from(value).toPlainDateTime() : zoned(value, timeZone).toPlainDateTime();
}

function zoned(instant: string, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);
}

function printZoned(time: Temporal.ZonedDateTime): string {
  return time.toString({ timeZoneName: "never", smallestUnit: "second" });
}
