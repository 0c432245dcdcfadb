import { CalendarError } from "@calsync/lib";
import type { BusyInterval, Interval } from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";

/** Calendars in one question: `calendarExpansionMax` may be no more. */
export const MAX_CALENDARS = 50;
/** Length of one question. Google refuses too wide a window at about three months, without saying where. */
const MAX_RANGE_MS = 60 * 86_400_000;

/** A range cut into stretches that one question may cover, in order. */
export function splitRange({ start, end }: Interval): Interval[] {
  const parts: Interval[] = [];
  for (let from = start.getTime(); from < end.getTime(); from += MAX_RANGE_MS) {
    parts.push({ start: new Date(from), end: new Date(Math.min(from + MAX_RANGE_MS, end.getTime())) });
  }
  return parts;
}

/**
 * The busy times of an answer for exactly these calendars.
 * @throws CalendarError when Google could not read one of them: its errors come inside a 200.
 */
export function readFreeBusy(
  answer: calendar_v3.Schema$FreeBusyResponse,
  calendarIds: readonly string[],
): BusyInterval[] {
  return calendarIds.flatMap((calendarId) => {
    const calendar = answer.calendars?.[calendarId];
    const reason = calendar?.errors?.[0]?.reason;
    if (!calendar || reason) throw toError(reason ?? "missing");
    return (calendar.busy ?? []).map(({ start, end }) => {
      const interval = { calendarId, start: new Date(start ?? ""), end: new Date(end ?? "") };
      if (Number.isNaN(interval.start.getTime()) || Number.isNaN(interval.end.getTime())) {
        throw toError("unreadable");
      }
      return interval;
    });
  });
}

/** Busy times merged per calendar, sorted by start, cut to the range. */
export function mergeBusy(intervals: readonly BusyInterval[], range: Interval): BusyInterval[] {
  const merged: BusyInterval[] = [];
  const lastOf = new Map<string, BusyInterval>();
  const sorted = intervals.toSorted((a, b) => a.start.getTime() - b.start.getTime());
  for (const { calendarId, start, end } of sorted) {
    const from = new Date(Math.max(start.getTime(), range.start.getTime()));
    const to = new Date(Math.min(end.getTime(), range.end.getTime()));
    if (from >= to) continue;
    const last = lastOf.get(calendarId);
    if (last && from <= last.end) {
      if (to > last.end) last.end = to;
      continue;
    }
    const interval = { calendarId, start: from, end: to };
    lastOf.set(calendarId, interval);
    merged.push(interval);
  }
  return merged;
}

function toError(reason: string): CalendarError {
  const options = { status: 200, providerReason: reason };
  switch (reason) {
    case "notFound":
      return new CalendarError(
        "CALENDAR_NOT_FOUND",
        "Google Calendar: there is no such calendar, or this account cannot see it",
        options,
      );
    case "groupTooBig":
    case "tooManyCalendarsRequested":
      return new CalendarError(
        "INVALID_REQUEST",
        "Google Calendar: too many calendars in one question",
        options,
      );
    default:
      return new CalendarError(
        "CALENDAR_API_ERROR",
        "Google Calendar: the busy times of a calendar could not be read",
        options,
      );
  }
}
