import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import type { SnapshotField } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";

/** What is known of a time that a booking is to be moved to. */
export interface TimeFacts {
  /** The time does not lie inside the host's hours. */
  outsideHours: boolean;
  /** The host's connected calendars hold something else then. */
  busy: boolean;
  /** Uids of other bookings of the host that the time overlaps. */
  overlaps: readonly string[];
}

/** Why a change waits for its host. */
export type HoldKind = "FIELDS" | "DELETED" | "CANCELLED" | "OUTSIDE_HOURS" | "OVERLAP";

/** A change that waits for its host. */
export interface PlannedHold {
  kind: HoldKind;
  reason: ReasonCode;
  /** The fields that are asked about. */
  fields: readonly SnapshotField[];
  /** What both sides last agreed on; null when they never did. */
  base: SyncedState | null;
}

/** What speaks against a time. */
export interface TimeObjection {
  kind: "OUTSIDE_HOURS" | "OVERLAP";
  reason: ReasonCode;
  /** Whether the host wants to be asked first; else it is done and told. */
  hold: boolean;
}

/**
 * What speaks against moving a booking to a time that the host chose in their calendar; null when nothing does, or nothing is
 * known. What is to be asked about comes before what is only told.
 */
export function timeObjection(
  facts: TimeFacts | undefined,
  policy: Pick<SyncPolicy, "outsideHours" | "overlap">,
): TimeObjection | null {
  if (!facts) return null;
  const found: TimeObjection[] = [];
  if (facts.busy || facts.overlaps.length > 0) {
    const hold = policy.overlap === "hold";
    found.push({ kind: "OVERLAP", reason: hold ? "held-overlapping" : "applied-overlapping", hold });
  }
  if (facts.outsideHours) {
    const hold = policy.outsideHours === "hold";
    found.push({
      kind: "OUTSIDE_HOURS",
      reason: hold ? "held-outside-hours" : "applied-outside-hours",
      hold,
    });
  }
  return found.find(({ hold }) => hold) ?? found[0] ?? null;
}

/** Where changes of a pull stand that would cancel or move bookings. */
export type MassVerdict =
  /** Carry them out. */
  | "apply"
  /** Put them by until the listing is complete and can be counted. */
  | "stage"
  /** More than the host allows: put them by, and ask. */
  | "ask";

/**
 * Decides about the changes of one page that would cancel or move bookings (invariant 7).
 * @param bookings how many bookings the page would cancel or move
 * @param alone whether the page is the whole listing; otherwise the rest has yet to be counted
 * @param waiting whether earlier changes of this calendar wait already: then these join them
 */
export function massVerdict(
  { bookings, alone, waiting }: { bookings: number; alone: boolean; waiting: boolean },
  limit: number | null,
): MassVerdict {
  if (bookings === 0) return "apply";
  if (waiting) return "stage";
  if (limit === null) return "apply";
  if (!alone) return "stage";
  return bookings > limit ? "ask" : "apply";
}
