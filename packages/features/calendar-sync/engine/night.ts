import { toInterval } from "./busy-times.ts";

const HOUR_MS = 3_600_000;
/** The doctor comes between one and five in the morning. */
const FROM_HOUR = 1;
const HOURS = 4;

/**
 * When a calendar is looked at next: in a night of its host's, about `nights` nights from `now`. The number varies by a quarter to
 * either side, so that calendars which were connected on one day do not stay together.
 * @param random two numbers from 0 to below 1: for the night and for the hour
 */
export function nightAfter(
  now: Date,
  nights: number,
  timeZone: string,
  random: readonly [number, number],
): Date {
  const wait = Math.max(1, Math.round(nights * (0.75 + random[0] / 2)));
  const today = new Intl.DateTimeFormat("en-CA", { timeZone }).format(now);
  const day = new Date(Date.parse(today) + wait * 24 * HOUR_MS).toISOString().slice(0, 10);
  const midnight = toInterval({ allDay: true, start: day, end: day }, timeZone).start;
  return new Date(midnight.getTime() + (FROM_HOUR + random[1] * HOURS) * HOUR_MS);
}
