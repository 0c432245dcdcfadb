import type { EventTime, ExternalEvent, InstantString } from "@calsync/types";
import type { BookingAction, LocalItem } from "../ports/BookingStore.ts";
import { type ClockTrust, calendarChangedLast } from "./clock-compare.ts";
import { type PlannedHold, type TimeFacts, type TimeObjection, timeObjection } from "./guards.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import { type EventSnapshot, type SnapshotField, sameField, toSnapshot } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";

/** The fields that a booking takes over from its event. Attendees are the booking's own. */
export const FOLLOWED_FIELDS = [
  "time",
  "title",
  "description",
  "location",
] as const satisfies SnapshotField[];
type FollowedField = (typeof FOLLOWED_FIELDS)[number];

/** What planning needs to know of a reference. */
export interface PlannedReference {
  id: string;
  status: "PENDING" | "SYNCED" | "CONFLICT" | "ERROR" | "DELETED";
  version: string | null;
  sequence: number;
  base: SyncedState | null;
  /** What writes without an answer were making of the event, the oldest first; each may or may not have landed. */
  pending: readonly SyncedState[];
}

/** The event as the calendar has it now. */
export type RemoteState =
  | { state: "present"; event: ExternalEvent }
  | { state: "deleted"; version: string | null };

export interface InboundInput {
  reference: PlannedReference;
  /** Null when the booking does not exist any more. */
  local: LocalItem | null;
  remote: RemoteState;
  policy: SyncPolicy;
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
  /** The unfinished write is accounted for. */
  clearPending?: true;
  /** The event is gone for good: the next push makes a new one under a new idempotency key. */
  recreate?: true;
}

/** Something that was left undone on purpose, to be recorded. */
export interface PlannedRefusal {
  action: BookingAction["kind"] | "ignore";
  reason: ReasonCode;
}

export interface InboundPlan {
  /** Why this plan is what it is, in one code. */
  reason: ReasonCode;
  actions: PlannedAction[];
  refusals: PlannedRefusal[];
  reference: ReferenceUpdate;
  /** Whether the calendar lacks something that the booking has, so that a push must follow. */
  push: boolean;
  /** What waits for the host. The reference is in CONFLICT then, and its event is not written. */
  hold?: PlannedHold;
  /** What spoke against the time that the booking was moved to all the same; the host is told. */
  objection?: TimeObjection;
}

/**
 * Decides what one change in a calendar means for its booking. Pure: same input, same plan. The three-way merge is
 * made field by field between what both sides last agreed on, the booking, and the event (SPEC.md, "Merging").
 */
export function planInbound(input: InboundInput): InboundPlan {
  const { reference, local, remote } = input;
  if (local === null) return nothing("booking-gone", { status: "DELETED", clearPending: true });
  if (remote.state === "deleted" || remote.event.status === "cancelled") return planDeleted(input, local);
  if (isKnownVersion(reference, remote.event)) return nothing("echo", {});
  return local.active
    ? planPresent(input, local, remote.event)
    : planPresentButCancelled(input, local, remote.event);
}

/** The version that our own last write or pull left: nothing has happened since. */
function isKnownVersion(reference: PlannedReference, event: ExternalEvent): boolean {
  return (
    event.version !== null &&
    event.version === reference.version &&
    reference.status === "SYNCED" &&
    reference.pending.length === 0
  );
}

