import type { BusyInterval, Interval } from "@calsync/types";
import type { MemoryCalendarState } from "./calendar-state.ts";
import { expandStarts, instanceTime } from "./recurrence.ts";
import { toInterval, touches } from "./stored-event.ts";

/** When a calendar is busy within the range: what blocks, merged, sorted and cut to the range. */
export function busyIntervals(calendar: MemoryCalendarState, range: Interval): BusyInterval[] {
  const zone = calendar.info.timeZone ?? "UTC";
  const found: Interval[] = [];
  for (const { event } of calendar.events.values()) {
    if (event.status === "cancelled" || event.transparency === "free" || event.selfResponse === "declined") {
      continue;
    }
    if (!event.recurrence) {
      if (touches(event.time, range)) found.push(toInterval(event.time, zone));
      continue;
    }
    const length = Date.parse(event.time.end) - Date.parse(event.time.start);
    const slackMs = event.time.allDay ? 14 * 3_600_000 : 0;
    const from = range.start.getTime() - length - slackMs;
    const exceptions = calendar.exceptions.get(event.id);
    for (const start of expandStarts(event.time, event.recurrence, from, range.end.getTime() + slackMs)) {
      if (!exceptions?.has(start)) found.push(toInterval(instanceTime(event.time, start), zone));
    }
  }
  return merge(found, range).map((interval) => ({ ...interval, calendarId: calendar.info.id }));
}

function merge(intervals: Interval[], range: Interval): Interval[] {
  const merged: Interval[] = [];
  for (const { start, end } of intervals.sort((a, b) => a.start.getTime() - b.start.getTime())) {
    const cut = {
      start: new Date(Math.max(start.getTime(), range.start.getTime())),
      end: new Date(Math.min(end.getTime(), range.end.getTime())),
    };
    if (cut.start >= cut.end) continue;
    const last = merged.at(-1);
    if (last && cut.start <= last.end) {
      if (cut.end > last.end) last.end = cut.end;
    } else {
      merged.push(cut);
    }
  }
  return merged;
}
