import { Temporal } from "temporal-polyfill";

/** Zone of the demo host, of the sandbox's host account, and of the browsers (playwright.config.ts). */
const ZONE = "Europe/Berlin";

const FRIDAY = 5;
const SATURDAY = 6;

/**
 * A day from Monday to Friday, `count` of them from now in {@link ZONE}, as `yyyy-mm-dd`. The demo's own bookings and days off are
 * within the first twelve.
 */
export function workingDay(count: number): string {
  let day = Temporal.Now.plainDateISO(ZONE);
  for (let left = count; left > 0; ) {
    day = day.add({ days: 1 });
    if (day.dayOfWeek < SATURDAY) left -= 1;
  }
  return day.toString();
}

/** As {@link workingDay}, but never a Friday: the day after it is one of the host's as well. */
export function workingDayBeforeAnother(count: number): string {
  const day = workingDay(count);
  return Temporal.PlainDate.from(day).dayOfWeek === FRIDAY ? workingDay(count + 1) : day;
}

/** The day that comes so many days after a day. */
export function dayAfter(day: string, days = 1): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** The day of an instant in {@link ZONE}. */
export function dayOf(instant: Date): string {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(ZONE)
    .toPlainDate()
    .toString();
}

/** The instant of a wall clock time (`10:30`) in {@link ZONE}, as the API and the pages write it. */
export function instantOf(day: string, time: string): string {
  const zoned = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: ZONE, plainTime: time });
  return new Date(zoned.epochMilliseconds).toISOString();
}
