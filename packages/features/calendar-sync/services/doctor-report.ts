import type { ChangedLast, FindingKind } from "../engine/diagnose.ts";
import type { SnapshotField } from "../engine/snapshot.ts";

/**
 * How far the doctor goes: reports alone; heals what is safe, and deletes no events but a few that we have a record of having
 * made; heals everything that it may.
 */
export type Healing = "none" | "safe" | "all";

/** One difference as people see it. */
export interface DoctorFinding {
  kind: FindingKind;
  /** The kind as a sentence. */
  cause: string;
  booking: { uid: string; title: string; start: Date } | null;
  eventId: string | null;
  fields: SnapshotField[];
  changedLast: ChangedLast | null;
  /** `done`: it was healed, or what heals it is on its way. `possible`: healing was not asked for. `by-hand`: a person has to. */
  healing: "done" | "possible" | "by-hand";
}

/** What one look at one calendar has found. */
export interface DoctorReport {
  calendarSyncId: string;
  name: string;
  provider: string;
  /** `unread`: the comparison could not be made, because sync stands still there or the provider did not answer. */
  outcome: "checked" | "unread" | "gone";
  /** How many bookings to come were compared. */
  bookings: number;
  findings: DoctorFinding[];
  error: { code: string; message: string } | null;
}

/** The report on a calendar that was not compared yet. */
export function reportOf(calendarSyncId: string, name: string, provider: string): DoctorReport {
  return { calendarSyncId, name, provider, outcome: "unread", bookings: 0, findings: [], error: null };
}
