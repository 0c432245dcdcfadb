import type { EventTime } from "@calsync/types";
import type { DateTimeTimeZone, Event } from "@microsoft/microsoft-graph-types";
import { Temporal } from "temporal-polyfill";
import { fromGraphZone, toGraphZone } from "./zones.ts";

/** Graph's start and end as a write carries them. */
export interface GraphTimes {
  start: DateTimeTimeZone;
  end: DateTimeTimeZone;
  isAllDay: boolean;
}

/**
 * When an event takes place; null when it cannot be read. Graph gives wall times without an offset, in the zone that stands
 * beside them (UTC unless asked otherwise); all-day events are midnight to midnight in whatever zone, and so are days without one.
 */
export function toEventTime(event: Event): EventTime | null {
  const { start, end } = event;
  if (event.isAllDay) {
    const first = toDay(start?.dateTime);
    if (!first) return null;
    const last = toDay(end?.dateTime);
    return { allDay: true, start: first, end: last && last > first ? last : nextDay(first) };
  }
  const from = toInstant(start);
  if (!from) return null;
  const to = toInstant(end);
  return { allDay: false, start: from, end: to && to > from ? to : from, timeZone: zoneOf(event) };
}

/** The zone that an event was made in, and in which its series repeats; UTC where Graph tells none that is known. */
function zoneOf(event: Event): string {
  return (
    fromGraphZone(event.originalStartTimeZone) ??
    fromGraphZone(event.recurrence?.range?.recurrenceTimeZone) ??
    "UTC"
  );
}

/**
 * Our time as Graph's. An hour that the clocks go through twice has no wall time of its own in its zone: it is given in UTC,
 * so that it does not end up an hour off.
 */
export function fromEventTime(time: EventTime): GraphTimes {
  if (time.allDay) {
    const midnight = (day: string): DateTimeTimeZone => ({ dateTime: `${day}T00:00:00`, timeZone: "UTC" });
    return { start: midnight(time.start), end: midnight(time.end), isAllDay: true };
  }
  const zone = [time.start, time.end].every((at) => isPlain(at, time.timeZone)) ? time.timeZone : "UTC";
  const wall = (instant: string): DateTimeTimeZone => ({
    dateTime: wallTime(instant, zone).toString({ smallestUnit: "second" }),
    timeZone: toGraphZone(zone),
  });
  return { start: wall(time.start), end: wall(time.end), isAllDay: false };
}

/** The start that its series' rule gives an instance: an instant, or a day for an all-day series; null for any other event. */
export function toOriginalStart(event: Event): string | null {
  if (!event.seriesMasterId) return null;
  // An ordinary occurrence of a delta answer comes without it, and stands where its rule has put it.
  if (!event.originalStart) {
    return event.isAllDay ? toDay(event.start?.dateTime) : toInstant(event.start);
  }
  const epochMs = Date.parse(event.originalStart);
  if (Number.isNaN(epochMs)) return null;
  const instant = new Date(epochMs).toISOString();
  if (!event.isAllDay) return instant;
  // The day's midnight in UTC, or in the zone of whoever made it.
  if (instant.endsWith("T00:00:00.000Z")) return instant.slice(0, 10);
  return wallTime(instant, zoneOf(event)).toPlainDate().toString();
}

/** The original start of a series' occurrence on a day of its zone. @returns null when the series has no readable time */
export function originalStartOn(day: string, series: EventTime): string | null {
  const date = toDay(day);
  if (!date || series.allDay) return date;
  const at = wallTime(series.start, series.timeZone).toPlainTime();
  const { epochMilliseconds } = Temporal.PlainDate.from(date).toZonedDateTime({
    timeZone: series.timeZone,
    plainTime: at,
  });
  return new Date(epochMilliseconds).toISOString();
}

/** The wall time of an instant in a zone. */
export function wallTime(instant: string, zone: string): Temporal.PlainDateTime {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
}

/** Whether the wall time of the instant in this zone leads back to it. */
function isPlain(instant: string, zone: string): boolean {
  const { epochMilliseconds } = wallTime(instant, zone).toZonedDateTime(zone);
  return epochMilliseconds === Date.parse(instant);
}

function toInstant(time: DateTimeTimeZone | null | undefined): string | null {
  if (!time?.dateTime) return null;
  try {
    const zone = fromGraphZone(time.timeZone) ?? "UTC";
    const { epochMilliseconds } = Temporal.PlainDateTime.from(time.dateTime).toZonedDateTime(zone);
    return new Date(epochMilliseconds).toISOString();
  } catch {
    return null;
  }
}

function toDay(dateTime: string | null | undefined): string | null {
  try {
    return Temporal.PlainDate.from((dateTime ?? "").slice(0, 10)).toString();
  } catch {
    return null;
  }
}

function nextDay(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}