function planPresent(input: InboundInput, local: LocalItem, event: ExternalEvent): InboundPlan {
  const { reference, policy, now } = input;
  const remote = toSnapshot(event);
  const base = agreedState(reference, local, remote);
  const seen: ReferenceUpdate = {
    status: "SYNCED",
    version: event.version,
    sequence: Math.max(reference.sequence, event.sequence ?? 0),
    clearPending: true,
  };
  const changed = FOLLOWED_FIELDS.filter((field) => !sameField(field, remote, base.remote));
  if (hasEnded(local, now)) {
    return {
      ...nothing(changed.length > 0 ? "past-booking" : "unchanged", {
        ...seen,
        base: rebase(base, remote, changed),
      }),
      refusals: changed.length > 0 ? [{ action: actionFor(changed), reason: "past-booking" }] : [],
    };
  }
  const refusals: PlannedRefusal[] = [];
  const taken: FollowedField[] = [];
  const disputed: FollowedField[] = [];
  let hold: PlannedHold | null = null;
  let objection: TimeObjection | null = null;
  let winner: ReasonCode | null = null;
  for (const field of changed) {
    if (sameField(field, remote, local.snapshot)) continue;
    const refusal = refuse(field, remote, policy);
    if (refusal) {
      refusals.push({ action: actionFor([field]), reason: refusal });
    } else {
      const theirs = sameField(field, local.snapshot, base.local);
      if (!theirs && asks(policy)) {
        disputed.push(field);
      } else if (theirs || calendarWins(field, local, event, input)) {
        if (field === "time") objection = timeObjection(input.timeFacts, policy);
        if (field === "time" && objection?.hold) {
          hold = { kind: objection.kind, reason: objection.reason, fields: [field], base };
          continue;
        }
        taken.push(field);
        if (!theirs) winner = "remote-wins-last-write";
      } else {
        refusals.push({ action: actionFor([field]), reason: "local-wins-last-write" });
      }
    }
  }
  // Nothing of a disputed event is taken or written, until a person has looked at it as a whole.
  if (disputed.length > 0)
    return held({ kind: "FIELDS", reason: "conflict-both-changed", fields: disputed, base });
  const waiting = hold?.fields ?? [];
  const settled = changed.filter((field) => !waiting.includes(field));
  const nextBase = rebase(base, { ...remote, ...pick(base.remote, waiting) }, settled);
  const after: EventSnapshot = { ...local.snapshot, ...pick(remote, taken) };
  return {
    reason: hold?.reason ?? reasonOf(changed, taken, refusals, winner ?? objection?.reason ?? null),
    actions: actionsFor(taken, remote, winner, changeTime(event, now), objection),
    refusals,
    reference: { ...seen, base: nextBase, ...(hold ? { status: "CONFLICT" } : {}) },
    push: hold === null && policy.direction !== "FROM_CALENDAR" && needsPush(after, nextBase),
    ...(hold ? { hold } : {}),
    ...(objection && !objection.hold ? { objection } : {}),
  };
}

/** The booking is cancelled and yet its event is there: our deletion is still to come, or the event was brought back. */
function planPresentButCancelled(
  { reference, policy, now }: InboundInput,
  local: LocalItem,
  event: ExternalEvent,
): InboundPlan {
  const remote = toSnapshot(event);
  const cancelledBySync = local.changedAt.status === undefined;
  if (
    reference.status === "DELETED" &&
    cancelledBySync &&
    policy.direction !== "TO_CALENDAR" &&
    !timeHasEnded(remote.time, now)
  ) {
    // What was edited before or after it came out of the bin comes back with it.
    const agreed = agreedState(reference, local, remote).remote;
    const edited = FOLLOWED_FIELDS.filter((field) => field !== "time" && !sameField(field, remote, agreed));
    const changedAt = changeTime(event, now);
    return {
      reason: "remote-restored",
      actions: [
        { kind: "restore", time: remote.time, reason: "remote-restored", changedAt },
        ...actionsFor(edited, remote, null, changedAt, null),
      ],
      refusals: [],
      reference: {
        status: "SYNCED",
        version: event.version,
        sequence: Math.max(reference.sequence, event.sequence ?? 0),
        base: { local: { ...local.snapshot, ...pick(remote, ["time", ...edited]) }, remote },
        clearPending: true,
      },
      push: false,
    };
  }
  const base = agreedState(reference, local, remote);
  const edits =
    reference.base === null ? [] : FOLLOWED_FIELDS.filter((field) => !sameField(field, remote, base.remote));
  // An event that came out of the bin stands for nothing: its booking was cancelled here, which stands.
  const back = reference.status === "DELETED";
  const edited = back || edits.length > 0;
  if (edited && !back && asks(policy) && !timeHasEnded(remote.time, now))
    return held({ kind: "CANCELLED", reason: "conflict-cancelled-and-changed", fields: edits, base });
  const push = policy.direction !== "FROM_CALENDAR" && !hasEnded(local, now);
  return {
    reason: edited ? "remote-change-beats-local-cancel" : "booking-cancelled",
    actions: [],
    refusals: edited ? [{ action: "ignore", reason: "remote-change-beats-local-cancel" }] : [],
    // The version is needed for the deletion that follows; the base stays, there is nothing left to merge.
    reference: {
      version: event.version,
      clearPending: true,
      ...(reference.status === "CONFLICT" || (back && push) ? { status: "SYNCED" } : {}),
    },
    push,
  };
}

