import type { CalendarEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { needsPush } from "./agreement.ts";
import { attendeesToWrite } from "./merge-attendees.ts";
import { hasEnded, type PlannedReference } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import { type EventSnapshot, sameField, toSnapshot } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";
import { type EventView, FULL_VIEW, shownSnapshot, visibilityOf } from "./view.ts";

/** What a push is planned from: the reference, its booking as it is now, and what the host wishes. */
export interface OutboundInput {
  reference: PlannedReference & {
    externalEventId: string | null;
    generation: number;
    /** Set for an occurrence: its event is an instance of the series', which is there before it and never made by itself. */
    seriesReferenceId?: string | null;
  };
  local: LocalItem | null;
  policy: SyncPolicy;
  now: Date;
}

/** What to do at the calendar so that the event stands for the booking. */
export type OutboundPlan =
  | { kind: "none"; reason: ReasonCode; deleted: boolean }
  /**
   * A question about the event is open or was answered just now, or the booking stands again and a deletion was left without an
   * answer: the event is read and merged before anything is written.
   */
  | { kind: "review" }
  /** `generation` is part of the key: a deleted event's id can never be used again, so a re-creation counts it up. */
  | {
      kind: "create";
      event: CalendarEvent;
      key: string;
      generation: number;
      local: EventSnapshot;
      view: EventView;
    }
  /** `local` is the booking as this calendar is shown it; the event has it, with what is left alone out there. */
  | { kind: "update"; event: CalendarEvent; local: EventSnapshot; view: EventView }
  /** `unanswered`: a create that got no answer; repeating it under its key tells which event, if any, is to be deleted. */
  | { kind: "delete"; unanswered: { event: CalendarEvent; key: string } | null };

/** Decides what one booking asks of its event. Pure; reads the booking as it is now, whatever the job was made for. */
export function planOutbound({ reference, local, policy, now }: OutboundInput): OutboundPlan {
  const none = (reason: ReasonCode, deleted = false): OutboundPlan => ({ kind: "none", reason, deleted });
  const view = reference.view ?? FULL_VIEW;
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
      unanswered.remote,
      { iCalUid: local?.iCalUid ?? reference.id, sequence: 0 },
      reference,
      visibilityOf(view),
    );
    return { kind: "delete", unanswered: { event, key: idempotencyKey(reference.id, reference.generation) } };
  }
  if (hasEnded(local, now)) return none("past-booking");
  if (reference.deletePending && reference.externalEventId !== null && reference.status !== "DELETED")
    return { kind: "review" };
  const shown = shownSnapshot(local, view);
  // A booking that was cancelled and brought back: its event has gone for good.
  const generation = reference.generation + (reference.status === "DELETED" ? 1 : 0);
  const occurrence = Boolean(reference.seriesReferenceId);
  // It comes with its series; or it has dropped out of the rule, and is waited for.
  if (occurrence && reference.externalEventId === null) return none("unchanged");
  if (reference.externalEventId === null || (reference.status === "DELETED" && !occurrence)) {
    return {
      kind: "create",
      event: toCalendarEvent(shown, local, reference, visibilityOf(view)),
      key: idempotencyKey(reference.id, generation),
      generation,
      local: shown,
      view,
    };
  }
  const { base } = reference;
  const agreed = base !== null && reference.pending.length === 0 && !needsPush(shown, base, view);
  // An instance that was deleted is brought back by a write.
  if (agreed && reference.status !== "DELETED") return none("unchanged");
  const event = base
    ? toCalendarEvent(withRemoteEdits(shown, base), local, reference, visibilityToWrite(view, base))
    : toCalendarEvent(shown, local, reference, visibilityOf(view));
  return { kind: "update", event, local: shown, view };
}

/**
 * What to write of a booking: fields that it has not changed since the last agreement stay as they are out there, so that
 * an edit which is not followed is not undone by a change of another field.
 */
function withRemoteEdits(shown: EventSnapshot, base: SyncedState): EventSnapshot {
  const keep = <F extends "time" | "title" | "description" | "location">(field: F): EventSnapshot[F] =>
    sameField(field, shown, base.local) ? base.remote[field] : shown[field];
  return {
    time: keep("time"),
    title: keep("title"),
    description: keep("description"),
    location: keep("location"),
    attendees: attendeesToWrite(shown.attendees, base),
  };
}

/** A person who has made the event private, or public, keeps their choice until the calendar's privacy changes. */
function visibilityToWrite(view: EventView, base: SyncedState): CalendarEvent["visibility"] {
  const { local = "default", remote } = base.visibility ?? {};
  return visibilityOf(view) === local && remote !== undefined ? remote : visibilityOf(view);
}

/** Repeating a create under the same key finds the first event; a re-creation gets a new key. */
export function idempotencyKey(referenceId: string, generation: number): string {
  return `${referenceId}-${generation}`;
}

/** The event that stands for a booking. */
function toCalendarEvent(
  snapshot: EventSnapshot,
  local: Pick<LocalItem, "iCalUid" | "sequence">,
  reference: PlannedReference,
  visibility: CalendarEvent["visibility"],
): CalendarEvent {
  return {
    ...toSnapshot(snapshot),
    recurrence: null,
    transparency: "busy",
    visibility,
    iCalUid: local.iCalUid,
    sequence: Math.max(local.sequence, reference.sequence),
    marker: reference.id,
  };
}
