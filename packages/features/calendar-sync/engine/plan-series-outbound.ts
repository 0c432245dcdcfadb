import { sameRecurrence } from "@calsync/icalendar";
import type { LocalItem, LocalSeries } from "../ports/BookingStore.ts";
import type { PlannedReference } from "./plan-inbound.ts";
import { type OutboundPlan, planOutbound } from "./plan-outbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { SeriesSnapshot, SyncedSeries } from "./synced-state.ts";

/** What planning needs to know of a series' reference. */
export interface PlannedSeries extends Omit<PlannedReference, "base" | "pending"> {
  externalEventId: string | null;
  generation: number;
  base: SyncedSeries | null;
  pending: readonly SyncedSeries[];
}

type Narrow<P, K> = P extends { kind: infer Kind } ? (Kind extends K ? P : never) : never;
/** As OutboundPlan, with what the series' side says, its lines included. */
export type SeriesOutboundPlan =
  | Narrow<OutboundPlan, "none" | "review">
  | Narrow<OutboundPlan, "delete">
  | (Omit<Narrow<OutboundPlan, "create">, "local"> & { local: SeriesSnapshot })
  | (Omit<Narrow<OutboundPlan, "update">, "local"> & { local: SeriesSnapshot });

/** Long before anything: whether a series is over is told by its last occurrence, not by its first one's time. */
const BEFORE_ALL = new Date(0);

/**
 * Decides what a series as a whole asks of its recurring event: as a single event would, with its lines. Pure.
 * @param next its next occurrence
 * @param over whether all of its occurrences have ended
 */
export function planSeriesOutbound(input: {
  reference: PlannedSeries;
  local: LocalSeries | null;
  next: LocalItem | null;
  over: boolean;
  policy: SyncPolicy;
}): SeriesOutboundPlan {
  const { reference, local, next, over, policy } = input;
  if (over) return { kind: "none", reason: "past-booking", deleted: false };
  const { base } = reference;
  const sameLines =
    local !== null && base !== null && sameRecurrence(local.recurrence, base.local.recurrence);
  const plan = planOutbound({
    // Without a base an update is due, whatever its other fields say.
    reference: { ...reference, base: sameLines || !local?.active ? base : null },
    local: local && seriesItem(local, next),
    policy,
    now: BEFORE_ALL,
  });
  if (plan.kind === "delete") {
    const recurrence = reference.pending.at(-1)?.local.recurrence ?? null;
    const { unanswered } = plan;
    return {
      ...plan,
      unanswered: unanswered && { ...unanswered, event: { ...unanswered.event, recurrence } },
    };
  }
  if (plan.kind === "none" || plan.kind === "review") return plan;
  if (!local) return { kind: "none", reason: "booking-gone", deleted: false };
  const { recurrence } = local;
  return { ...plan, event: { ...plan.event, recurrence }, local: { ...plan.local, recurrence } };
}

/** A series in the shape of a single item, so that it is planned by the rules that single ones are planned by. */
export function seriesItem(series: LocalSeries, next: LocalItem | null): LocalItem {
  const { time, title, description, location } = series;
  return {
    bookingId: 0,
    uid: series.seriesId,
    hostId: series.hostId,
    active: series.active,
    snapshot: { time, title, description, location, attendees: next?.snapshot.attendees ?? [] },
    changedAt: series.changedAt,
    createdAt: series.createdAt,
    iCalUid: series.iCalUid,
    sequence: series.sequence,
    ...(next?.about ? { about: next.about } : {}),
  };
}
