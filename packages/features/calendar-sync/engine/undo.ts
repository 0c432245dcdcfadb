import type { EventTime } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { TimeFacts } from "./guards.ts";
import { hasEnded, type PlannedAction, timeHasEnded } from "./plan-inbound.ts";
import { type EventSnapshot, type SnapshotField, sameField } from "./snapshot.ts";

/** A change record as far as undoing it is concerned. */
export interface UndoableRecord {
  source: "CALENDAR" | "APP" | "SYNC";
  result: "APPLIED" | "REFUSED" | "HELD";
  action: string;
  reason: string;
  before: unknown;
  after: unknown;
  /** The change that has undone this one. */
  undoneById: string | null;
}

/** Why a change cannot be undone, with a sentence for people. */
export const UNDO_REFUSALS = {
  not_undoable: "Only what sync changed in a booking can be undone.",
  undone_already: "This was undone already.",
  booking_gone: "The booking does not exist any more.",
  booking_over: "The booking is over; sync never changes the past.",
  time_over: "The time to go back to has passed.",
  changed_since: "The booking has been changed again since; undo the later change first.",
  slot_taken: "The time to go back to is taken by now.",
} as const;
/** Why a change cannot be undone. */
export type UndoRefusal = keyof typeof UNDO_REFUSALS;

const TEXTS = ["title", "description", "location"] as const satisfies SnapshotField[];

/** What undoing a change means for the booking, or why it cannot be undone. Whether the time is free is asked apart. */
export function planUndo(
  record: UndoableRecord,
  local: LocalItem | null,
  now: Date,
): { actions: PlannedAction[]; needsTime: EventTime | null } | UndoRefusal {
  const { before, after } = record;
  if (!isUndoableKind(record) || !isSnapshot(before) || !isSnapshot(after)) return "not_undoable";
  if (record.undoneById !== null) return "undone_already";
  if (local === null) return "booking_gone";
  const changedAt = now.toISOString();
  const common = { reason: "undone-by-host", changedAt } as const;
  if (record.action === "cancel") {
    if (local.active) return "changed_since";
    if (timeHasEnded(before.time, now)) return "time_over";
    return {
      actions: [{ ...common, kind: "restore", time: before.time, ifFree: true }],
      needsTime: before.time,
    };
  }
  if (hasEnded(local, now)) return "booking_over";
  if (!local.active) return "changed_since";
  if (record.action === "restore") {
    const cancellationReason = "The host took the restoration back.";
    return { actions: [{ ...common, kind: "cancel", cancellationReason }], needsTime: null };
  }
  if (record.action === "reschedule") {
    if (!sameField("time", local.snapshot, after)) return "changed_since";
    if (timeHasEnded(before.time, now)) return "time_over";
    return { actions: [{ ...common, kind: "reschedule", time: before.time }], needsTime: before.time };
  }
  if (record.action === "change-attendees") {
    if (!sameField("attendees", local.snapshot, after)) return "changed_since";
    return {
      actions: [{ ...common, kind: "change-attendees", ...guestsBack(before, after) }],
      needsTime: null,
    };
  }
  const changed = TEXTS.filter((field) => before[field] !== after[field]);
  if (changed.some((field) => local.snapshot[field] !== after[field])) return "changed_since";
  const details = Object.fromEntries(changed.map((field) => [field, before[field]]));
  return { actions: [{ ...common, kind: "change-details", ...details }], needsTime: null };
}

/** Whether a time that a booking goes back to is free. */
export function isFree(facts: TimeFacts | undefined): boolean {
  return !facts || (!facts.busy && facts.overlaps.length === 0);
}

function isUndoableKind({ source, result, action, reason }: UndoableRecord): boolean {
  if (result !== "APPLIED" || source === "SYNC") return false;
  // What people did in the app they can do again there; their answers to sync's questions are sync's changes.
  if (source === "APP" && reason !== "undone-by-host" && !reason.startsWith("conflict-resolved-"))
    return false;
  return ["reschedule", "change-details", "change-attendees", "cancel", "restore"].includes(action);
}

/** Who has to come back, leave, and answer as before. */
function guestsBack(before: EventSnapshot, after: EventSnapshot) {
  const was = new Map(before.attendees.map((one) => [one.email, one]));
  const is = new Map(after.attendees.map((one) => [one.email, one]));
  return {
    attendees: before.attendees,
    added: before.attendees.filter(({ email }) => !is.has(email)),
    removed: after.attendees.filter(({ email }) => !was.has(email)).map(({ email }) => email),
    changed: before.attendees.filter(({ email, response, optional }) => {
      const now = is.get(email);
      return now !== undefined && (now.response !== response || now.optional !== optional);
    }),
  };
}

/** Records hold what their times wrote; one without both sides cannot be taken back. */
function isSnapshot(value: unknown): value is EventSnapshot {
  return typeof value === "object" && value !== null && "time" in value && "title" in value;
}
