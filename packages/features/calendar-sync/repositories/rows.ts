import type { PlannedReference } from "../engine/plan-inbound.ts";
import type { SnapshotField } from "../engine/snapshot.ts";
import type { SyncedSeries, SyncedState } from "../engine/synced-state.ts";
import type { EventView } from "../engine/view.ts";
import type { UnfinishedMassChange } from "./HeldChangeRepository.ts";

/** What the database keeps of a host's wishes, and of those of one calendar; a missing member is as the level above. */
export interface StoredPolicy {
  fields?: SnapshotField[];
  conflictPolicy?: "LAST_WRITE_WINS" | "CALENDAR_WINS" | "BOOKING_WINS" | "ASK";
  massChangeLimit?: number | null;
  outsideHours?: "APPLY" | "HOLD";
  overlap?: "APPLY" | "HOLD";
  allDeclined?: "KEEP" | "CANCEL";
  hostDeclined?: "KEEP" | "CANCEL";
}

/** A CalendarSync as the services need it, with what decides whether it may work at all. */
export interface CalendarSyncRow {
  id: string;
  userId: number;
  credentialId: number;
  provider: string;
  externalCalendarId: string;
  name: string;
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  cursor: string | null;
  fullPullGeneration: number;
  fullPullRunning: boolean;
  pullRequestedAt: Date | null;
  lastNotificationAt: Date | null;
  mirroredUntil: Date | null;
  errorCount: number;
  /** The host's preferences, null for a host who has chosen nothing, and where this calendar differs from them. */
  preferences: StoredPolicy | null;
  policyOverrides: StoredPolicy;
  /** The wanted pause between two polls, of the calendar or else of the host; null: the engine chooses. */
  pollIntervalMinutes: number | null;
  /** How far the provider's clock is ahead of ours, in milliseconds, as far as it was measured. */
  clockSkewMs: number;
  /** Whether changes of this calendar wait to be counted, or for the host's answer. */
  hasHeld: boolean;
  /** The mass change that waits for its answer, or whose answer is still to be carried out. */
  massChange: UnfinishedMassChange | null;
  /** Addresses of the host and of this calendar, in lower case: never guests of a booking. */
  ownAddresses: string[];
  /** Zone of the user, in which all-day events are busy. */
  userTimeZone: string;
  /** Since when the provider says that there is no such calendar. */
  lostAt: Date | null;
  lastPulledAt: Date | null;
  /** Since when a channel announces changes of this calendar; null while none does. */
  watchedSince: Date | null;
  /** Polls in a row that found nothing. */
  quietPolls: number;
  /** Pulls in a row that found changes which the channel had not announced. */
  missedChanges: number;
}

/** A reference as the services need it. */
export interface ReferenceRow extends PlannedReference {
  bookingId: number;
  calendarSyncId: string;
  /** For an occurrence: the id of its series. */
  externalEventId: string | null;
  iCalUid: string | null;
  /** When the event was first seen to be gone while it may only have moved to another calendar. */
  deletedSeenAt: Date | null;
  /** When the event is to be read directly. */
  recheckAt: Date | null;
  /** The instance's original start; empty for a single event. */
  originalStart: string;
  /** Set for an occurrence of a series. */
  seriesReferenceId: string | null;
  generation: number;
  errorCount: number;
  pushRequestedAt: Date | null;
  /** The booking is no longer to stand in this calendar. */
  detached: boolean;
}

/** The reference of a series as the services need it. */
export interface SeriesReferenceRow {
  id: string;
  seriesId: string;
  calendarSyncId: string;
  externalEventId: string | null;
  status: ReferenceRow["status"];
  version: string | null;
  sequence: number;
  base: SyncedSeries | null;
  pending: readonly SyncedSeries[];
  /** A deletion of ours is under way, or has got no answer. */
  deletePending: boolean;
  generation: number;
  errorCount: number;
  pushRequestedAt: Date | null;
  /** Bookings that were cancelled because the whole series was deleted out there. */
  goneBookingIds: number[];
  /** Until when occurrences that dropped out of the rule, or whose series may have moved, stand. */
  settleAt: Date | null;
  iCalUid: string | null;
  /** Since when the event has been known to be gone, while it may have moved to another calendar. */
  deletedSeenAt: Date | null;
}

/** A reference as raw SQL gives it; dates and JSON arrive parsed by the driver. */
export interface RawReference
  extends Omit<ReferenceRow, "base" | "pending" | "view">,
    Omit<EventView, "attendees"> {
  baseSnapshot: SyncedState | null;
  pendingSnapshot: SyncedState[] | null;
}

/** A reference as the engine has it, from its columns: snapshots read, what the calendar is shown put together. */
export function toReferenceRow({
  baseSnapshot,
  pendingSnapshot,
  privacy,
  titleTemplate,
  descriptionTemplate,
  ...rest
}: RawReference): ReferenceRow {
  const view: EventView = { privacy, titleTemplate, descriptionTemplate, attendees: true };
  return { ...rest, base: baseSnapshot, pending: pendingSnapshot ?? [], view };
}
