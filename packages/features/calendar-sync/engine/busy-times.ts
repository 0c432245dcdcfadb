import { expand } from "@calsync/icalendar";
import type { EventTime, ExternalEvent, Interval } from "@calsync/types";
import { Temporal } from "temporal-polyfill";

/** An exception to a series: an occurrence that was moved, edited or cancelled, known by its original start. */
export interface SeriesException {
  originalStart: string;
}

/**
 * Whether an event makes its owner busy: not cancelled, not transparent (RFC 5545 TRANSP), not declined by the owner.
 */
export function blocksTime(event: ExternalEvent): boolean {
  return event.status !== "cancelled" && event.transparency === "busy" && event.selfResponse !== "declined";
}

/** The stretch that an event's time covers. All-day events cover their days in `timeZone`. */
export function toInterval(time: EventTime, timeZone: string): Interval {
  if (!time.allDay) return { start: new Date(time.start), end: new Date(time.end) };
  return { start: startOfDay(time.start, timeZone), end: startOfDay(time.end, timeZone) };
}

/**
 * When the occurrences of a series make its owner busy inside `window`, without those that an exception stands for
 * (exceptions are events of their own).
 * @throws RecurrenceError when the rule cannot be read or never ends inside its limits; the caller sets the event aside.
 */
export function expandSeries(
  event: ExternalEvent,
  exceptions: readonly SeriesException[],
  window: Interval,
  timeZone: string,
): Interval[] {
  const excepted = new Set(exceptions.map(({ originalStart }) => nameOf(originalStart)));
  return expand(event, { window, timeZone })
    .filter(({ originalStart }) => !excepted.has(originalStart))
    .map(({ start, end }) => ({ start, end }));
}

/** One spelling per occurrence: a day as it stands, an instant as `toISOString` writes it. */
const nameOf = (originalStart: string): string =>
  originalStart.includes("T") ? new Date(originalStart).toISOString() : originalStart;

function startOfDay(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds);
}
