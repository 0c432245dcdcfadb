import { expand, type IcsEvent, RecurrenceError, splitThisAndFuture } from "@calsync/icalendar";
import type { Interval } from "@calsync/types";

/** One of the VEVENTs that share a UID, with the row that it is kept in. */
export interface GroupMember {
  id: string;
  event: IcsEvent;
  /** Zone in which its whole days begin and end. */
  timeZone: string;
  /** It counts, and does not only belong to an import that is not applied yet. */
  current: boolean;
}

/** A stretch in which an event takes place. */
export interface EventSpan extends Interval {
  /** The row of the event that it belongs to. */
  id: string;
  /** The event leaves its owner free. */
  free: boolean;
}

/** What the events of one UID come to in a window. */
export interface GroupSpans {
  /** Cancelled and declined events, and those without a length, have none. */
  spans: EventSpan[];
  /** Rows that may take place beyond the window too. */
  goingOn: string[];
  /** Events whose rule cannot be followed: they stand at their first occurrence only. */
  unfollowed: GroupMember[];
  /** Changes of all later occurrences that cannot be followed: they count for none. */
  unsplit: GroupMember[];
}

/** Most occurrences of one series in a window; an hourly one over two years has fewer. */
const MAX_OCCURRENCES = 20_000;

/**
 * When the events of one UID take place: a series without the occurrences that have VEVENTs of their own, and these where
 * they say. A series that is cancelled as a whole takes along those of its occurrences that are not of a later version.
 *
 * @param own addresses of the calendar's owner, in lower case: what they have declined does not take place for them
 * @param maxOccurrences of one series in the window; one with more cannot be followed
 */
export function spansOf(
  group: readonly GroupMember[],
  window: Interval,
  own: ReadonlySet<string> = new Set(),
  maxOccurrences = MAX_OCCURRENCES,
): GroupSpans {
  const found: GroupSpans = { spans: [], goingOn: [], unfollowed: [], unsplit: [] };
  const limits = { window, maxOccurrences };
  const master = group.find(({ event }) => event.recurrenceId === null);
  const exceptions = group.filter(
    ({ event }) =>
      event.recurrenceId !== null &&
      !(master?.event.status === "cancelled" && event.sequence <= master.event.sequence),
  );
  const rowOf = new Map(exceptions.map((one) => [one.event, one]));
  if (!master) {
    for (const one of exceptions) add(found, one, one.event, new Set(), limits, own);
    return found;
  }
  let parts: ReturnType<typeof splitThisAndFuture>;
  try {
    parts = splitThisAndFuture(
      master.event,
      exceptions.map(({ event }) => event),
    );
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error;
    const single = exceptions.filter(({ event }) => !event.thisAndFuture);
    found.unsplit.push(...exceptions.filter(({ event }) => event.thisAndFuture));
    parts = [{ series: master.event, overrides: single.map(({ event }) => event), suffix: "" }];
  }
  for (const { series, overrides, suffix } of parts) {
    const member = exceptions.find(({ event }) => event.thisAndFuture && event.recurrenceId === suffix);
    const excepted = new Set(overrides.flatMap(({ recurrenceId }) => recurrenceId ?? []));
    // What it is cut into has no more occurrences than a series may have.
    const left = { window, maxOccurrences: Math.max(maxOccurrences - found.spans.length, 1) };
    add(found, member ?? master, series, excepted, left, own);
    for (const override of overrides) {
      const row = rowOf.get(override);
      if (row) add(found, row, override, new Set(), limits, own);
    }
  }
  return found;
}

function add(
  found: GroupSpans,
  member: GroupMember,
  event: IcsEvent,
  excepted: ReadonlySet<string>,
  limits: { window: Interval; maxOccurrences: number },
  own: ReadonlySet<string>,
): void {
  const { id, timeZone } = member;
  if (event.status === "cancelled") return;
  if (event.attendees.some(({ email, response }) => response === "declined" && own.has(email.toLowerCase())))
    return;
  const free = event.transparency === "free";
  const options = { ...limits, timeZone };
  let occurrences: ReturnType<typeof expand>;
  try {
    occurrences = expand(event, options);
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error;
    found.unfollowed.push(member);
    occurrences = expand({ ...event, recurrence: null }, options);
  }
  for (const { start, end, originalStart } of occurrences) {
    if (start < end && !excepted.has(originalStart)) found.spans.push({ id, start, end, free });
  }
  if (goesOn(event, limits.window.end)) found.goingOn.push(id);
}

function goesOn({ time, recurrence }: IcsEvent, until: Date): boolean {
  if (new Date(time.end) > until) return true;
  return (recurrence ?? []).some((line) => {
    if (/^RDATE/i.test(line)) return true;
    if (!/^RRULE/i.test(line)) return false;
    const [, year, month, day] = /UNTIL=(\d{4})(\d{2})(\d{2})/i.exec(line) ?? [];
    return year === undefined || `${year}-${month}-${day}` > until.toISOString().slice(0, 10);
  });
}
