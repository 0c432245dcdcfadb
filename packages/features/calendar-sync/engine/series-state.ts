import { cutAfter, describeSlots, ruleChange, shiftSlots, slotsOf, timeAt } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import { type EventSnapshot, sameStretch } from "./snapshot.ts";
import type { SeriesSnapshot, SyncedSeries, SyncedState } from "./synced-state.ts";

/** What both sides agree on about the occurrence at `slot` while it does not differ from its series. */
export function stateAt({ local, remote, ...rest }: SyncedSeries, slot: string): SyncedState {
  return { ...rest, local: occurrenceAt(local, slot), remote: occurrenceAt(remote, slot) };
}

/** The fields of the occurrence at `slot`. */
function occurrenceAt({ recurrence: _recurrence, ...fields }: SeriesSnapshot, slot: string): EventSnapshot {
  return { ...fields, time: timeAt(fields.time, slot) };
}

/** The instance at `slot` as the calendar would list it, did it list instances that do not differ. */
export function instanceAt(series: ExternalEvent, slot: string): ExternalEvent {
  return {
    ...series,
    time: timeAt(series.time, slot),
    // An instance has no version of its own until it differs.
    version: null,
    recurrence: null,
    seriesId: series.id,
    originalStart: slot,
  };
}

/** Names an instance among those of several recurring events. */
export function instanceKey(seriesId: string, slot: string): string {
  return `${seriesId} ${slot}`;
}

/** Whether both give the same occurrences at the same places, whatever else has changed. */
export function sameExpansion(before: SeriesSnapshot, after: SeriesSnapshot): boolean {
  if (ruleChange(before, after) === "same") return true;
  const [a, b] = [slotsOf(before).slots, slotsOf(after).slots];
  return a.length === b.length && a.every((slot, index) => slot === b[index]);
}

/** A series never says more here than what is booked: others are not to be invited to what only its event has. */
export function withoutExtras(
  time: SeriesSnapshot["time"],
  recurrence: readonly string[],
  last: string,
): string[] {
  const { slots } = slotsOf({ time, recurrence });
  return slots.some((slot) => slot > last) ? cutAfter({ time, recurrence }, last) : [...recurrence];
}

/**
 * The lines of a series for the same dates, were its first one not `from` but `time`. An end that is written as a day and hour
 * (UNTIL) may be short of the last of them then, or beyond.
 */
export function linesAt(
  time: SeriesSnapshot["time"],
  from: SeriesSnapshot["time"],
  recurrence: readonly string[],
): string[] {
  if (sameStretch(time, from)) return [...recurrence];
  const slots = shiftSlots(slotsOf({ time: from, recurrence }).slots, from, time);
  const same = slotsOf({ time, recurrence }).slots.join() === slots.join();
  return same || slots.length === 0 ? [...recurrence] : describeSlots(time, slots, recurrence);
}
