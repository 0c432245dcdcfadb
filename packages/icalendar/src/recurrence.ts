import type { EventTime, InstantString, Interval } from "@calsync/types";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";

/** One occurrence of a series. */
export interface Occurrence extends Interval {
  /** The start that the rule gives it: an instant, or a day of an all-day series. Names the occurrence for ever. */
  originalStart: InstantString;
}

/** What is needed of an event to expand it. */
export interface RecurringEvent {
  time: EventTime;
  /** RRULE, RDATE and EXDATE lines (RFC 5545 §3.8.5); null or empty for a single event. */
  recurrence: readonly string[] | null;
}

/** Which occurrences are wanted. */
export interface ExpandOptions {
  /** Occurrences that touch this stretch are given. */
  window: Interval;
  /** Zone in which the days of an all-day event begin and end. */
  timeZone: string;
  /** More occurrences than this in the window are taken for a broken rule. */
  maxOccurrences?: number;
}

/** The series cannot be expanded: its rule is broken, or it never ends within our limits. */
export class RecurrenceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RecurrenceError";
  }
}

const DAY_MS = 86_400_000;

/** A time on the wall clock, as the milliseconds of a UTC clock that shows it. */
type Wall = number;

/** Days are nominal (a day of 23 hours is a day), the rest is exact (RFC 5545 §3.3.6). */
interface Length {
  days: number;
  ms: number;
}

/** A rule with COUNT is walked from its start, so that its walk must be longer than any sensible series. */
const MAX_ITERATIONS = 100_000;

/**
 * The occurrences of an event that touch a window, in order. Rules repeat local time: they are worked out on the wall
 * clock and only then become instants, so that a change of clocks moves no appointment. A local time that does not exist
 * is read with the offset before the gap, one that exists twice is the first (RFC 5545 §3.3.5, §3.3.10).
 *
 * Exceptions (moved or cancelled occurrences) are events of their own: leave them out by `originalStart`.
 * @throws RecurrenceError
 */
