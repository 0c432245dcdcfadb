import type { ExternalEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { PlannedReference } from "./inbound-plan.ts";
import { agreedAttendees } from "./merge-attendees.ts";
import {
  type EventSnapshot,
  SNAPSHOT_FIELDS,
  type SnapshotField,
  sameField,
  sameStretch,
  toSnapshot,
} from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";
import { type EventView, FULL_VIEW, isMapped, shownSnapshot, visibilityOf } from "./view.ts";

/**
 * The event as far as it can be seen. Attendees that a provider keeps to itself stand as they were: not being listed says
 * nothing about them (invariant 6).
 */
export function seenSnapshot(event: ExternalEvent, base: SyncedState): EventSnapshot {
  const remote = toSnapshot(event);
  if (!event.attendeesHidden) return remote;
  const listed = new Set(remote.attendees.map(({ email }) => email));
  const unlisted = base.remote.attendees.filter(({ email }) => !listed.has(email));
  return toSnapshot({ ...remote, attendees: [...remote.attendees, ...unlisted] });
}

/**
 * In which fields the booking itself was changed since the last agreement. Another template or privacy is no change of the
 * booking, and neither is an answer: it does not make an event worth keeping that its host has deleted.
 * @param event the deleted event, where the provider still shows it: it tells which of our writes had arrived
 */
export function changedHere(
  reference: PlannedReference,
  local: LocalItem,
  event: ExternalEvent | null,
): SnapshotField[] {
  const last = reference.base ?? reference.pending.at(-1);
  if (!last) return [];
  const view = reference.view ?? FULL_VIEW;
  const shown = shownSnapshot(local, view);
  const agreed = event ? agreedState(reference, shown, toSnapshot(event)) : last;
  const addresses = (snapshot: EventSnapshot) => snapshot.attendees.map(({ email }) => email).join(" ");
  return SNAPSHOT_FIELDS.filter((field) => {
    if (!isMapped(view, field)) return false;
    // Deleted events are often shown without their people, which says nothing about them.
    if (field === "attendees") return addresses(shown) !== addresses(last.local);
    return !sameField(field, shown, agreed.local);
  });
}

/** Whether both sides have never agreed on anything: the event was found under the booking's UID, and made by somebody else. */
export function isStranger({ base, pending }: Pick<PlannedReference, "base" | "pending">): boolean {
  return base === null && pending.length === 0;
}

/**
 * What both sides last agreed on. Writes whose answers were lost count, field by field, as far as the event shows them:
 * a value that one of them wrote is ours, not a person's. A stranger's event is compared with the booking as it is shown, and
 * nobody is agreed on: people of both stay.
 */
export function agreedState(
  reference: PlannedReference,
  shown: EventSnapshot,
  remote: EventSnapshot,
): SyncedState {
  const { base, pending } = reference;
  const nobody = { ...shown, attendees: [] };
  let agreed = base ?? pending.at(-1) ?? { local: nobody, remote: nobody };
  for (const field of SNAPSHOT_FIELDS) {
    if (field === "attendees" || sameField(field, remote, agreed.remote)) continue;
    const ours = pending.findLast((write) =>
      // A provider may spell the zone that we wrote in its own way.
      field === "time" ? sameStretch(remote.time, write.remote.time) : sameField(field, remote, write.remote),
    );
    if (ours === undefined) continue;
    agreed = {
      ...agreed,
      local: { ...agreed.local, [field]: ours.local[field] },
      remote: { ...agreed.remote, [field]: remote[field] },
    };
  }
  return agreedAttendees(agreed, pending, remote.attendees);
}

/**
 * The state to agree on after this pull: remote is what the calendar holds. On our side, every field that changed out
 * there stands as if we had agreed to it, so that a booking which keeps its own value differs from it and is pushed.
 * Fields that are left alone stay as they were, so that nothing is pushed until the booking itself changes them.
 */
export function rebase(
  base: SyncedState,
  remote: EventSnapshot,
  changed: readonly SnapshotField[],
  attendees: EventSnapshot["attendees"],
): SyncedState {
  return { remote, local: { ...base.local, ...pick(remote, changed), attendees } };
}

/** Whether the calendar lacks something that it is to show of the booking. */
export function needsPush(shown: EventSnapshot, base: SyncedState, view: EventView = FULL_VIEW): boolean {
  return (
    visibilityOf(view) !== (base.visibility?.local ?? "default") ||
    SNAPSHOT_FIELDS.some((field) => !sameField(field, shown, base.local))
  );
}

/** Some fields of a snapshot. */
export function pick<F extends SnapshotField>(
  snapshot: EventSnapshot,
  fields: readonly F[],
): Pick<EventSnapshot, F> {
  return Object.fromEntries(fields.map((field) => [field, snapshot[field]])) as Pick<EventSnapshot, F>;
}
