import type { ExternalEvent } from "@calsync/types";
import type { BookingAction, LocalItem } from "../ports/BookingStore.ts";
import type { ClockTrust } from "./clock-compare.ts";
import type { PlannedHold, TimeFacts, TimeObjection } from "./guards.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import type { SyncedState } from "./synced-state.ts";
import type { EventView } from "./view.ts";

/** What planning needs to know of a reference. */
export interface PlannedReference {
  id: string;
  status: "PENDING" | "SYNCED" | "CONFLICT" | "ERROR" | "DELETED";
  version: string | null;
  sequence: number;
  base: SyncedState | null;
  /** What writes without an answer were making of the event, the oldest first; each may or may not have landed. */
  pending: readonly SyncedState[];
  /** Whether a deletion of ours is under way, or was left without an answer: it too may or may not have landed. */
  deletePending?: boolean;
  /** What this calendar is shown of the booking; everything when left out. */
  view?: EventView;
}

/** The event as the calendar has it now. */
export type RemoteState =
  | { state: "present"; event: ExternalEvent }
  | { state: "deleted"; version: string | null };

/** What one change in a calendar is planned from: base, booking and event, and what the host wishes. */
export interface InboundInput {
  reference: PlannedReference;
  /** Null when the booking does not exist any more. */
  local: LocalItem | null;
  remote: RemoteState;
  policy: SyncPolicy;
  /** Addresses of the host, in lower case: never guests, also when the calendar lists them among the attendees. */
  ownAddresses?: readonly string[];
  now: Date;
  /** What is known of the time that the event has now; without it a move is planned as if nothing stood in its way. */
  timeFacts?: TimeFacts | undefined;
  /** How far the provider's times of change can be trusted; exactly, when left out. */
  clock?: ClockTrust | undefined;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An action before the runner adds its id and its origin. */
export type PlannedAction = DistributiveOmit<BookingAction, "actionId" | "origin" | "bookingId">;

/** What becomes of the reference. A missing member stays as it is. */
export interface ReferenceUpdate {
  status?: PlannedReference["status"];
  version?: string | null;
  sequence?: number;
  base?: SyncedState | null;
  /** The unfinished writes are accounted for, and so is an unfinished deletion. */
  clearPending?: true;
  /** The unfinished deletion alone is accounted for. */
  deletePending?: false;
  /** The event is gone for good: the next push makes a new one under a new idempotency key. */
  recreate?: true;
}

/** Something that was left undone on purpose, to be recorded. */
export interface PlannedRefusal {
  action: BookingAction["kind"] | "ignore";
  reason: ReasonCode;
}

/** What one change in a calendar does to its booking, its reference and its event. */
export interface InboundPlan {
  /** Why this plan is what it is, in one code. */
  reason: ReasonCode;
  actions: PlannedAction[];
  refusals: PlannedRefusal[];
  reference: ReferenceUpdate;
  /** Whether the calendar lacks something that the booking has, so that a push must follow. */
  push: boolean;
  /**
   * The booking says what both never agreed on here: what the event has come to say, something newer than an event that is gone, or that
   * it is cancelled. Then a store with a database of its own may have kept a change whose transaction was lost on our side, so the other
   * calendars are looked at too.
   */
  spread?: true;
  /** What waits for the host. The reference is in CONFLICT then, and its event is not written. */
  hold?: PlannedHold;
  /** What spoke against the time that the booking was moved to all the same; the host is told. */
  objection?: TimeObjection;
  /** What a host who wants to be asked is told of, because nothing is left to ask about. */
  news?: ReasonCode;
}