function planDeleted({ reference, remote, policy, now }: InboundInput, local: LocalItem): InboundPlan {
  if (reference.status === "DELETED") return nothing("echo", {});
  const gone: ReferenceUpdate = { status: "DELETED", clearPending: true };
  if (!local.active) return nothing("booking-cancelled", gone);
  if (hasEnded(local, now)) {
    return { ...nothing("past-booking", gone), refusals: [{ action: "cancel", reason: "past-booking" }] };
  }
  const again: ReferenceUpdate = {
    status: "PENDING",
    version: null,
    base: null,
    clearPending: true,
    recreate: true,
  };
  if (policy.direction === "TO_CALENDAR") {
    return {
      reason: "direction-to-calendar-only",
      actions: [],
      refusals: [{ action: "cancel", reason: "direction-to-calendar-only" }],
      reference: again,
      push: true,
    };
  }
  const base = reference.base ?? reference.pending.at(-1) ?? null;
  const changes =
    base === null ? [] : FOLLOWED_FIELDS.filter((field) => !sameField(field, local.snapshot, base.local));
  const changedHere = changes.length > 0;
  if (changedHere && asks(policy))
    return held({ kind: "DELETED", reason: "conflict-deleted-and-changed", fields: changes, base });
  if (changedHere && policy.conflict !== "calendar-wins" && policy.direction === "BOTH") {
    const reason = "local-change-beats-remote-delete";
    return { reason, actions: [], refusals: [{ action: "cancel", reason }], reference: again, push: true };
  }
  const changedAt = remote.state === "present" ? changeTime(remote.event, now) : now.toISOString();
  return {
    reason: "remote-deleted",
    actions: [
      {
        kind: "cancel",
        reason: "remote-deleted",
        changedAt,
        cancellationReason: "The event was deleted in the calendar.",
      },
    ],
    refusals: [],
    reference: gone,
    push: false,
  };
}

/**
 * What both sides last agreed on. Writes whose answers were lost count, field by field, as far as the event shows them:
 * a value that one of them wrote is ours, not a person's. A reference that was never written (an event found and linked)
 * agrees with the booking as it is.
 */
function agreedState(reference: PlannedReference, local: LocalItem, remote: EventSnapshot): SyncedState {
  const { base, pending } = reference;
  let agreed = base ?? pending.at(-1) ?? { local: local.snapshot, remote: local.snapshot };
  for (const field of FOLLOWED_FIELDS) {
    const ours = pending.findLast((write) => sameField(field, remote, write.remote));
    if (ours === undefined || sameField(field, remote, agreed.remote)) continue;
    agreed = {
      local: { ...agreed.local, [field]: ours.local[field] },
      remote: { ...agreed.remote, [field]: ours.remote[field] },
    };
  }
  return agreed;
}

/**
 * The state to agree on after this pull: remote is what the calendar holds. On our side, every field that changed out
 * there stands as if we had agreed to it, so that a booking which keeps its own value differs from it and is pushed.
 */
