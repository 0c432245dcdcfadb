import type { ExternalChange } from "@calsync/types";
import { hasEnded } from "../engine/plan-inbound.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";
import type { GoneEvent, GoneEvents } from "./MovedEvents.ts";
import { type Planned, recordBase } from "./planned-change.ts";

/**
 * Events whose deletion would mean something: those of bookings to come. A deletion that is known already means something
 * only when the event is looked for anew, or is about to be made anew: not when it has moved.
 */
export function goneOf(planned: readonly Planned[], anew: boolean, now: Date): GoneEvent[] {
  return planned.flatMap(({ reference, local, change, plan }) => {
    const known = reference.status === "DELETED";
    if (!isGone(change) || !local || hasEnded(local, now) || (known && !anew && !plan.push)) return [];
    return [{ reference, active: local.active && !known }];
  });
}

function isGone(change: ExternalChange): boolean {
  return change.type === "delete" || (change.type === "upsert" && change.event.status === "cancelled");
}

/** An event that has moved, or that may have, is no deletion: nothing is done about it here. */
export function withoutMoves(one: Planned, { moved, unconfirmed }: GoneEvents): Planned {
  const place = moved.get(one.reference.id);
  if (!place && !unconfirmed.has(one.reference.id)) return one;
  const reason = place ? "moved-to-other-calendar" : "deletion-unconfirmed";
  return { ...one, plan: { reason, actions: [], refusals: [], reference: {}, push: false } };
}

/**
 * An event was found again in another calendar after the link was given up. A booking that a person cancelled meanwhile stays
 * cancelled: then it is the event that has to go.
 */
export function reviveAdopted(one: Planned): Planned {
  const { reference, local, plan, change } = one;
  if (isGone(change) || reference.status !== "DELETED" || !local || local.active || plan.actions.length > 0)
    return one;
  return { ...one, plan: { ...plan, push: true, reference: { ...plan.reference, status: "SYNCED" } } };
}

/** What is stored of a reference whose event has gone from its calendar, or is there again. */
export function patchOfGone(
  { reference, change, series }: Planned,
  { moved, unconfirmed, nextLook }: GoneEvents,
  now: Date,
): Partial<ReferencePatch> {
  const place = moved.get(reference.id);
  if (place?.taken) return { status: "DELETED", deletedSeenAt: null, recheckAt: null };
  if (place) {
    const { calendarSyncId, externalEventId } = place;
    const unread = { version: null, seenGeneration: 0, deletedSeenAt: null, recheckAt: now };
    return { calendarSyncId, externalEventId, ...unread };
  }
  if (unconfirmed.has(reference.id))
    return { deletedSeenAt: reference.deletedSeenAt ?? now, recheckAt: nextLook };
  // A date of a series has no event of its own to look for: its plan says whether it is waited for.
  if (series) return reference.recheckAt ? { recheckAt: null } : {};
  // Told once more of a deletion that is known, a read that the other calendar has asked for meanwhile is still to come.
  if (isGone(change) && reference.status === "DELETED")
    return reference.deletedSeenAt ? { deletedSeenAt: null } : {};
  return reference.deletedSeenAt || reference.recheckAt ? { deletedSeenAt: null, recheckAt: null } : {};
}

/** What is recorded of an event that has moved, or that may have. */
export function goneRecords(
  one: Planned,
  { moved, unconfirmed }: GoneEvents,
  calendar: CalendarSyncRow,
): NewChangeRecord[] {
  const { reference } = one;
  const place = moved.get(reference.id);
  const base = {
    ...recordBase(one, calendar),
    before: { calendarSyncId: calendar.id, externalEventId: reference.externalEventId },
    actionId: null,
  };
  if (place) {
    // It has been said before.
    if (place.taken && reference.status === "DELETED") return [];
    const after = { calendarSyncId: place.calendarSyncId, externalEventId: place.externalEventId };
    return [
      { ...base, result: "APPLIED", action: "move-calendar", reason: "moved-to-other-calendar", after },
    ];
  }
  // Said once, however often it is looked for.
  if (!unconfirmed.has(reference.id) || reference.deletedSeenAt) return [];
  return [{ ...base, result: "HELD", action: "cancel", reason: "deletion-unconfirmed", after: null }];
}
