import { Temporal } from "temporal-polyfill";
import { mergeSpans, type Span } from "./span.ts";

/** Hours of one day, in minutes after midnight on the wall clock; `endMinute` is exclusive and may be 1440. */
export interface DayHours {
  startMinute: number;
  endMinute: number;
}

/** When a host can be booked, on the wall clock of one zone. */
export interface ScheduleHours {
  /** IANA zone of all hours and dates here. */
  timeZone: string;
  /** `days` are ISO weekdays, 1 = Monday … 7 = Sunday. */
  weekly: readonly (DayHours & { days: readonly number[] })[];
  /** Replace the weekly hours of their date (`yyyy-mm-dd`). A date whose hours are all empty is closed. */
  overrides: readonly (DayHours & { date: string })[];
  /** Stretches beside these hours, also on closed dates; starts there lie on a grid that begins with each of them. */
  extra?: readonly Span[];
}

/** The open hours of a range of days as instants. */
export interface OpenHours {
  /** Stretches in which a slot may lie; hours that touch, also across midnight, are one stretch. */
  open: Span[];
  /** Instants at which a slot may start, ascending. */
  starts: number[];
}

const MINUTE_MS = 60_000;

/**
 * Lays a schedule out on the time line. A moment is open exactly when the wall clock then shows an open time: hours that a
 * change to summer time skips do not exist, and those that it repeats are open twice. Starts lie on a grid that begins with
 * each stretch of hours of a day, on the wall clock, so that they do not depend on what range was asked for.
 *
 * @param range starts lie in it; `open` reaches `reachMs` further, for slots that end after it
 * @param stepMinutes distance between starts
 */
export function openHours(
  schedule: ScheduleHours,
  range: Span,
  stepMinutes: number,
  reachMs: number,
): OpenHours {
  const open: Span[] = [];
  const starts: number[] = [];
  if (range.end <= range.start) return { open, starts };
  const overrides = overridesByDate(schedule);
  const last = dateAt(range.end + reachMs, schedule.timeZone);
  let date = dateAt(range.start, schedule.timeZone);
  let midnight = midnightOf(date, schedule.timeZone);
  while (Temporal.PlainDate.compare(date, last) <= 0) {
    const nextDate = date.add({ days: 1 });
    const nextMidnight = midnightOf(nextDate, schedule.timeZone);
    const hours = hoursOf(schedule, overrides, date);
    if (hours.length > 0) {
      const wallMidnight = Date.UTC(date.year, date.month - 1, date.day);
      for (const segment of segmentsOf(midnight, nextMidnight)) {
        for (const { start, end } of hours) {
          const from = wallMidnight + start * MINUTE_MS - segment.offsetMs;
          const to = wallMidnight + end * MINUTE_MS - segment.offsetMs;
          open.push({ start: Math.max(from, segment.start), end: Math.min(to, segment.end) });
          for (let at = from; at < to; at += stepMinutes * MINUTE_MS) {
            if (at >= segment.start && at < segment.end && at >= range.start && at < range.end)
              starts.push(at);
          }
        }
      }
    }
    date = nextDate;
    midnight = nextMidnight;
  }
  const scheduled = mergeSpans(open);
  const { extra = [] } = schedule;
  if (extra.length === 0) return { open: scheduled, starts };
  return {
    open: mergeSpans([...scheduled, ...extra]),
    starts: [...new Set([...starts, ...extraStarts(extra, scheduled, range, stepMinutes)])].sort(
      (a, b) => a - b,
    ),
  };
}

/** Starts outside of the scheduled hours, which have a grid of their own. */
function extraStarts(
  extra: readonly Span[],
  scheduled: readonly Span[],
  range: Span,
  stepMinutes: number,
): number[] {
  const stepMs = stepMinutes * MINUTE_MS;
  const starts: number[] = [];
  for (const { start, end } of extra) {
    // What lies before the range is stepped over, not walked.
    const first = start + Math.max(0, Math.ceil((range.start - start) / stepMs)) * stepMs;
    for (let at = first; at < Math.min(end, range.end); at += stepMs) {
      if (!scheduled.some((hours) => hours.start <= at && at < hours.end)) starts.push(at);
    }
  }
  return starts;
}

function overridesByDate(schedule: ScheduleHours): Map<string, DayHours[]> {
  const byDate = new Map<string, DayHours[]>();
  for (const override of schedule.overrides) {
    const hours = byDate.get(override.date);
    if (hours) hours.push(override);
    else byDate.set(override.date, [override]);
  }
  return byDate;
}

/** The open stretches of a date in minutes after midnight, merged. */
function hoursOf(
  schedule: ScheduleHours,
  overrides: Map<string, readonly DayHours[]>,
  date: Temporal.PlainDate,
): Span[] {
  const hours =
    overrides.get(date.toString()) ?? schedule.weekly.filter(({ days }) => days.includes(date.dayOfWeek));
  return mergeSpans(hours.map(({ startMinute, endMinute }) => ({ start: startMinute, end: endMinute })));
}

/** The stretches of a day between changes of the zone's offset; nearly always one. */
function segmentsOf(
  midnight: Temporal.ZonedDateTime,
  nextMidnight: Temporal.ZonedDateTime,
): (Span & { offsetMs: number })[] {
  const end = nextMidnight.epochMilliseconds;
  const segments: (Span & { offsetMs: number })[] = [];
  let from = midnight;
  while (from.epochMilliseconds < end) {
    const same = from.offsetNanoseconds === nextMidnight.offsetNanoseconds;
    const change = same ? null : from.getTimeZoneTransition("next");
    const to = change && change.epochMilliseconds < end ? change : nextMidnight;
    segments.push({
      start: from.epochMilliseconds,
      end: to.epochMilliseconds,
      offsetMs: from.offsetNanoseconds / 1e6,
    });
    from = to;
  }
  return segments;
}

/** The first moment of a date, which is not 00:00 where a change of the clock skips that. */
function midnightOf(date: Temporal.PlainDate, timeZone: string): Temporal.ZonedDateTime {
  return date.toZonedDateTime({ timeZone });
}

function dateAt(epochMs: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toPlainDate();
}
