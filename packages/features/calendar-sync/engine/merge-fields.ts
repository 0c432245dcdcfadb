import type { InstantString } from "@calsync/types";
import { type ClockTrust, calendarChangedLast } from "./clock-compare.ts";
import type { SyncPolicy } from "./policy.ts";
import { type EventSnapshot, type SnapshotField, sameField } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";

/** Both sides of a merge, and what they last agreed on. */
export interface MergeSides {
  base: SyncedState;
  local: EventSnapshot;
  remote: EventSnapshot;
}

/**
 * Which side has changed a field since both agreed on it; "alike" when both say the same now, however they came to it. The
 * one question of every three-way merge: of bookings, and of events that are edited through us.
 */
export function changedBy(
  field: SnapshotField,
  { base, local, remote }: MergeSides,
): "alike" | "nobody" | "local" | "remote" | "both" {
  if (sameField(field, local, remote)) return "alike";
  const here = !sameField(field, local, base.local);
  const there = !sameField(field, remote, base.remote);
  return here && there ? "both" : here ? "local" : there ? "remote" : "nobody";
}

/**
 * Whether the calendar's value counts where both sides changed a field: as the host's rule says, by the clocks when it says
 * nothing ("ask" is the caller's to treat first).
 */
export function calendarPrevails(
  { conflict, direction }: Pick<SyncPolicy, "conflict" | "direction">,
  remoteAt: InstantString,
  localAt: InstantString,
  clock?: ClockTrust,
): boolean {
  if (conflict === "calendar-wins" || direction === "FROM_CALENDAR") return true;
  if (conflict === "booking-wins") return false;
  return calendarChangedLast(remoteAt, localAt, clock);
}
