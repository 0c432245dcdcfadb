import type { BusyInterval, ExternalChange, Interval } from "@calsync/types";
import { expand, RecurrenceError } from "./recurrence.ts";

/**
 * When the events of one calendar make its owner busy: merged, sorted, cut to the range. Free, declined and cancelled
 * events do not count; occurrences that were moved or taken out count where they are now.
 *
 * @param changes everything that the calendar lists; a deletion that names its series is an occurrence taken out
 * @param timeZone zone in which whole days begin and end
 */
export function busyTimes(
  calendarId: string,
  changes: readonly ExternalChange[],
  range: Interval,
  timeZone: string,
): BusyInterval[] {
  const excepted = new Set<string>();
  for (const change of changes) {
    const { seriesId, originalStart } =
      change.type === "upsert" ? change.event : change.type === "delete" ? change : NONE;
    if (seriesId && originalStart) excepted.add(`${seriesId}\n${originalStart}`);
  }
  const busy = changes.flatMap((change) => {
    if (change.type !== "upsert") return [];
    const { event } = change;
    if (event.status === "cancelled" || event.transparency === "free" || event.selfResponse === "declined")
      return [];
    const options = { window: range, timeZone };
    try {
      return expand(event, options).filter(
        ({ originalStart }) => !excepted.has(`${event.id}\n${originalStart}`),
      );
    } catch (error) {
      if (!(error instanceof RecurrenceError)) throw error;
      // A rule that cannot be followed blocks its first occurrence at least.
      return expand({ ...event, recurrence: null }, options);
    }
  });
  return mergeBusy(calendarId, busy, range);
}

const NONE = { seriesId: null, originalStart: null };

/** Times of one calendar as busy times: overlapping and touching ones as one, sorted, cut to the range. */
export function mergeBusy(calendarId: string, intervals: Interval[], range: Interval): BusyInterval[] {
  const merged: BusyInterval[] = [];
  for (const { start, end } of intervals.sort((a, b) => a.start.getTime() - b.start.getTime())) {
    const from = new Date(Math.max(start.getTime(), range.start.getTime()));
    const to = new Date(Math.min(end.getTime(), range.end.getTime()));
    if (from >= to) continue;
    const last = merged.at(-1);
    if (last && from <= last.end) last.end = new Date(Math.max(last.end.getTime(), to.getTime()));
    else merged.push({ calendarId, start: from, end: to });
  }
  return merged;
}
