import type { DateTimeTimeZone } from "@microsoft/microsoft-graph-types";
import { Temporal } from "temporal-polyfill";
import { badRequest, invalidProperty } from "./errors.ts";
import type { EventSpan } from "./types.ts";
import { instantOf, printLocal, wallClock } from "./zones.ts";

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/i;

/** A `start` or `end` of a request. */
export interface GivenTime {
  dateTime: string;
  timeZone?: string | null | undefined;
}

/**
 * The instant of a query parameter such as `startDateTime`; without an offset it is UTC.
 * @throws GraphApiError 400 when it is no time
 */
export function queryInstant(value: string, name: string): number {
  const hasOffset = /(Z|[+-]\d{2}:\d{2})$/i.test(value) && value.includes("T");
  const ms = INSTANT.test(value) ? Date.parse(hasOffset ? value : toUtc(value)) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw badRequest(
      "ErrorInvalidParameter",
      `The value '${value}' of the parameter '${name}' is not a date and time.`,
    );
  }
  return ms;
}

function toUtc(value: string): string {
  return value.includes("T") ? `${value}Z` : `${value}T00:00:00Z`;
}

/**
 * The span that a request describes, over the one that the event has.
 * @param before the event's present span; null for a new event
 * @throws GraphApiError 400 for a missing or unreadable time, an unknown zone, or an all-day event off midnight
 */
export function readSpan(
  given: {
    start?: GivenTime | null | undefined;
    end?: GivenTime | null | undefined;
    isAllDay?: boolean | null | undefined;
  },
  before: EventSpan | null,
): EventSpan {
  const isAllDay = given.isAllDay ?? before?.isAllDay ?? false;
  const start = given.start ? readTime(given.start, "Start") : keptTime(before, "start");
  const end = given.end ? readTime(given.end, "End") : keptTime(before, "end");
  if (!start || !end) throw invalidProperty("The properties Start and End are required.");
  const span: EventSpan = {
    isAllDay,
    startMs: instantOf(start.local, start.zone),
    endMs: instantOf(end.local, end.zone),
    startZone: start.zone,
    endZone: end.zone,
  };
  if (isAllDay) {
    for (const [name, time] of [
      ["Start", start],
      ["End", end],
    ] as const) {
      if (isMidnight(time.local)) continue;
      throw invalidProperty(`The Event.${name} property for an all-day event needs to be set to midnight.`);
    }
    if (start.zone !== end.zone) {
      throw invalidProperty("The start and end of an all-day event need the same time zone.");
    }
    if (span.endMs <= span.startMs)
      throw invalidProperty("The duration of an all-day event is 24 hours at least.");
  }
  if (span.endMs < span.startMs) throw invalidProperty("The end of an event cannot be before its start.");
  return span;
}

function readTime(given: GivenTime, which: "Start" | "End"): { local: string; zone: string } {
  if (!LOCAL.test(given.dateTime)) {
    throw invalidProperty(`The value '${given.dateTime}' of ${which}.DateTime is not a time without offset.`);
  }
  const zone = given.timeZone || "UTC";
  try {
    // Throws for an unknown zone, too.
    instantOf(given.dateTime, zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidProperty(`The value '${given.dateTime}' of ${which}.DateTime is not a date and time.`);
  }
  return { local: given.dateTime, zone };
}

function keptTime(before: EventSpan | null, which: "start" | "end"): { local: string; zone: string } | null {
  if (!before) return null;
  const zone = which === "start" ? before.startZone : before.endZone;
  const ms = which === "start" ? before.startMs : before.endMs;
  return { local: wallClock(ms, zone).toString(), zone };
}

function isMidnight(local: string): boolean {
  return Temporal.PlainDateTime.from(local).toPlainTime().equals(Temporal.PlainTime.from("00:00"));
}

/**
 * Start and end as the API prints them in the zone that a request prefers. All-day events float: they read midnight to
 * midnight in every zone, and only the label changes.
 */
export function printSpan(span: EventSpan, zone: string): { start: DateTimeTimeZone; end: DateTimeTimeZone } {
  const print = (ms: number, ownZone: string): DateTimeTimeZone => ({
    dateTime: printIn(ms, span.isAllDay ? ownZone : zone),
    timeZone: zone,
  });
  return { start: print(span.startMs, span.startZone), end: print(span.endMs, span.endZone) };
}

function printIn(ms: number, zone: string): string {
  // Most times are read in UTC, for which no calendar arithmetic is needed.
  return zone === "UTC" ? new Date(ms).toISOString().replace("Z", "0000") : printLocal(wallClock(ms, zone));
}
