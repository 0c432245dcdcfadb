import { addDays } from "@calsync/ui";
import { wallClock } from "../time/format.ts";
import { instantOf, startOfDay } from "../time/zoned.ts";

/** A stretch of the calendar: two instants, or whole days (`yyyy-mm-dd`); the end is exclusive. */
export interface Span {
  start: string;
  end: string;
  allDay: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What somebody dropped or drew in the calendar.
 * @param drawn as the calendar writes it: dates for whole days, else local times, with an offset or without one; an end is missing
 * where something was dropped from the strip of whole days into the hours or back
 * @param before the span of what was dropped, whose length is kept when the end is missing; null for something new
 */
export function readSpan(
  drawn: { start: string; end: string; allDay: boolean },
  before: Span | null,
  timeZone: string,
): Span {
  if (drawn.allDay) {
    const start = drawn.start.slice(0, 10);
    const end = drawn.end.slice(0, 10);
    return { start, end: end > start ? end : addDays(start, 1), allDay: true };
  }
  const start = toInstant(drawn.start, timeZone);
  const length = before && !before.allDay ? Date.parse(before.end) - Date.parse(before.start) : HOUR_MS;
  const end = drawn.end ? toInstant(drawn.end, timeZone) : new Date(Date.parse(start) + length).toISOString();
  return { start, end, allDay: false };
}

/** The instants that a span covers: whole days are those of the zone. */
export function instantsOf({ start, end, allDay }: Span, timeZone: string): { start: string; end: string } {
  return allDay ? { start: startOfDay(start, timeZone), end: startOfDay(end, timeZone) } : { start, end };
}

/** The span of something that the API gives by instants; whole days are read in the zone in which it was made. */
export function spanOf(item: { start: string; end: string; allDay: boolean }, timeZone: string): Span {
  if (!item.allDay) return { start: item.start, end: item.end, allDay: false };
  const start = wallClock(item.start, timeZone).date;
  const end = wallClock(item.end, timeZone).date;
  return { start, end: end > start ? end : addDays(start, 1), allDay: true };
}

/** What the fields of a form show: `2026-06-03T09:00` for a time, `2026-06-03` for a day; people read the last day, not the one after. */
export function toFields(span: Span, timeZone: string): { start: string; end: string } {
  if (span.allDay) return { start: span.start, end: addDays(span.end, -1) };
  const local = (instant: string) => {
    const { date, time } = wallClock(instant, timeZone);
    return `${date}T${time}`;
  };
  return { start: local(span.start), end: local(span.end) };
}

/**
 * Reads the fields of a form.
 * @returns the span, or a sentence that says what is wrong
 */
export function fromFields(
  fields: { start: string; end: string; allDay: boolean },
  timeZone: string,
): Span | string {
  if (fields.allDay) {
    const start = fields.start.slice(0, 10);
    const last = fields.end.slice(0, 10);
    if (!start || !last) return "Enter the first and the last day.";
    return last < start
      ? "The last day is before the first."
      : { start, end: addDays(last, 1), allDay: true };
  }
  const start = instantOf(fields.start, timeZone);
  const end = instantOf(fields.end, timeZone);
  if (!start || !end) return "Enter when it begins and when it ends.";
  return end <= start ? "It ends before it begins." : { start, end, allDay: false };
}

function toInstant(text: string, timeZone: string): string {
  if (/(Z|[+-]\d\d:?\d\d)$/.test(text)) return new Date(text).toISOString();
  // A local time of the zone, or the beginning of a day.
  return instantOf(text.length > 10 ? text.slice(0, 16) : `${text}T00:00`, timeZone) ?? text;
}

/**
 * Where a series begins when one of its occurrences goes `from` here `to` there: as far on the clock of the zone, with the new
 * length.
 * @returns null when whole days become hours or back: then the way cannot be told
 */
export function shiftSeries(first: Span, from: Span, to: Span, timeZone: string): Span | null {
  if (first.allDay !== from.allDay || from.allDay !== to.allDay) return null;
  const way = clockMs(to.start, timeZone) - clockMs(from.start, timeZone);
  const moved = new Date(clockMs(first.start, timeZone) + way).toISOString();
  if (to.allDay) {
    const days = (Date.parse(to.end) - Date.parse(to.start)) / DAY_MS;
    return { start: moved.slice(0, 10), end: addDays(moved.slice(0, 10), days), allDay: true };
  }
  const start = instantOf(moved.slice(0, 16), timeZone);
  if (start === null) return null;
  const end = new Date(Date.parse(start) + Date.parse(to.end) - Date.parse(to.start)).toISOString();
  return { start, end, allDay: false };
}

/** What the clock on the wall shows, as a number to reckon with; days are their midnight. */
function clockMs(moment: string, timeZone: string): number {
  if (moment.length === 10) return Date.parse(`${moment}T00:00Z`);
  const { date, time } = wallClock(moment, timeZone);
  return Date.parse(`${date}T${time}Z`);
}

/** The hour that begins next. */
export function nextFullHour(now: Date): Span {
  const start = Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS;
  return {
    start: new Date(start).toISOString(),
    end: new Date(start + HOUR_MS).toISOString(),
    allDay: false,
  };
}
