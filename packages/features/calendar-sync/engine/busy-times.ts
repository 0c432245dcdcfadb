import type { EventTime, ExternalEvent, Interval } from "@calsync/types";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";

/** An exception to a series: an occurrence that was moved, edited or cancelled, known by its original start. */
export interface SeriesException {
  originalStart: string;
}

/** Most occurrences that one series may have in the mirrored window; what goes beyond is a broken rule. */
const MAX_OCCURRENCES = 5_000;

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
 * @throws Error when the rule cannot be read or never ends inside its limits; the caller sets the event aside.
 */
export function expandSeries(
  event: ExternalEvent,
  exceptions: readonly SeriesException[],
  window: Interval,
  timeZone: string,
): Interval[] {
  const recurrence = event.recurrence ?? [];
  const zone = event.time.allDay ? timeZone : event.time.timeZone;
  const start = event.time.allDay
    ? Temporal.PlainDate.from(event.time.start).toZonedDateTime({ timeZone: zone })
    : Temporal.Instant.from(event.time.start).toZonedDateTimeISO(zone);
  const length = seriesLength(event.time);
  const excluded = new Set(exceptions.map(({ originalStart }) => originalInstant(originalStart, timeZone)));
  for (const line of recurrence.filter((text) => /^EXDATE/i.test(text))) {
    for (const date of datesOf(line, zone)) excluded.add(date.epochMilliseconds);
  }
  const starts = new Map<number, Temporal.ZonedDateTime>([[start.epochMilliseconds, start]]);
  const add = (occurrence: Temporal.ZonedDateTime) => starts.set(occurrence.epochMilliseconds, occurrence);
  for (const line of recurrence.filter((text) => /^RDATE/i.test(text))) datesOf(line, zone).forEach(add);
  // An occurrence that began before the window may reach into it.
  const from = new Date(window.start.getTime() - approximateMs(length));
  for (const line of recurrence.filter((text) => /^RRULE/i.test(text))) {
    const rule = new RRuleTemporal({
      rruleString: line.replace(/^RRULE:/i, ""),
      dtstart: start,
      temporal: Temporal,
    });
    const between = rule.between(from, window.end, true);
    if (between.length > MAX_OCCURRENCES)
      throw new Error(`The series has more than ${MAX_OCCURRENCES} occurrences.`);
    between.forEach(add);
  }
  return [...starts.values()]
    .filter((occurrence) => !excluded.has(occurrence.epochMilliseconds))
    .map((occurrence) => ({
      start: new Date(occurrence.epochMilliseconds),
      // A day that is 23 or 25 hours long stays one day; an hour stays an hour (RFC 5545 §3.8.5.3).
      end: new Date(occurrence.add(length).epochMilliseconds),
    }))
    .filter((busy) => busy.end > window.start && busy.start < window.end)
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}

function seriesLength(time: EventTime): Temporal.Duration {
  if (time.allDay) return Temporal.PlainDate.from(time.start).until(time.end, { largestUnit: "day" });
  return Temporal.Duration.from({ milliseconds: Date.parse(time.end) - Date.parse(time.start) });
}

const approximateMs = (length: Temporal.Duration): number =>
  length.days * 25 * 3_600_000 + length.milliseconds;

/** RDATE and EXDATE values: with a TZID parameter, in UTC, floating (then in the series' zone), or whole days. */
function datesOf(line: string, seriesZone: string): Temporal.ZonedDateTime[] {
  const [head = "", values = ""] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
  const zone = /TZID=([^;:]+)/i.exec(head)?.[1]?.replaceAll('"', "") ?? seriesZone;
  return values.split(",").map((value) => {
    // A period (RDATE;VALUE=PERIOD) counts by its start.
    const text = (value.split("/")[0] ?? "").trim();
    const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(text);
    if (!match) throw new Error("The series has a date that is not in the form of RFC 5545.");
    const [, year, month, day, hour = "00", minute = "00", second = "00", utc] = match;
    const local = Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
    return utc ? local.toZonedDateTime("UTC").withTimeZone(seriesZone) : local.toZonedDateTime(zone);
  });
}

function originalInstant(originalStart: string, timeZone: string): number {
  return originalStart.includes("T")
    ? Date.parse(originalStart)
    : startOfDay(originalStart, timeZone).getTime();
}

function startOfDay(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds);
}
