import { expand, RecurrenceError } from "@calsync/icalendar";
import type { BusyInterval, ExternalEvent, Interval } from "@calsync/types";

/** When events of one calendar make its owner busy in a range: merged, sorted, cut to it. */
export function busyOf(
  calendarId: string,
  events: readonly ExternalEvent[],
  range: Interval,
): BusyInterval[] {
  const exceptions = Map.groupBy(events, ({ seriesId }) => seriesId);
  const busy = events.flatMap((event) => {
    if (event.status === "cancelled" || event.transparency === "free" || event.selfResponse === "declined")
      return [];
    const taken = new Set(exceptions.get(event.id)?.map(({ originalStart }) => originalStart));
    return occurrencesOf(event, range).filter(({ originalStart }) => !taken.has(originalStart));
  });
  const merged: BusyInterval[] = [];
  for (const { start, end } of busy.sort((a, b) => a.start.getTime() - b.start.getTime())) {
    const from = new Date(Math.max(start.getTime(), range.start.getTime()));
    const to = new Date(Math.min(end.getTime(), range.end.getTime()));
    if (from >= to) continue;
    const last = merged.at(-1);
    if (last && from <= last.end) last.end = new Date(Math.max(last.end.getTime(), to.getTime()));
    else merged.push({ calendarId, start: from, end: to });
  }
  return merged;
}

/** A rule that cannot be followed blocks its first occurrence at least. */
function occurrencesOf(event: ExternalEvent, window: Interval) {
  const options = { window, timeZone: "UTC" };
  try {
    return expand(event, options);
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error;
    return expand({ ...event, recurrence: null }, options);
  }
}
