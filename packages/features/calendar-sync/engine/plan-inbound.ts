import type { EventTime, ExternalEvent, InstantString } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { agreedState, changedHere, isStranger, needsPush, pick, rebase, seenSnapshot } from "./agreement.ts";
import { type PlannedHold, type TimeObjection, timeObjection } from "./guards.ts";
import { actionFor, actionsFor, reasonOf } from "./inbound-actions.ts";
import type {
  InboundInput,
  InboundPlan,
  PlannedReference,
  PlannedRefusal,
  ReferenceUpdate,
} from "./inbound-plan.ts";
import { disputedAnswers, mergeAttendees } from "./merge-attendees.ts";
import { calendarPrevails, changedBy } from "./merge-fields.ts";
import { hasUndeclined, hostHasDeclined, plannedDeclines } from "./plan-declines.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import {
  type EventSnapshot,
  SNAPSHOT_FIELDS,
  type SnapshotField,
  sameField,
  sameStretch,
  toSnapshot,
} from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";
import { type EventView, FULL_VIEW, isMapped, isWritten, shownSnapshot } from "./view.ts";

export type * from "./inbound-plan.ts";

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
    reference.pending.length === 0 &&
    !reference.deletePending
  );
}

function planPresent(input: InboundInput, local: LocalItem, event: ExternalEvent): InboundPlan {
  const { reference, policy, ownAddresses = [], now } = input;
  const view = reference.view ?? FULL_VIEW;
  const shown = shownSnapshot(local, view);
  const base = agreedState(reference, shown, toSnapshot(event));
  const remote = seenSnapshot(event, base);
  const people = mergeAttendees({
    base,
    local: shown.attendees,
    remote: remote.attendees,
    own: new Set(event.organizer ? [...ownAddresses, event.organizer.email.toLowerCase()] : ownAddresses),
    calendarWins: calendarWins("attendees", local, event, input),
  });
  const seen: ReferenceUpdate = {
    status: "SYNCED",
    version: event.version,
    sequence: Math.max(reference.sequence, event.sequence ?? 0),
    clearPending: true,
  };
  const changed = SNAPSHOT_FIELDS.filter((field) =>
    field === "attendees" ? people.touched.length > 0 : !sameField(field, remote, base.remote),
  );
  // What was looked at beside the fields, whatever becomes of them.
  const beside = {
    visibility: { local: base.visibility?.local ?? "default", remote: event.visibility },
    selfResponse: event.selfResponse,
  };

  if (hasEnded(local, now)) {
    const after = { ...rebase(base, remote, changed, people.agreed), ...beside };
    return {
      ...nothing(changed.length > 0 ? "past-booking" : "unchanged", { ...seen, base: after }),
      refusals: changed.length > 0 ? [{ action: actionFor(changed), reason: "past-booking" }] : [],
    };
  }
  const refusals: PlannedRefusal[] = [];
  const taken: SnapshotField[] = [];
  const left: SnapshotField[] = [];
  const disputed: SnapshotField[] = [];
  let hold: PlannedHold | null = null;
  let objection: TimeObjection | null = null;
  let winner: ReasonCode | null = null;
  // Back without having been brought back here, or the same here already.
  let alike = reference.status === "DELETED";
  for (const field of changed) {
    const side = changedBy(field, { base, local: shown, remote });
    alike ||= side === "alike";
    if (field !== "attendees" && side === "alike") continue;
    const refusal = refuse(field, remote, view, policy);
    if (refusal) {
      refusals.push({ action: actionFor([field]), reason: refusal.reason });
      if (refusal.leave) left.push(field);
      continue;
    }
    if (field === "attendees") {
      if (asks(policy) && !isStranger(reference) && disputedAnswers(people, remote.attendees).length > 0) {
        disputed.push(field);
        continue;
      }
      taken.push(field);
      if (people.kept.length > 0)
        refusals.push({ action: actionFor([field]), reason: "local-wins-last-write" });
      continue;
    }
    const theirs = side === "remote" && !isStranger(reference);
    if (!theirs && asks(policy)) {
      disputed.push(field);
    } else if (theirs || calendarWins(field, local, event, input)) {
      // Another zone for the same stretch is no move.
      if (field === "time" && !sameStretch(remote.time, shown.time))
        objection = timeObjection(input.timeFacts, policy);
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
  // Nothing of a disputed event is taken or written, until a person has looked at it as a whole.
  if (disputed.length > 0)
    return held({ kind: "FIELDS", reason: "conflict-both-changed", fields: disputed, base });
  const waiting = hold?.fields ?? [];
  const takesPeople = taken.includes("attendees");
  const nextBase: SyncedState = {
    ...rebase(
      base,
      { ...remote, ...pick(base.remote, waiting) },
      changed.filter((field) => !waiting.includes(field) && !left.includes(field)),
      takesPeople ? people.agreed : left.includes("attendees") ? base.local.attendees : people.putBack,
    ),
    ...beside,
  };
  const changedAt = changeTime(event, now);
  const actions = actionsFor(taken, remote, people, { winner, objection }, changedAt);
  const after: EventSnapshot = {
    ...local.snapshot,
    ...pick(
      remote,
      taken.filter((field) => field !== "attendees"),
    ),
    ...(takesPeople ? { attendees: people.attendees } : {}),
  };
  const lacks = needsPush(shownSnapshot({ ...local, snapshot: after }, view), nextBase, view);
  const plan: InboundPlan = {
    reason: hold?.reason ?? reasonOf(changed, actions, refusals, winner ?? objection?.reason ?? null),
    actions,
    refusals,
    reference: { ...seen, base: nextBase, ...(hold ? { status: "CONFLICT" } : {}) },
    push: hold === null && policy.direction !== "FROM_CALENDAR" && lacks,
    ...(alike ? { spread: true } : {}),
    ...(hold ? { hold } : {}),
    ...(objection && !objection.hold ? { objection } : {}),
  };
  const declined = { host: hostHasDeclined(event, reference), people: takesPeople ? people : null };
  return plannedDeclines(plan, declined, policy, changedAt);
}

/** The booking is cancelled and yet its event is there: our deletion is still to come, or the event was brought back. */
function planPresentButCancelled(input: InboundInput, local: LocalItem, event: ExternalEvent): InboundPlan {
  const { reference, policy, now } = input;
  const remote = toSnapshot(event);
  const cancelledBySync = local.changedAt.status === undefined;
  const follows = cancelledBySync && policy.direction !== "TO_CALENDAR" && !timeHasEnded(remote.time, now);
  const back = reference.status === "DELETED";
  if (follows && back) return planRestored(input, local, event);
  if (follows && hasUndeclined(local, event)) {
    const plan = planPresent(input, { ...local, active: true }, event);
    const reason = "remote-undeclined";
    const restore = { kind: "restore", ifFree: true, reason, changedAt: changeTime(event, now) } as const;
    return { ...plan, reason, actions: [restore, ...plan.actions] };
  }
  const base = agreedState(reference, shownSnapshot(local, reference.view ?? FULL_VIEW), remote);
  const seen = seenSnapshot(event, base);
  const edits =
    reference.base === null ? [] : SNAPSHOT_FIELDS.filter((field) => !sameField(field, seen, base.remote));
  // An event that came out of the bin stands for nothing: its booking was cancelled here, which stands.
  const edited = back || edits.length > 0;
  if (edited && !back && asks(policy) && !timeHasEnded(remote.time, now))
    return held({ kind: "CANCELLED", reason: "conflict-cancelled-and-changed", fields: edits, base });
  const push = policy.direction !== "FROM_CALENDAR" && !hasEnded(local, now);
  return {
    reason: edited ? "remote-change-beats-local-cancel" : "booking-cancelled",
    actions: [],
    refusals: edited ? [{ action: "ignore", reason: "remote-change-beats-local-cancel" }] : [],
    // The version is needed for the deletion that follows. Nothing is left to merge, but the event may come back from the bin:
    // what it shows of our own writes is no person's edit then.
    reference: {
      version: event.version,
      ...(reference.base !== null || reference.pending.length > 0 ? { base } : {}),
      clearPending: true,
      ...(reference.status === "CONFLICT" || (back && push) ? { status: "SYNCED" } : {}),
    },
    push,
    // Kept elsewhere, it may have been cancelled by us without our note of it: then nobody has told the other calendars.
    spread: true,
  };
}

/** The event came out of the bin: the booking stands again, with what was edited before or after that. */
function planRestored(input: InboundInput, local: LocalItem, event: ExternalEvent): InboundPlan {
  // Whoever brings an event back wants it as it is there; nothing of it is asked about.
  const policy: SyncPolicy = {
    ...input.policy,
    conflict: "calendar-wins",
    outsideHours: "apply",
    overlap: "apply",
    allDeclined: "keep",
    hostDeclined: "keep",
  };
  const plan = planPresent({ ...input, policy }, { ...local, active: true }, event);
  const move = plan.actions.find((action) => action.kind === "reschedule");
  const restore = {
    kind: "restore",
    time: move?.time ?? local.snapshot.time,
    reason: "remote-restored",
    changedAt: changeTime(event, input.now),
  } as const;
  return {
    ...plan,
    reason: "remote-restored",
    actions: [restore, ...plan.actions.filter((action) => action !== move)],
  };
}

function planDeleted({ reference, remote, policy, now }: InboundInput, local: LocalItem): InboundPlan {
  if (reference.status === "DELETED") {
    // A booking kept elsewhere may stand again although our note of it was lost with a worker: it is owed an event.
    const owed = local.active && !hasEnded(local, now) && policy.direction !== "FROM_CALENDAR";
    return { ...nothing("echo", {}), push: owed };
  }
  // Writes without an answer stay known: should the event come out of the bin, what it says of them is no person's edit.
  const gone: ReferenceUpdate = { status: "DELETED", deletePending: false };
  if (!local.active) return { ...nothing("booking-cancelled", gone), spread: true };
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
  // We have deleted it ourselves while the booking was cancelled, and never heard that it was done.
  if (reference.deletePending) return { ...nothing("echo", again), push: true };
  // What was found under the booking's UID and is gone again was never its event: it gets one of its own.
  if (isStranger(reference) && reference.status === "PENDING")
    return { ...nothing("unchanged", again), push: true };
  if (policy.direction === "TO_CALENDAR") {
    return {
      reason: "direction-to-calendar-only",
      actions: [],
      refusals: [{ action: "cancel", reason: "direction-to-calendar-only" }],
      reference: again,
      push: true,
    };
  }
  const changes = changedHere(reference, local, remote.state === "present" ? remote.event : null);
  if (changes.length > 0 && asks(policy)) {
    const base = reference.base ?? reference.pending.at(-1) ?? null;
    return held({ kind: "DELETED", reason: "conflict-deleted-and-changed", fields: changes, base });
  }
  if (changes.length > 0 && policy.conflict !== "calendar-wins" && policy.direction === "BOTH") {
    const reason = "local-change-beats-remote-delete";
    const refusals = [{ action: "cancel", reason } as const];
    return { reason, actions: [], refusals, reference: again, push: true, spread: true };
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

/** Why a change out there is not taken over; `leave` when it stays in the calendar, else it is put back. */
function refuse(
  field: SnapshotField,
  remote: EventSnapshot,
  view: EventView,
  policy: SyncPolicy,
): { reason: ReasonCode; leave: boolean } | null {
  if (!isWritten(view, field)) return { reason: "field-not-mapped", leave: true };
  if (policy.direction === "TO_CALENDAR") return { reason: "direction-to-calendar-only", leave: false };
  if (!isMapped(view, field)) return { reason: "field-not-mapped", leave: true };
  if (!policy.fields.includes(field)) return { reason: "field-not-followed", leave: true };
  // A provider may hold an event of no length; a booking needs one.
  if (field === "time" && remote.time.end <= remote.time.start)
    return { reason: "invalid-time", leave: false };
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
  field: SnapshotField,
  local: LocalItem,
  event: ExternalEvent,
  { policy, now, clock }: InboundInput,
): boolean {
  return calendarPrevails(policy, changeTime(event, now), local.changedAt[field] ?? local.createdAt, clock);
}

const changeTime = (event: ExternalEvent, now: Date): InstantString => event.updatedAt ?? now.toISOString();

/** Whether the booking is over: from then on it is never changed. */
export function hasEnded(local: LocalItem, now: Date): boolean {
  return timeHasEnded(local.snapshot.time, now);
}

/** Whether a time lies in the past, wherever one is. */
export function timeHasEnded(time: EventTime, now: Date): boolean {
  // An all-day end is a day without a zone: it is over everywhere twelve hours after its end in UTC.
  const end = time.allDay ? Date.parse(time.end) + 12 * 3_600_000 : Date.parse(time.end);
  return end <= now.getTime();
}

function nothing(reason: ReasonCode, reference: ReferenceUpdate): InboundPlan {
  return { reason, actions: [], refusals: [], reference, push: false };
}
