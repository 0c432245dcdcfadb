import { backoffMs } from "@calsync/lib";
import type { WrittenEvent } from "@calsync/types";
import type { OutboundPlan } from "../engine/plan-outbound.ts";
import type { ReasonCode } from "../engine/reasons.ts";
import { differingFields, toSnapshot } from "../engine/snapshot.ts";
import type { SyncedState } from "../engine/synced-state.ts";
import { visibilityOf } from "../engine/view.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { failureOf } from "./failure.ts";
import type { SyncSettings } from "./settings.ts";

/** What became of one write: what is stored of it, all with the others of its batch. */
export interface PushResult {
  patch: ReferencePatch;
  record: NewChangeRecord | null;
  /** False when the wish for a push stays. */
  done: boolean;
}

/** The write that a result is about, and when it ended. */
export interface PushContext {
  calendar: CalendarSyncRow;
  reference: ReferenceRow;
  now: Date;
}

const NO_ERROR = { errorCount: 0, lastError: null, lastErrorMessage: null } satisfies Partial<ReferencePatch>;

/** Nothing was to be written. */
export function unchangedResult(reference: ReferenceRow, deleted: boolean): PushResult {
  const patch: ReferencePatch = { id: reference.id, ...NO_ERROR, ...(deleted ? { status: "DELETED" } : {}) };
  return { patch, record: null, done: true };
}

/** The event was written: what the booking said, and what the provider made of it, is agreed from now on. */
export function writtenResult(
  context: PushContext,
  plan: Extract<OutboundPlan, { kind: "create" | "update" }>,
  written: WrittenEvent,
): PushResult {
  const { reference, now } = context;
  const remote = toSnapshot(written.event);
  const reason =
    plan.kind === "update" ? "event-updated" : plan.generation > 0 ? "event-recreated" : "event-created";
  const patch: ReferencePatch = {
    id: reference.id,
    // An occurrence is known by its series and its place in it.
    externalEventId: reference.seriesReferenceId === null ? written.eventId : reference.externalEventId,
    iCalUid: written.iCalUid,
    version: written.version,
    sequence: Math.max(reference.sequence, written.sequence ?? 0, plan.event.sequence),
    base: {
      local: plan.local,
      remote,
      visibility: { local: visibilityOf(plan.view), remote: written.event.visibility },
      // What the host has answered since the last pull is for the next one to find.
      ...(reference.base?.selfResponse === undefined ? {} : { selfResponse: reference.base.selfResponse }),
    },
    ...(plan.kind === "create" ? { generation: plan.generation } : {}),
    pending: null,
    deletePending: false,
    status: "SYNCED",
    ...NO_ERROR,
    lastPushedAt: now,
  };
  const record = recordOf(context, reason, {
    externalEventId: written.eventId,
    after: remote,
    providerVersion: written.version,
  });
  return { patch, record, done: true };
}

/**
 * The event was deleted, or was gone already. Writes without an answer stay known, for the case that it comes out of the bin.
 * @param elsewhere whether it may stand in another calendar, so that it is to be looked for
 */
export function deletedResult(context: PushContext, eventId: string, elsewhere = false): PushResult {
  const { reference, now } = context;
  const patch: ReferencePatch = {
    id: reference.id,
    status: "DELETED",
    deletePending: false,
    externalEventId: eventId,
    ...(elsewhere ? { recheckAt: now } : {}),
    ...NO_ERROR,
    lastPushedAt: now,
  };
  const record = recordOf(context, "event-deleted", {
    externalEventId: eventId,
    after: null,
    providerVersion: reference.version,
  });
  return { patch, record, done: true };
}

/** The write failed: it is tried again after a pause, or kept as failed when trying has no end or no use. */
export function failedResult(
  context: PushContext,
  error: unknown,
  settings: SyncSettings,
  random: () => number,
): PushResult {
  const { reference, now } = context;
  const failure = failureOf(error);
  const attempt = reference.errorCount + 1;
  const patch: ReferencePatch = {
    id: reference.id,
    errorCount: attempt,
    lastError: failure.code,
    lastErrorMessage: failure.message,
  };
  if (failure.final || attempt >= settings.pushMaxTries) {
    const record = recordOf(context, "push-refused", {
      externalEventId: reference.externalEventId,
      after: { code: failure.code },
      providerVersion: null,
    });
    return { patch: { ...patch, status: "ERROR" }, record: { ...record, result: "REFUSED" }, done: true };
  }
  const nextPushAt = retryAt(now, attempt, failure.retryAfterMs, settings, random);
  return { patch: { ...patch, nextPushAt }, record: null, done: false };
}

/** When a write that failed is tried again: when the provider said, else after a pause that grows with each try. */
export function retryAt(
  now: Date,
  attempt: number,
  retryAfterMs: number | null,
  settings: Pick<SyncSettings, "backoffBaseMs" | "backoffCeilingMs">,
  random: () => number,
): Date {
  const { backoffBaseMs: baseMs, backoffCeilingMs: ceilingMs } = settings;
  return new Date(now.getTime() + (retryAfterMs ?? backoffMs({ attempt, baseMs, ceilingMs, random })));
}

/** Most writes without an answer that are remembered; the provider has refused or lost the older ones for good by then. */
const MAX_PENDING = 10;

/**
 * Adds a write that is about to be made to those without an answer. The earlier ones stay: any of them may be what the event
 * shows, and none of them is a person's change.
 */
export function withPendingWrite(
  pending: readonly SyncedState[],
  { local, event }: Pick<Extract<OutboundPlan, { kind: "update" }>, "local" | "event">,
): SyncedState[] {
  const remote = toSnapshot(event);
  const others = pending.filter(
    (write) =>
      differingFields(write.local, local).length > 0 || differingFields(write.remote, remote).length > 0,
  );
  return [...others, { local, remote }].slice(-MAX_PENDING);
}

/** The creates under the plan's key that got no answer. Those of an earlier event are about that one. */
export function unansweredCreates(
  { pending, generation }: Pick<ReferenceRow, "pending" | "generation">,
  plan: Extract<OutboundPlan, { kind: "create" }>,
): readonly SyncedState[] {
  return plan.generation === generation ? pending : [];
}

function recordOf(
  { calendar, reference }: PushContext,
  reason: ReasonCode,
  found: Pick<NewChangeRecord, "externalEventId" | "after" | "providerVersion">,
): NewChangeRecord {
  return {
    userId: calendar.userId,
    bookingId: reference.bookingId,
    calendarSyncId: calendar.id,
    referenceId: reference.id,
    source: "SYNC",
    result: "APPLIED",
    action: "push",
    reason,
    before: reference.base?.remote ?? null,
    actionId: null,
    ...found,
  };
}
