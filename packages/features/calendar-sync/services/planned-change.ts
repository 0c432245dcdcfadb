import type { ExternalChange, ExternalEvent } from "@calsync/types";
import type { TimeFacts } from "../engine/guards.ts";
import type { InboundPlan, PlannedRefusal } from "../engine/plan-inbound.ts";
import type { SyncPolicy } from "../engine/policy.ts";
import { sameStretch } from "../engine/snapshot.ts";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { StagedChange } from "../repositories/HeldChangeRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { type ApplyMode, type Touch, toStaged } from "./ChangeGuard.ts";
import type { Recheck } from "./MovedEvents.ts";
import type { Finding } from "./Questions.ts";

/** One change of a page with what was planned for one reference. */
export interface Planned {
  reference: ReferenceRow;
  plan: InboundPlan;
  change: ExternalChange;
  local: LocalItem | null;
  facts: TimeFacts | null;
  eventId: string;
  iCalUid: string | null;
  version: string | null;
  /** Set for an occurrence of a series: where it is from now on. `ofInstance`: it alone was changed, not the series. */
  series?: {
    patch: Partial<ReferencePatch>;
    ofInstance: boolean;
    /** Its instance, where the page has not told of it by itself. */
    event?: ExternalEvent;
    /** As PlannedOccurrence.withFacts. */
    withFacts?: (facts: TimeFacts) => InboundPlan;
  };
}

/** Under which circumstances changes are applied. */
export interface ApplyOptions {
  mode: ApplyMode;
  /** The mass change whose answer is carried out. */
  massChangeId?: string;
  /** The changes come from direct reads, made because the calendar's own listing is not enough. */
  recheck?: Recheck;
  /** A push has found the changes, and the pull that tells of all that has happened is still to come. */
  ahead?: true;
  /** Occurrences that dropped out of their series' rule by then are waited for no longer. */
  settledBefore?: Date;
}

/** How a push takes over what it has found. */
export const AHEAD: ApplyOptions = { mode: "alone", ahead: true };

/** A host's answer to a mass change goes before what they said in general. */
export function policyFor(mode: ApplyMode, policy: SyncPolicy): SyncPolicy {
  if (mode === "confirmed") return { ...policy, outsideHours: "apply", overlap: "apply" };
  return mode === "restored" || mode === "returned" ? { ...policy, direction: "TO_CALENDAR" } : policy;
}

/** What is put back is put back because the host said so, or the calendar had gone; not because of the calendar's direction. */
export function putBack(mode: ApplyMode, refusal: PlannedRefusal): PlannedRefusal {
  if (refusal.reason !== "direction-to-calendar-only") return refusal;
  if (mode === "restored") return { ...refusal, reason: "mass-change-restored" };
  return mode === "returned" ? { ...refusal, reason: "calendar-came-back" } : refusal;
}

/** What a plan would do to its booking. */
export function touchOf({ reference, plan, local }: Planned): Touch {
  return {
    bookingId: reference.bookingId,
    cancels: plan.actions.some(({ kind }) => kind === "cancel"),
    // Another zone for the same stretch is no move.
    moves: plan.actions.some(
      (action) => action.kind === "reschedule" && !(local && sameStretch(action.time, local.snapshot.time)),
    ),
  };
}

/** Whether a plan would cancel or move its booking. */
export function touches(one: Planned): boolean {
  const { cancels, moves } = touchOf(one);
  return cancels || moves;
}

/** A change waits as a whole, whatever else of it needs no waiting. */
export function stagedOf(eventId: string, all: readonly Planned[]): StagedChange {
  const ofEvent = all.filter((one) => one.eventId === eventId);
  const [first] = ofEvent;
  if (!first) throw new Error("a change that waits has a plan");
  return toStaged(first.change, ofEvent.map(touchOf));
}

/** A reference whose change waits is not written until it is decided. */
export function waitingPatch(
  { reference, eventId }: Planned,
  calendar: CalendarSyncRow,
  now: Date,
): ReferencePatch {
  return {
    id: reference.id,
    status: "CONFLICT",
    seenGeneration: calendar.fullPullGeneration,
    lastPulledAt: now,
    ...(reference.externalEventId === null ? { externalEventId: eventId } : {}),
  };
}

/** What a plan has found that concerns the host. */
export function findingOf({
  reference,
  local,
  change,
  version,
  eventId,
  plan,
  facts,
  series,
}: Planned): Finding {
  const told = change.type === "upsert" && change.event.status !== "cancelled" ? change.event : null;
  return {
    reference,
    local,
    event: series?.event ?? told,
    ofWhole: series?.ofInstance === false,
    version,
    eventId,
    hold: plan.hold ?? null,
    objection: plan.objection ?? null,
    news: plan.news ?? null,
    facts,
    decides: plan.actions.length > 0 || plan.refusals.length > 0,
  };
}

/** What every change record of a planned change says. */
export function recordBase(one: Planned, calendar: CalendarSyncRow) {
  return {
    userId: calendar.userId,
    bookingId: one.reference.bookingId,
    calendarSyncId: calendar.id,
    referenceId: one.reference.id,
    externalEventId: one.eventId,
    source: "CALENDAR" as const,
    providerVersion: one.version,
  };
}
