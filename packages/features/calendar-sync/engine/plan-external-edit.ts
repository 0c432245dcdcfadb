import type { CalendarEvent, ExternalEvent, InstantString } from "@calsync/types";
import type { ClockTrust } from "./clock-compare.ts";
import { calendarPrevails, changedBy } from "./merge-fields.ts";
import type { SyncPolicy } from "./policy.ts";
import type { ReasonCode } from "./reasons.ts";
import { differingFields, type EventSnapshot, toSnapshot } from "./snapshot.ts";

/** The fields of an event that is not ours which a host may edit through us. */
export const EDITABLE_FIELDS = ["time", "title", "description", "location"] as const;
/** A field of an event that is not ours which its host may change. */
export type EditableField = (typeof EDITABLE_FIELDS)[number];

/** The new values of an edit. */
export type WantedFields = Partial<Pick<EventSnapshot, EditableField>>;

/** A host's wish for an event that is not ours, and the event as it is. */
export interface ExternalEditInput {
  kind: "edit" | "delete";
  /** What the host saw. */
  base: EventSnapshot;
  wanted: WantedFields;
  requestedAt: InstantString;
  /** The event as it was read a moment ago; null when there is none. */
  remote: ExternalEvent | null;
  policy: SyncPolicy;
  clock?: ClockTrust;
  now: Date;
}

/** What to do at the provider. `overtaken`: fields that keep what was changed out there meanwhile. */
export type ExternalEditPlan =
  | { kind: "write"; event: CalendarEvent; reason: ReasonCode; overtaken: EditableField[] }
  | { kind: "delete"; reason: ReasonCode }
  /** It is so already, by an earlier try of ours or by somebody's hand. */
  | { kind: "done"; reason: ReasonCode }
  | { kind: "refuse"; reason: ReasonCode }
  | { kind: "ask"; reason: ReasonCode; fields: EditableField[] };

/**
 * Decides what becomes of a host's edit of an event that is not ours, given how the event is now. Pure. The merge is the one
 * of bookings: base is what the host saw, local what they want, remote what is there. An event that has gone stays gone: it
 * is not ours to bring back (ADR 0016).
 */
export function planExternalEdit(input: ExternalEditInput): ExternalEditPlan {
  const { kind, base, remote, policy } = input;
  if (remote === null || remote.status === "cancelled") {
    return kind === "delete"
      ? { kind: "done", reason: "external-delete-written" }
      : { kind: "refuse", reason: "external-event-gone" };
  }
  if (policy.direction === "FROM_CALENDAR") {
    return { kind: "refuse", reason: "direction-from-calendar-only" };
  }
  return kind === "delete" ? planDelete(base, remote, policy) : planEdit(input, remote);
}

/** A change beats a deletion, as with bookings: whoever changed the event meanwhile wanted to keep it. */
function planDelete(base: EventSnapshot, remote: ExternalEvent, policy: SyncPolicy): ExternalEditPlan {
  const seen = toSnapshot(remote);
  const changed = EDITABLE_FIELDS.filter((field) => differingFields(seen, base).includes(field));
  if (changed.length === 0 || policy.conflict === "booking-wins") {
    return { kind: "delete", reason: "external-delete-written" };
  }
  if (policy.conflict === "ask") return { kind: "ask", reason: "external-edit-asked", fields: changed };
  return { kind: "refuse", reason: "external-edit-overtaken" };
}

function planEdit(
  { base, wanted, requestedAt, policy, clock, now }: ExternalEditInput,
  event: ExternalEvent,
): ExternalEditPlan {
  const remote = toSnapshot(event);
  const sides = { base: { local: base, remote: base }, local: { ...base, ...wanted }, remote };
  const taken: EditableField[] = [];
  const overtaken: EditableField[] = [];
  const disputed: EditableField[] = [];
  for (const field of EDITABLE_FIELDS) {
    if (wanted[field] === undefined) continue;
    const side = changedBy(field, sides);
    if (side === "local") taken.push(field);
    if (side !== "both") continue;
    if (policy.conflict === "ask") disputed.push(field);
    else if (calendarPrevails(policy, event.updatedAt ?? now.toISOString(), requestedAt, clock)) {
      overtaken.push(field);
    } else taken.push(field);
  }
  if (disputed.length > 0) return { kind: "ask", reason: "external-edit-asked", fields: disputed };
  if (taken.length === 0) {
    return overtaken.length > 0
      ? { kind: "refuse", reason: "external-edit-overtaken" }
      : { kind: "done", reason: "converged" };
  }
  const merged = overtaken.length > 0 || differingFields(remote, base).length > 0;
  return {
    kind: "write",
    event: withFields(event, wanted, taken),
    reason: merged ? "external-edit-merged" : "external-edit-written",
    overtaken,
  };
}

/** The event with some fields changed and all others, also those that we do not show, as they are. */
function withFields(
  event: ExternalEvent,
  wanted: WantedFields,
  fields: readonly EditableField[],
): CalendarEvent {
  const { title, description, location, time, attendees, recurrence, transparency, visibility } = event;
  const changes = Object.fromEntries(fields.map((field) => [field, wanted[field]]));
  return {
    title,
    description,
    location,
    time,
    attendees,
    recurrence,
    transparency,
    visibility,
    iCalUid: event.iCalUid ?? "",
    // People who take part are to hear of a new time (RFC 5546 §2.1.4).
    sequence: (event.sequence ?? 0) + (fields.includes("time") ? 1 : 0),
    // It is not ours, and does not become ours by this.
    marker: event.marker,
    ...changes,
  };
}
