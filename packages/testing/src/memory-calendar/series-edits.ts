import type { ExternalEvent } from "@calsync/types";
import { expandStarts } from "./recurrence.ts";

const INHERITED = ["title", "description", "location", "transparency", "visibility"] as const;

/** Whether the series' rule gives an instance at this original start. */
export function hasInstance(series: ExternalEvent, originalStart: string): boolean {
  const at = Date.parse(originalStart);
  if (!series.recurrence) return false;
  return expandStarts(series.time, series.recurrence, at, at + 1).includes(originalStart);
}

/**
 * What an exception becomes when its series is changed, as Google does it: it is gone when the rule has no place for it any
 * more, and else follows in the fields that it had not changed itself. Null when nothing changes.
 */
export function alignedException(
  exception: ExternalEvent,
  before: ExternalEvent,
  after: ExternalEvent,
): ExternalEvent | null {
  if (exception.originalStart && !hasInstance(after, exception.originalStart))
    return exception.status === "cancelled" ? null : { ...exception, status: "cancelled" };
  if (exception.status === "cancelled") return null;
  const next: ExternalEvent = { ...exception };
  let changed = false;
  for (const field of INHERITED) {
    if (exception[field] !== before[field] || exception[field] === after[field]) continue;
    Object.assign(next, { [field]: after[field] });
    changed = true;
  }
  return changed ? next : null;
}

/** The lines that end a series before one of its instances: what "this and following" leaves of the old series. */
export function endedBefore(series: ExternalEvent, originalStart: string): string[] {
  const until = series.time.allDay
    ? new Date(Date.parse(originalStart) - 86_400_000).toISOString().slice(0, 10).replaceAll("-", "")
    : `${new Date(Date.parse(originalStart) - 1_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  return (series.recurrence ?? []).map((line) =>
    /^RRULE/.test(line) ? `${line.replace(/;?(COUNT|UNTIL)=[^;]*/g, "")};UNTIL=${until}` : line,
  );
}

/** The lines of the new series: as many occurrences as the old one had from there on. */
export function lastingFrom(series: ExternalEvent, originalStart: string): string[] {
  return (series.recurrence ?? []).map((line) => {
    const count = /COUNT=(\d+)/.exec(line)?.[1];
    if (!/^RRULE/.test(line) || count === undefined) return line;
    const from = Date.parse(series.time.start);
    const gone = expandStarts(series.time, [line], from, Date.parse(originalStart)).length;
    return line.replace(/COUNT=\d+/, `COUNT=${Number(count) - gone}`);
  });
}
