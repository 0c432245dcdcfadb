import { AppError } from "@calsync/lib";
import type { EventTime, ExternalEvent } from "@calsync/types";
import { expandSeries, toInterval } from "../engine/busy-times.ts";
import type { MirroredRow } from "../repositories/ExternalEditRepository.ts";

/** Which event, or which occurrence of a series, is meant. */
export interface ExternalTarget {
  row: MirroredRow;
  /** How it is known, when it was found by its series: the series' id and the occurrence's original start. */
  seriesId: string | null;
  originalStart: string;
  /** How the event is there, as far as we know; its time is that of the occurrence. Null when it could not be read. */
  event: ExternalEvent | null;
}

/** A single event, a series as a whole, or an exception that is mirrored under an id of its own. */
export function targetOf(row: MirroredRow): ExternalTarget {
  return {
    row,
    seriesId: row.seriesId,
    originalStart: row.seriesId ? row.originalStart : "",
    event: row.snapshot,
  };
}

/**
 * An occurrence that follows its series' rule and so is known by nothing but its start.
 * @param originalStart an instant, or a day of an all-day series
 * @throws AppError not-found `unknown_occurrence`
 */
export function occurrenceOf(series: MirroredRow, originalStart: string): ExternalTarget {
  const time = series.snapshot && occurrenceTime(series.snapshot, originalStart);
  if (!series.snapshot || !time || !occurs(series.snapshot, time, series.timeZone)) {
    throw new AppError("not-found", "unknown_occurrence", "The series has no occurrence at this start.", {
      hint: "Take originalStart from GET /v1/calendar.",
    });
  }
  const event = { ...series.snapshot, time, recurrence: null };
  return { row: series, seriesId: series.externalEventId, originalStart: time.start, event };
}

/** The start by which an occurrence of a series is known, from when it makes its host busy. */
export function originalStartOf(series: ExternalEvent, start: Date, timeZone: string): string {
  if (!series.time.allDay) return start.toISOString();
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(start);
}

/** The time of an occurrence that follows the rule: as long as the first one. */
export function occurrenceTime(series: ExternalEvent, originalStart: string): EventTime | null {
  const start = Date.parse(originalStart);
  const { time } = series;
  if (Number.isNaN(start) || time.allDay === originalStart.includes("T")) return null;
  const end = new Date(start + Date.parse(time.end) - Date.parse(time.start)).toISOString();
  return time.allDay
    ? { allDay: true, start: originalStart, end: end.slice(0, 10) }
    : { allDay: false, start: new Date(start).toISOString(), end, timeZone: time.timeZone };
}

function occurs(series: ExternalEvent, time: EventTime, timeZone: string): boolean {
  const wanted = toInterval(time, timeZone);
  try {
    return expandSeries(series, [], wanted, timeZone).some(
      ({ start }) => start.getTime() === wanted.start.getTime(),
    );
  } catch {
    return false;
  }
}