function rebase(base: SyncedState, remote: EventSnapshot, changed: readonly FollowedField[]): SyncedState {
  return { remote, local: { ...base.local, ...pick(remote, changed) } };
}

/** Whether the booking holds something that the calendar was not told. */
export function needsPush(local: EventSnapshot, base: SyncedState): boolean {
  return ([...FOLLOWED_FIELDS, "attendees"] as const).some((field) => !sameField(field, local, base.local));
}

function refuse(field: FollowedField, remote: EventSnapshot, policy: SyncPolicy): ReasonCode | null {
  if (policy.direction === "TO_CALENDAR") return "direction-to-calendar-only";
  // A provider may hold an event of no length; a booking needs one.
  if (field === "time" && remote.time.end <= remote.time.start) return "invalid-time";
  return null;
}

/** Whether the host wants to be asked. Where one side always decides there is nothing to ask. */
function asks(policy: SyncPolicy): boolean {
  return policy.conflict === "ask" && policy.direction === "BOTH";
}

function held(hold: PlannedHold): InboundPlan {
  // The base stays: what is in dispute is found anew whenever somebody looks.
  return { ...nothing(hold.reason, { status: "CONFLICT" }), hold };
}

function calendarWins(
  field: FollowedField,
  local: LocalItem,
  event: ExternalEvent,
  { policy, now, clock }: InboundInput,
): boolean {
  if (policy.conflict === "calendar-wins" || policy.direction === "FROM_CALENDAR") return true;
  if (policy.conflict === "booking-wins") return false;
  return calendarChangedLast(changeTime(event, now), local.changedAt[field] ?? local.createdAt, clock);
}

function actionsFor(
  taken: readonly FollowedField[],
  remote: EventSnapshot,
  winner: ReasonCode | null,
  changedAt: InstantString,
  objection: TimeObjection | null,
): PlannedAction[] {
  const actions: PlannedAction[] = [];
  if (taken.includes("time")) {
    actions.push({
      kind: "reschedule",
      time: remote.time,
      reason: objection?.reason ?? winner ?? "remote-time-changed",
      changedAt,
    });
  }
  const details = pick(
    remote,
    taken.filter((field) => field !== "time"),
  );
  if (Object.keys(details).length > 0) {
    actions.push({
      kind: "change-details",
      ...details,
      reason: winner ?? "remote-details-changed",
      changedAt,
    });
  }
  return actions;
}

function reasonOf(
  changed: readonly FollowedField[],
  taken: readonly FollowedField[],
  refusals: readonly PlannedRefusal[],
  winner: ReasonCode | null,
): ReasonCode {
  if (changed.length === 0) return "unchanged";
  if (winner) return winner;
  if (taken.includes("time")) return "remote-time-changed";
  if (taken.length > 0) return "remote-details-changed";
  return refusals[0]?.reason ?? "converged";
}

const actionFor = (fields: readonly FollowedField[]) =>
  fields.includes("time") ? "reschedule" : "change-details";

const changeTime = (event: ExternalEvent, now: Date): InstantString => event.updatedAt ?? now.toISOString();

/** Whether the booking is over: from then on it is never changed. */
export function hasEnded(local: LocalItem, now: Date): boolean {
  return timeHasEnded(local.snapshot.time, now);
}

function timeHasEnded(time: EventTime, now: Date): boolean {
  // An all-day end is a day without a zone: it is over everywhere twelve hours after its end in UTC.
  const end = time.allDay ? Date.parse(time.end) + 12 * 3_600_000 : Date.parse(time.end);
  return end <= now.getTime();
}

function pick<F extends SnapshotField>(
  snapshot: EventSnapshot,
  fields: readonly F[],
): Pick<EventSnapshot, F> {
  return Object.fromEntries(fields.map((field) => [field, snapshot[field]])) as Pick<EventSnapshot, F>;
}

function nothing(reason: ReasonCode, reference: ReferenceUpdate): InboundPlan {
  return { reason, actions: [], refusals: [], reference, push: false };
}
