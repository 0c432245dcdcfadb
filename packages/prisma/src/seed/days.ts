import { Temporal } from "temporal-polyfill";

const SATURDAY = 6;

/**
 * The `count`-th day from Monday to Friday after `now` (or before it, for a negative count), as `zone` counts days.
 */
export function weekdayFrom(now: Date, zone: string, count: number): Temporal.PlainDate {
  const step = { days: Math.sign(count) };
  let day = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate();
  for (let left = Math.abs(count); left > 0; ) {
    day = day.add(step);
    if (day.dayOfWeek < SATURDAY) left--;
  }
  return day;
}

/** The instant of a wall clock time ("10:30") on a day in `zone`. */
export function instantOf(day: Temporal.PlainDate, time: string, zone: string): Date {
  return new Date(day.toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds);
}

/** A `date` column's value: midnight UTC of that day. */
export function dateColumn(day: Temporal.PlainDate): Date {
  return new Date(`${day.toString()}T00:00:00Z`);
}
