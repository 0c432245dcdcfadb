import { type FreshnessLimits, isFresh } from "./engine/freshness.ts";
import { explainReason } from "./engine/reasons.ts";
import type { ChangeRecordRow } from "./repositories/ChangeRecordRepository.ts";
import type { SyncStatusRow } from "./repositories/StatusRepository.ts";

/** How one calendar's sync stands. Times are instants. */
export interface SyncStatus {
  id: string;
  name: string;
  provider: string;
  accountEmail: string | null;
  status: "initial" | "healthy" | "retrying" | "failed";
  enabled: boolean;
  lastPulledAt: Date | null;
  lastPushedAt: Date | null;
  lastNotificationAt: Date | null;
  nextPollAt: Date;
  /** Whether what is known of the calendar is recent enough to offer times from; else its provider is asked each time. */
  fresh: boolean;
  lastError: string | null;
  lastErrorMessage: string | null;
  /** When it was seen last; null as soon as the calendar was read again. */
  lastErrorAt: Date | null;
  /** How changes reach us: announced by the provider, on the way to be, by polling alone, or troubled. */
  notifications: "active" | "pending" | "unsupported" | "error" | "none";
  /** Bookings whose change is not in the calendar yet. */
  pendingPushes: number;
  /** Those of them that the calendar did not take at the last try; they are tried again by themselves. */
  failingPushes: number;
  /** Bookings whose change was given up on: a person has to do something. */
  failedPushes: number;
  /** A code of the closed list: why writing failed. */
  pushError: string | null;
  /** Events that could not be read and were set aside. */
  setAside: number;
  usedFor: ("destination" | "busy times")[];
}

/** One change that sync made or refused, with the sentence that explains it. */
export interface ChangeView {
  id: string;
  at: Date;
  source: "calendar" | "app" | "sync";
  result: "applied" | "refused" | "held";
  action: string;
  reason: string;
  explanation: string;
  before: unknown;
  after: unknown;
  calendar: { name: string; provider: string } | null;
  /** Null when the change is about no booking, or when the booking is gone. */
  booking: { uid: string; title: string } | null;
  /** Whether it can be taken back now. */
  undoable: boolean;
  /** Why it cannot. */
  whyNotUndoable: { code: string; message: string } | null;
  /** The change that this one takes back, and the one that took this one back. */
  undoes: string | null;
  undoneBy: string | null;
}

/** Whether a change can be taken back, and why not. */
export interface UndoState {
  undoable: boolean;
  why: { code: string; message: string } | null;
}

const lower = <T extends string>(text: T) => text.toLowerCase() as Lowercase<T>;

const NOTIFICATIONS: Record<string, SyncStatus["notifications"]> = {
  PENDING: "pending",
  ACTIVE: "active",
  REPLACED: "active",
  ERROR: "error",
  UNSUPPORTED: "unsupported",
};

/** How one calendar does, as its user is shown it. @param limits how old what is known may be to count as fresh */
export function toSyncStatus(row: SyncStatusRow, limits: FreshnessLimits, now: Date): SyncStatus {
  const { subscriptionStatus, credentialStatus, isDestination, isSelected, status, ...others } = row;
  const { missedChanges, pullWanted, ...rest } = others;
  const usedFor: SyncStatus["usedFor"] = [];
  if (isDestination) usedFor.push("destination");
  if (isSelected) usedFor.push("busy times");
  const invalid = credentialStatus === "INVALID";
  return {
    ...rest,
    status: invalid ? "failed" : lower(status),
    lastError: invalid ? "CREDENTIAL_INVALID" : rest.lastError,
    lastErrorMessage: invalid ? "The account has to be connected again." : rest.lastErrorMessage,
    fresh: isFresh(
      {
        lastPulledAt: rest.lastPulledAt,
        enabled: rest.enabled,
        credentialActive: !invalid,
        healthy: status === "HEALTHY",
        announced: NOTIFICATIONS[subscriptionStatus ?? ""] === "active" && missedChanges === 0,
        pullWanted,
      },
      limits,
      now,
    ),
    notifications: NOTIFICATIONS[subscriptionStatus ?? ""] ?? "none",
    usedFor,
  };
}

/** A change record as people are shown it, with whether it can be undone. */
export function toChangeView(row: ChangeRecordRow, undo: UndoState): ChangeView {
  const { id, createdAt, source, result, action, reason, before, after, calendarName, provider } = row;
  const { bookingUid, bookingTitle } = row;
  return {
    id,
    at: createdAt,
    source: lower(source),
    result: lower(result),
    action,
    reason,
    explanation: explainReason(reason),
    before,
    after,
    calendar: calendarName && provider ? { name: calendarName, provider } : null,
    booking: bookingUid === null ? null : { uid: bookingUid, title: bookingTitle ?? "" },
    undoable: undo.undoable,
    whyNotUndoable: undo.why,
    undoes: row.undoesId,
    undoneBy: row.undoneById,
  };
}
