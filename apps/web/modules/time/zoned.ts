import { Temporal } from "temporal-polyfill";

/** The instant at which a day begins in a zone; where midnight is skipped, the first moment after it. */
export function startOfDay(date: string, timeZone: string): string {
  return iso(Temporal.PlainDate.from(date).toZonedDateTime(timeZone));
}

/**
 * The instant at which clocks in a zone show a date and time, as an `<input type="datetime-local">` gives it
 * (`2026-06-03T09:00`). A time that is skipped in spring becomes the one an hour later, one that happens twice its first.
 * @returns null when the text is no date and time
 */
export function instantOf(local: string, timeZone: string): string | null {
  try {
    return iso(Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone));
  } catch {
    return null;
  }
}

function iso(zoned: { epochMilliseconds: number }): string {
  return new Date(zoned.epochMilliseconds).toISOString();
}
