import { Temporal } from "temporal-polyfill";
import type { IcsEvent } from "./event.ts";
import { expand, RecurrenceError } from "./recurrence.ts";

/** How far ahead occurrences before a split are counted. */
const REACH_YEARS = 50;
/** A series that is cut more often than this was cut by no person; each cut costs a look at all that came before it. */
const MAX_SPLITS = 100;

/**
 * Takes RANGE=THISANDFUTURE apart (RFC 5545 §3.2.13): the series ends before the first override of that kind, and a series of
 * its own goes on from there with the override's time and text. Events without such an override come back as they are.
 *
 * @param master a series
 * @param overrides its overrides, of either kind, in any order
 * @returns series in order of time, each with the overrides that belong to it; `suffix` names all but the first
 * @throws RecurrenceError when it cannot be worked out where the later series begin
 */
export function splitThisAndFuture(
  master: IcsEvent,
  overrides: readonly IcsEvent[],
): { series: IcsEvent; overrides: IcsEvent[]; suffix: string }[] {
  const splits = overrides
    .filter(({ thisAndFuture, recurrenceId }) => thisAndFuture && recurrenceId !== null)
    .sort((a, b) => ((a.recurrenceId ?? "") < (b.recurrenceId ?? "") ? -1 : 1));
  const single = overrides.filter(({ thisAndFuture }) => !thisAndFuture);
  if (splits.length > MAX_SPLITS)
    throw new RecurrenceError(`The series is cut more than ${MAX_SPLITS} times.`);
  if (splits.length === 0 || !master.recurrence) return [{ series: master, overrides: single, suffix: "" }];
  const parts: ReturnType<typeof splitThisAndFuture> = [];
  let from = "";
  let current: IcsEvent = master;
  /** How much later than the master says the current series takes place, in milliseconds. */
  let shiftMs = 0;
  for (const split of [...splits, null]) {
    const to = split?.recurrenceId ?? null;
    const series = to === null ? current : { ...current, recurrence: endedBefore(current, to, shiftMs) };
    const within = ({ recurrenceId }: IcsEvent) =>
      (recurrenceId ?? "") >= from && (to === null || (recurrenceId ?? "") < to);
    parts.push({ series, overrides: single.filter(within), suffix: from });
    if (split && to !== null) {
      current = { ...split, recurrenceId: null, recurrence: continuedFrom(master, split, to) };
      shiftMs = Date.parse(split.time.start) - Date.parse(to);
      from = to;
    }
  }
  return parts;
}

/** The rule with its end just before an occurrence. */
function endedBefore({ recurrence, time }: IcsEvent, originalStart: string, shiftMs: number): string[] {
  const last = new Date(Date.parse(originalStart) + shiftMs - 1_000).toISOString();
  const until = time.allDay
    ? last.slice(0, 10).replaceAll("-", "")
    : `${last.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  return (recurrence ?? []).map((line) =>
    /^RRULE/i.test(line) ? `${line.replaceAll(/;(UNTIL|COUNT)=[^;]*/gi, "")};UNTIL=${until}` : line,
  );
}

/** The rule from an occurrence on: what COUNT has left, an UNTIL as it is. */
function continuedFrom(master: IcsEvent, split: IcsEvent, originalStart: string): string[] {
  const rule = (master.recurrence ?? []).find((line) => /^RRULE/i.test(line));
  if (!rule) return [];
  const moved = shiftDays(rule, master, split);
  const count = /;COUNT=(\d+)/i.exec(rule)?.[1];
  if (count === undefined) return [moved];
  const end = new Date(originalStart);
  const start = new Date(Math.max(end.getTime() - REACH_YEARS * 366 * 86_400_000, 0));
  const before = expand(
    { time: master.time, recurrence: [rule] },
    { window: { start, end }, timeZone: "UTC", maxOccurrences: 50_000 },
  ).filter((occurrence) => occurrence.originalStart < originalStart).length;
  // DTSTART of the continued series is its first occurrence, so at least one is left.
  const left = Math.max(1, Number(count) - before);
  return [moved.replace(/;COUNT=\d+/i, `;COUNT=${left}`)];
}

/** A shift to another weekday moves BYDAY along; other parts of a rule stay as they are. */
function shiftDays(rule: string, { time }: IcsEvent, split: IcsEvent): string {
  const dayOf = (value: string, zone: string) =>
    value.includes("T")
      ? Temporal.Instant.from(value).toZonedDateTimeISO(zone).dayOfWeek
      : Temporal.PlainDate.from(value).dayOfWeek;
  const zone = time.allDay ? "UTC" : time.timeZone;
  const by = dayOf(split.time.start, zone) - dayOf(split.recurrenceId ?? split.time.start, zone);
  if (by === 0) return rule;
  return rule.replace(/BYDAY=([A-Z,]+)/i, (_, days: string) => {
    const moved = days.split(",").map((day) => DAYS[(DAYS.indexOf(day) + by + 7) % 7] ?? day);
    return `BYDAY=${moved.join(",")}`;
  });
}

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
