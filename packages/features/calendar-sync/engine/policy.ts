import { SNAPSHOT_FIELDS, type SnapshotField } from "./snapshot.ts";

/** Who wins when both sides changed the same field; "ask" leaves both as they are until the host has chosen. */
export type ConflictRule = "last-write-wins" | "calendar-wins" | "booking-wins" | "ask";

/** What a host wants sync to do with one calendar. */
export interface SyncPolicy {
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  conflict: ConflictRule;
  /** The fields that bookings take over from their events. */
  fields: readonly SnapshotField[];
  /** A move to a time outside the host's hours: done and told, or held until the host says so. */
  outsideHours: "apply" | "hold";
  /** A move onto another booking or a busy time, likewise. */
  overlap: "apply" | "hold";
  /** What becomes of a booking that all of its attendees have declined. */
  allDeclined: "keep" | "cancel";
  /** What becomes of a booking whose event the host has declined. */
  hostDeclined: "keep" | "cancel";
  /** A pull that would cancel or move more bookings than this asks first; 0 asks always, null never. */
  massChangeLimit: number | null;
}

/** What holds for a host who has chosen nothing. */
export const DEFAULT_POLICY: SyncPolicy = {
  direction: "BOTH",
  conflict: "last-write-wins",
  fields: SNAPSHOT_FIELDS,
  outsideHours: "apply",
  overlap: "apply",
  allDeclined: "keep",
  hostDeclined: "keep",
  massChangeLimit: 10,
};
