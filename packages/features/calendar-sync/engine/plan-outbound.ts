import type { CalendarEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { hasEnded, needsPush, type PlannedReference } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import { type EventSnapshot, toSnapshot } from "./snapshot.ts";

export interface OutboundInput {
  reference: PlannedReference & { externalEventId: string | null; generation: number };
  local: LocalItem | null;
  policy: SyncPolicy;
  now: Date;
}

/** What to do at the calendar so that the event stands for the booking. */
export type OutboundPlan =
  | { kind: "none"; reason: ReasonCode; deleted: boolean }
  /** A question about the event is open, or was answered just now: it is read and merged before anything is written. */
  | { kind: "review" }
  /** `generation` is part of the key: a deleted event's id can never be used again, so a re-creation counts it up. */
  | { kind: "create"; event: CalendarEvent; key: string; generation: number; local: EventSnapshot }
  | { kind: "update"; event: CalendarEvent; local: EventSnapshot }
  /** `unanswered`: a create that got no answer; repeating it under its key tells which event, if any, is to be deleted. */
  | { kind: "delete"; unanswered: { event: CalendarEvent; key: string } | null };

/** Decides what one booking asks of its event. Pure; reads the booking as it is now, whatever the job was made for. */
export function planOutbound({ reference, local, policy, now }: OutboundInput): OutboundPlan {
  const none = (reason: ReasonCode, deleted = false): OutboundPlan => ({ kind: "none", reason, deleted });
  if (reference.status === "CONFLICT" && reference.externalEventId !== null) {
    return local !== null && hasEnded(local, now) ? none("past-booking") : { kind: "review" };
  }
  if (policy.direction === "FROM_CALENDAR") return none("direction-from-calendar-only");
  if (local === null || !local.active) {
    if (reference.status === "DELETED") return none("booking-cancelled", true);
    if (reference.externalEventId === null && reference.pending.length === 0)
      return none("booking-cancelled", true);
    if (local !== null && hasEnded(local, now)) return none("past-booking");
    const unanswered = reference.pending.at(-1);
    if (reference.externalEventId !== null || unanswered === undefined)
      return { kind: "delete", unanswered: null };
    const event = toCalendarEvent(
      { snapshot: unanswered.local, iCalUid: local?.iCalUid ?? reference.id, sequence: 0 },
      reference,
    );
    return { kind: "delete", unanswered: { event, key: idempotencyKey(reference.id, reference.generation) } };
  }
  if (hasEnded(local, now)) return none("past-booking");
  const event = toCalendarEvent(local, reference);
  // A booking that was cancelled and brought back: its event has gone for good.
  const generation = reference.generation + (reference.status === "DELETED" ? 1 : 0);
  if (reference.externalEventId === null || reference.status === "DELETED") {
    return {
      kind: "create",
      event,
      key: idempotencyKey(reference.id, generation),
      generation,
      local: local.snapshot,
    };
  }
  if (reference.base && reference.pending.length === 0 && !needsPush(local.snapshot, reference.base))
    return none("unchanged");
  return { kind: "update", event, local: local.snapshot };
}

/** Repeating a create under the same key finds the first event; a re-creation gets a new key. */
export function idempotencyKey(referenceId: string, generation: number): string {
  return `${referenceId}-${generation}`;
}

/** The event that stands for a booking. */
function toCalendarEvent(
  local: Pick<LocalItem, "snapshot" | "iCalUid" | "sequence">,
  reference: PlannedReference,
): CalendarEvent {
  return {
    ...toSnapshot(local.snapshot),
    recurrence: null,
    transparency: "busy",
    visibility: "default",
    iCalUid: local.iCalUid,
    sequence: Math.max(local.sequence, reference.sequence),
    marker: reference.id,
  };
}