export function expand(event: RecurringEvent, options: ExpandOptions): Occurrence[] {
  const { window, timeZone, maxOccurrences = 5_000 } = options;
  const { allDay } = event.time;
  const zone = event.time.allDay ? timeZone : event.time.timeZone;
  const lines = event.recurrence ?? [];
  if (lines.length === 0 && !event.time.allDay) return single(event.time, window);
  const first = wallStart(event.time);
  const length = lengthOf(event.time);
  const starts = new Map<Wall, Length>([[first, length]]);
  // Instants differ from wall clocks by less than a day and a half, and an occurrence that began earlier may reach in.
  const from = new Date(window.start.getTime() - (length.days * DAY_MS + length.ms) - 36 * 3_600_000);
  const to = new Date(window.end.getTime() + 36 * 3_600_000);
  for (const line of lines) {
    if (/^RRULE/i.test(line)) {
      for (const wall of ruleStarts(line, first, zone, allDay, from, to, maxOccurrences))
        starts.set(wall, length);
    } else if (/^RDATE/i.test(line)) {
      for (const date of readDates(line, zone)) starts.set(date.wall, date.length ?? length);
    }
  }
  const excluded = new Set<number>();
  for (const line of lines) {
    if (!/^EXDATE/i.test(line)) continue;
    for (const { wall } of readDates(line, zone)) excluded.add(instantOf(wall, zone));
  }
  const occurrences = new Map<number, Occurrence>();
  for (const [wall, own] of starts) {
    const start = instantOf(wall, zone);
    if (excluded.has(start)) continue;
    const end = endOf(wall, start, own, zone);
    const touches = end > window.start.getTime() || (end === start && start >= window.start.getTime());
    if (!touches || start >= window.end.getTime()) continue;
    const text = new Date(allDay ? wall : start).toISOString();
    occurrences.set(start, {
      originalStart: allDay ? text.slice(0, 10) : text,
      start: new Date(start),
      end: new Date(end),
    });
  }
  if (occurrences.size > maxOccurrences) throw tooMany(maxOccurrences);
  return [...occurrences.values()].sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** A single timed event, which needs no clock on the wall. */
function single(time: Exclude<EventTime, { allDay: true }>, window: Interval): Occurrence[] {
  const start = new Date(time.start);
  const end = new Date(time.end);
  const touches = end > window.start || (end.getTime() === start.getTime() && start >= window.start);
  return touches && start < window.end ? [{ originalStart: start.toISOString(), start, end }] : [];
}

/**
 * The occurrences that EXDATE lines take out, as their original starts.
 * @throws RecurrenceError for a date that is none
 */
export function excludedStarts({ time, recurrence }: RecurringEvent): InstantString[] {
  const zone = time.allDay ? "UTC" : time.timeZone;
  const walls = (recurrence ?? [])
    .filter((line) => /^EXDATE/i.test(line))
    .flatMap((line) => readDates(line, zone).map(({ wall }) => wall));
  return walls.map((wall) =>
    time.allDay ? new Date(wall).toISOString().slice(0, 10) : new Date(instantOf(wall, zone)).toISOString(),
  );
}

const tooMany = (limit: number) => new RecurrenceError(`The series has more than ${limit} occurrences.`);

/** The rule's starts on the wall clock. The library is handed a clock without changes (UTC) that shows local time. */
function ruleStarts(
  line: string,
  first: Wall,
  zone: string,
  allDay: boolean,
  from: Date,
  to: Date,
  maxOccurrences: number,
): Wall[] {
  const text = localRule(line.replace(/^RRULE[^:]*:/i, ""), zone, allDay);
  if (leastStarts(text, first, from, to) > maxOccurrences) throw tooMany(maxOccurrences);
  let between: Temporal.ZonedDateTime[];
  try {
    const rule = new RRuleTemporal({
      rruleString: text,
      dtstart: Temporal.Instant.fromEpochMilliseconds(first).toZonedDateTimeISO("UTC"),
      temporal: Temporal,
      cache: false,
      maxIterations: MAX_ITERATIONS,
    });
    between = rule.between(from, to, true) as Temporal.ZonedDateTime[];
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown";
    throw new RecurrenceError(`The rule cannot be read: ${reason}`, { cause: error });
  }
  if (between.length > maxOccurrences) throw tooMany(maxOccurrences);
  return between.map((occurrence) => occurrence.epochMilliseconds);
}

const STEPS_MS: Record<string, number> = { SECONDLY: 1_000, MINUTELY: 60_000, HOURLY: 3_600_000 };

/** How many starts a rule has in the window at least, without working it out: 0 where that cannot be told at once. */
function leastStarts(rule: string, first: Wall, from: Date, to: Date): number {
  const step = STEPS_MS[/FREQ=([A-Z]+)/i.exec(rule)?.[1]?.toUpperCase() ?? ""];
  if (step === undefined || /(^|;)(BY[A-Z]+|COUNT|UNTIL)=/i.test(rule)) return 0;
  const interval = Number(/INTERVAL=(\d+)/i.exec(rule)?.[1] ?? 1);
  return (to.getTime() - Math.max(from.getTime(), first)) / (step * Math.max(interval, 1));
}

/** The rule with its UNTIL on the wall clock of `zone`, shown as UTC. UNTIL is inclusive (RFC 5545 §3.3.10). */
function localRule(rule: string, zone: string, allDay: boolean): string {
  return rule.replace(/UNTIL=([^;]+)/i, (_, value: string) => {
    const match = DATE_VALUE.exec(value.trim());
    if (!match)
      throw new RecurrenceError(`The rule's UNTIL is not a date of RFC 5545: ${value.slice(0, 40)}`);
    let local = toLocal(match);
    const dateOnly = match[4] === undefined;
    if (match[7] && allDay) local = dayOfUtcMidnight(local);
    else if (match[7]) local = local.toZonedDateTime("UTC").withTimeZone(zone).toPlainDateTime();
    // A day as the end of a timed series includes that day, as every client that writes it means.
    if (dateOnly || allDay) local = local.with({ hour: 23, minute: 59, second: 59 });
    return `UNTIL=${local.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")}Z`;
  });
}

/**
 * Outlook ends all-day series with the last day's local midnight in UTC: east of Greenwich that is the evening before.
 * A time such as 23:59:59 is no midnight of any zone and means the day that it stands in.
 */
function dayOfUtcMidnight(utc: Temporal.PlainDateTime): Temporal.PlainDateTime {
  const midnight = utc.second === 0 && utc.minute % 15 === 0 && utc.hour >= 10;
  return midnight ? utc.add({ days: 1 }) : utc;
}

const DATE_VALUE = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/i;

function toLocal(match: RegExpExecArray): Temporal.PlainDateTime {
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = match;
  try {
    // A leap second is the second before it.
    const seconds = second === "60" ? "59" : second;
    return Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${seconds}`, {
      overflow: "reject",
    });
  } catch (error) {
    throw new RecurrenceError(`${year}-${month}-${day} is not a date.`, { cause: error });
  }
}

/** RDATE and EXDATE values: with a TZID, in UTC, floating (then in the series' zone), whole days, or periods. */
function readDates(line: string, seriesZone: string): { wall: Wall; length: Length | null }[] {
  const colon = line.indexOf(":");
  const zone = /TZID=([^;:]+)/i.exec(line.slice(0, colon))?.[1]?.replaceAll('"', "") ?? seriesZone;
  const toWall = (value: string): Wall => {
    const match = DATE_VALUE.exec(value.trim());
    if (!match)
      throw new RecurrenceError(`The series has a date that is not one of RFC 5545: ${value.slice(0, 40)}`);
    const local = toLocal(match);
    const own = match[7] ? "UTC" : zone;
    return wallOf(
      own === seriesZone ? local : local.toZonedDateTime(own).withTimeZone(seriesZone).toPlainDateTime(),
    );
  };
  return line
    .slice(colon + 1)
    .split(",")
    .filter((value) => value.trim() !== "")
    .map((value) => {
      const [start = "", end] = value.split("/");
      const wall = toWall(start);
      if (end === undefined) return { wall, length: null };
      if (/^[+-]?P/i.test(end.trim())) return { wall, length: durationOf(end.trim()) };
      return {
        wall,
        length: { days: 0, ms: instantOf(toWall(end), seriesZone) - instantOf(wall, seriesZone) },
      };
    });
}

function durationOf(text: string): Length {
  const duration = Temporal.Duration.from(text.toUpperCase());
  const { weeks, days, hours, minutes, seconds } = duration;
  return { days: weeks * 7 + days, ms: ((hours * 60 + minutes) * 60 + seconds) * 1_000 };
}

function wallStart(time: EventTime): Wall {
  if (time.allDay) return Date.parse(time.start);
  return wallOf(Temporal.Instant.from(time.start).toZonedDateTimeISO(time.timeZone).toPlainDateTime());
}

/** Days for all-day events; exact time for others (RFC 5545 §3.8.5.3: the same exact length for every instance). */
function lengthOf(time: EventTime): Length {
  const ms = Date.parse(time.end) - Date.parse(time.start);
  return time.allDay ? { days: Math.round(ms / DAY_MS), ms: 0 } : { days: 0, ms };
}

function endOf(wall: Wall, start: number, length: Length, zone: string): number {
  if (length.days === 0) return start + length.ms;
  return instantOf(wall + length.days * DAY_MS, zone) + length.ms;
}

const wallOf = (local: Temporal.PlainDateTime): Wall => local.toZonedDateTime("UTC").epochMilliseconds;

function instantOf(wall: Wall, zone: string): number {
  if (zone === "UTC") return wall;
  const offset = offsetOfDay(Math.floor(wall / DAY_MS), zone);
  if (offset !== null) return wall - offset;
  const local = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO("UTC").toPlainDateTime();
  return local.toZonedDateTime(zone, { disambiguation: "compatible" }).epochMilliseconds;
}

/** Offsets of days on which clocks do not change; most questions are about the same few days of the same few zones. */
const OFFSETS = new Map<string, number | null>();
const MAX_OFFSETS = 20_000;

/** How far the clock is ahead of UTC on a day (counted on the wall), in milliseconds; null when it changes around then. */
function offsetOfDay(day: number, zone: string): number | null {
  const key = `${zone} ${day}`;
  const known = OFFSETS.get(key);
  if (known !== undefined) return known;
  // No zone is more than 15 hours from UTC, so that these two enclose the day wherever it is.
  const [before, after] = [day * DAY_MS - 15 * 3_600_000, (day + 1) * DAY_MS + 15 * 3_600_000].map((at) => {
    const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    return there.offsetNanoseconds / 1e6;
  });
  const offset = before !== undefined && before === after ? before : null;
  if (OFFSETS.size >= MAX_OFFSETS) OFFSETS.clear();
  OFFSETS.set(key, offset);
  return offset;
}
