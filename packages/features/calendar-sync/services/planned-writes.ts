import type { PrismaTransaction } from "@calsync/prisma";
import { type CheckedReference, isOccurrence } from "../engine/checked-reference.ts";
import { hasEnded } from "../engine/plan-inbound.ts";
import { planOutbound } from "../engine/plan-outbound.ts";
import { planSeriesOutbound } from "../engine/plan-series-outbound.ts";
import { explainReason, type ReasonCode } from "../engine/reasons.ts";
import { differingFields } from "../engine/snapshot.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { DoctorRepository } from "../repositories/DoctorRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { policyOf } from "./policy-of.ts";

/** One change that a sync would make, or would leave undone. */
export interface PlannedChange {
  /** The side that would change. */
  side: "booking" | "calendar";
  booking: { uid: string; title: string; start: Date } | null;
  eventId: string | null;
  action: string;
  result: "applied" | "refused" | "held";
  reason: string;
  explanation: string;
  before: unknown;
  after: unknown;
}

type Write = { kind: "create" | "update" | "delete"; bookingId: number; reason: ReasonCode } & Pick<
  PlannedChange,
  "eventId" | "before" | "after"
>;

/**
 * What bookings, as they are in the transaction, ask of their events in a calendar: a series as a whole in one write, and
 * what of it stands apart in one each. A fixed number of statements.
 */
export async function plannedWrites(
  {
    rows,
    store,
    seriesReferences,
    now,
  }: Pick<EngineDependencies, "seriesReferences" | "now"> & { rows: DoctorRepository; store: BookingStore },
  tx: PrismaTransaction,
  calendar: CalendarSyncRow,
): Promise<PlannedChange[]> {
  const at = now();
  const policy = policyOf(calendar);
  const references = await rows.findComing(tx, calendar.id, at);
  const lacking = calendar.direction === "FROM_CALENDAR" ? [] : await rows.findUnlinked(tx, calendar.id, at);
  const unlinked = lacking.map(({ bookingId }) => bookingId);
  const ids = [...new Set([...references.map(({ bookingId }) => bookingId), ...unlinked])].sort(
    (a, b) => a - b,
  );
  const items = new Map((await store.loadItems(tx, ids)).map((item) => [item.bookingId, item]));
  const occurrences = Map.groupBy(references.filter(isOccurrence), (one) => one.seriesReferenceId ?? "");
  const series = await seriesReferences.findForChanges(tx, calendar.id, [...occurrences.keys()]);
  const locals = new Map(
    (
      (await store.series?.load(
        tx,
        series.map(({ seriesId }) => seriesId),
      )) ?? []
    ).map((local) => [local.seriesId, local]),
  );
  const made = new Set<string>();
  const writes: Write[] = series.flatMap((reference): Write[] => {
    const own = occurrences.get(reference.id) ?? [];
    const known = own.flatMap(({ bookingId }) => items.get(bookingId) ?? []);
    const next = known.find((item) => item.active && !hasEnded(item, at));
    const local = locals.get(reference.seriesId) ?? null;
    const over = next === undefined && local?.active !== false;
    const plan = planSeriesOutbound({ reference, local, next: next ?? known.at(-1) ?? null, over, policy });
    if (plan.kind === "none" || plan.kind === "review") return [];
    // What stands apart from it is planned once it is there.
    made.add(reference.id);
    return [
      {
        kind: plan.kind,
        bookingId: (next ?? known[0])?.bookingId ?? 0,
        reason: SERIES_REASON[plan.kind],
        eventId: reference.externalEventId,
        before: reference.base?.remote ?? null,
        after: plan.kind === "delete" ? null : plan.local,
      },
    ];
  });
  const single = [
    ...references.filter(({ seriesReferenceId }) => !made.has(seriesReferenceId ?? "")),
    ...onePerSeries(unlinked, items).map(newReference),
  ];
  writes.push(
    ...single.flatMap((reference): Write[] => {
      const local = items.get(reference.bookingId) ?? null;
      const plan = planOutbound({ reference, local, policy, now: at });
      if (plan.kind === "none" || plan.kind === "review") return [];
      const { base } = reference;
      if (plan.kind === "update" && base && differingFields(plan.local, base.local).length === 0) return [];
      return [
        {
          kind: plan.kind,
          bookingId: reference.bookingId,
          reason: REASON[plan.kind],
          eventId: reference.externalEventId,
          before: base?.remote ?? null,
          after: plan.kind === "delete" ? null : plan.local,
        },
      ];
    }),
  );
  const found = await rows.findBookings(
    tx,
    writes.map(({ bookingId }) => bookingId),
  );
  const bookings = new Map(found.map(({ id, ...booking }) => [id, booking]));
  return writes.map(({ kind, bookingId, reason, ...write }) => ({
    side: "calendar",
    booking: bookings.get(bookingId) ?? null,
    action: kind,
    result: "applied",
    reason,
    explanation: explainReason(reason),
    ...write,
  }));
}

const REASON = { create: "event-created", update: "event-updated", delete: "event-deleted" } as const;
const SERIES_REASON = {
  create: "series-created",
  update: "series-updated",
  delete: "series-event-deleted",
} as const;

/** Of bookings without a reference, those that would make an event: of a series, the first one. */
function onePerSeries(ids: readonly number[], items: ReadonlyMap<number, LocalItem>): number[] {
  const seen = new Set<string>();
  return ids.filter((id) => {
    const series = items.get(id)?.series?.id;
    if (series === undefined) return true;
    return !seen.has(series) && seen.add(series);
  });
}

/** What the reference of a booking that has none yet would be. */
function newReference(bookingId: number): CheckedReference {
  return {
    id: "new",
    bookingId,
    externalEventId: null,
    originalStart: "",
    seriesReferenceId: null,
    status: "PENDING",
    version: null,
    sequence: 0,
    base: null,
    pending: [],
    generation: 0,
    pushRequestedAt: null,
    nextPushAt: null,
    recheckAt: null,
  };
}
