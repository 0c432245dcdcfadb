import type { InboundPlan } from "../engine/plan-inbound.ts";
import type { BookingAction, BookingActionOutcome } from "../ports/BookingStore.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";
import { type Planned, recordBase } from "./planned-change.ts";

/**
 * An action's id names the step from the version that both sides agreed on to the one that was found, so that a
 * repeated page repeats the id, and a second deletion after a restore does not. Versions are each calendar's own: an event that has
 * moved to another one may take the same step there.
 */
export function actionsOf({ reference, plan, version }: Planned, calendar: CalendarSyncRow): BookingAction[] {
  return plan.actions.map((action) => ({
    ...action,
    actionId: [
      reference.id,
      reference.generation,
      calendar.id,
      reference.version ?? "new",
      version ?? "gone",
      action.kind,
    ].join(":"),
    bookingId: reference.bookingId,
    origin: { calendarSyncId: calendar.id, calendarName: calendar.name, provider: calendar.provider },
  }));
}

/** What is stored of a reference once its plan is carried out. */
export function patchOf(
  { reference, plan, eventId, iCalUid, series }: Planned,
  calendar: CalendarSyncRow,
  now: Date,
): ReferencePatch {
  const { clearPending, recreate, ...update } = plan.reference;
  const patch: ReferencePatch = {
    id: reference.id,
    ...update,
    seenGeneration: calendar.fullPullGeneration,
    lastPulledAt: now,
  };
  if (clearPending) Object.assign(patch, { pending: null, deletePending: false });
  if (series) Object.assign(patch, series.patch);
  else if (reference.externalEventId === null) patch.externalEventId = eventId;
  if (iCalUid) patch.iCalUid = iCalUid;
  if (recreate) {
    patch.externalEventId = null;
    patch.iCalUid = null;
    patch.generation = reference.generation + 1;
  }
  return patch;
}

/** What is recorded of a change that was refused. */
export function refusalRecord(
  one: Planned,
  refusal: InboundPlan["refusals"][number],
  calendar: CalendarSyncRow,
): NewChangeRecord {
  return {
    ...recordBase(one, calendar),
    result: "REFUSED",
    action: refusal.action,
    reason: refusal.reason,
    before: one.reference.base?.remote ?? null,
    after: one.plan.reference.base?.remote ?? null,
    actionId: null,
  };
}

/** What is recorded of an event that cannot be read. */
export function setAsideRecord(
  calendar: CalendarSyncRow,
  externalEventId: string,
  reason: string,
): NewChangeRecord {
  return {
    userId: calendar.userId,
    bookingId: null,
    calendarSyncId: calendar.id,
    referenceId: null,
    externalEventId,
    source: "CALENDAR",
    result: "HELD",
    action: "set-aside",
    reason: "unreadable",
    before: null,
    after: { detail: reason },
    providerVersion: null,
    actionId: null,
  };
}

/**
 * Whether the action has been carried out, now or before. Before: a store with a database of its own kept it although our
 * transaction was lost, and with it the record (which is left out when it is there) and the pushes to other calendars.
 */
export const isDone = ({ applied, refusal }: BookingActionOutcome): boolean =>
  applied || refusal === "repeated";

/** Whether the store declined the action: neither done, nor done before, nor needless. */
export function isRefused(outcome: BookingActionOutcome): outcome is BookingActionOutcome & {
  refusal: Exclude<BookingActionOutcome["refusal"], "repeated" | undefined>;
} {
  return !outcome.applied && outcome.refusal !== undefined && outcome.refusal !== "repeated";
}
