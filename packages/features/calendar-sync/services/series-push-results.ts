import { slotsOf } from "@calsync/icalendar";
import type { WrittenEvent } from "@calsync/types";
import { needsPush } from "../engine/agreement.ts";
import { hasEnded } from "../engine/plan-inbound.ts";
import type { SeriesOutboundPlan } from "../engine/plan-series-outbound.ts";
import { sameExpansion, stateAt } from "../engine/series-state.ts";
import type { SyncedSeries } from "../engine/synced-state.ts";
import { FULL_VIEW, shownSnapshot } from "../engine/view.ts";
import type { LocalItem, LocalSeries } from "../ports/BookingStore.ts";
import type { NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow, SeriesReferenceRow } from "../repositories/rows.ts";

/** A series on its way to its calendar, with its occurrences as they are here. */
export interface SeriesTask {
  reference: SeriesReferenceRow;
  local: LocalSeries | null;
  occurrences: { reference: ReferenceRow; item: LocalItem | null }[];
  plan: SeriesOutboundPlan;
}

/**
 * Ties the occurrences to the instances that the series has now. Where the rule has moved, every instance is a new one; else
 * those that differ from the series keep what is known of them.
 */
export function placeOccurrences(
  { reference, occurrences }: SeriesTask,
  base: SyncedSeries,
  eventId: string,
  now: Date,
): { patches: ReferencePatch[]; moved: string[] } {
  const slots = new Set(slotsOf(base.local).slots);
  const renewed = reference.base === null || !sameExpansion(reference.base.local, base.local);
  const patches: ReferencePatch[] = [];
  const moved: string[] = [];
  for (const { reference: one, item } of occurrences) {
    const slot = item?.series?.originalStart;
    if (!item || slot === undefined) continue;
    const stays = one.externalEventId === eventId && one.originalStart === slot && !renewed;
    if (stays) {
      // The series was cut before it: its instance has gone with the rest.
      if (!item.active && !slots.has(slot)) {
        moved.push(one.id);
        const nowhere = { externalEventId: null, originalStart: "" };
        patches.push({ id: one.id, status: "DELETED", pending: null, ...nowhere });
      } else if (one.version === null && one.status !== "DELETED" && slots.has(slot))
        patches.push({ id: one.id, base: stateAt(base, slot) });
      continue;
    }
    if (one.originalStart !== "") moved.push(one.id);
    if (hasEnded(item, now) || !slots.has(slot)) {
      // What is over has no instance any more that it could follow; what is left over waits for its own fate.
      patches.push({ id: one.id, externalEventId: null, originalStart: "" });
      continue;
    }
    const agreed = stateAt(base, slot);
    const differs = !item.active || needsPush(shownSnapshot(item, one.view ?? FULL_VIEW), agreed, one.view);
    patches.push({
      id: one.id,
      externalEventId: eventId,
      originalStart: slot,
      version: null,
      base: agreed,
      pending: null,
      status: "SYNCED",
      lastPushedAt: now,
      ...(differs ? { pushRequestedAt: now } : {}),
    });
  }
  return { patches, moved };
}

/** The record of a write or a deletion of a recurring event. @param written null when it was deleted */
export function seriesRecord(
  calendar: CalendarSyncRow,
  { occurrences, plan, reference }: SeriesTask,
  written: { event: WrittenEvent; base: SyncedSeries } | null,
): NewChangeRecord {
  return {
    userId: calendar.userId,
    // A record about the whole stands with its first occurrence.
    bookingId: occurrences[0]?.reference.bookingId ?? null,
    calendarSyncId: calendar.id,
    referenceId: null,
    externalEventId: written?.event.eventId ?? reference.externalEventId,
    source: "SYNC",
    result: "APPLIED",
    action: "push",
    reason: written ? (plan.kind === "create" ? "series-created" : "series-updated") : "series-event-deleted",
    before: reference.base?.remote ?? null,
    after: written?.base.remote ?? null,
    providerVersion: written?.event.version ?? reference.version,
    actionId: null,
  };
}
