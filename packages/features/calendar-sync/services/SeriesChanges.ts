import { randomUUID } from "node:crypto";
import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange, ExternalEvent } from "@calsync/types";
import type { ClockTrust } from "../engine/clock-compare.ts";
import type { InboundPlan, RemoteState } from "../engine/plan-inbound.ts";
import type { SyncPolicy } from "../engine/policy.ts";
import { type PlannedOccurrence, planSeries, type SeriesInput, type SeriesPlan } from "../engine/series.ts";
import type { EventView } from "../engine/view.ts";
import { settleSeriesJob } from "../jobs/settle-series.job.ts";
import type { BookingStore, LocalItem, LocalSeries, SeriesChange } from "../ports/BookingStore.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow, SeriesReferenceRow } from "../repositories/rows.ts";
import type { SeriesReferencePatch } from "../repositories/SeriesReferenceRepository.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";
import { localOf } from "./local-of.ts";
import type { Planned } from "./planned-change.ts";

/** What a page means for one series. */
export interface SeriesWork {
  reference: SeriesReferenceRow;
  plan: SeriesPlan;
  /** The event that the work is about; its changes wait together. */
  eventId: string;
  event: ExternalEvent | null;
  /** The series that the later occurrences move into, and the change that told of it, if the page did. */
  successor: { seriesId: string; change: ExternalChange | null } | null;
}

/** What a page means for series. */
export interface SeriesOutcome {
  works: SeriesWork[];
  planned: Planned[];
  /** Changes that have found their series; the others are single events' or not ours. */
  handled: ReadonlySet<ExternalChange>;
}

export interface SeriesContext {
  policy: SyncPolicy;
  now: Date;
  clock: ClockTrust;
  ownAddresses: readonly string[];
  /** Occurrences that dropped out of a rule are waited for no longer. */
  settled: boolean;
}

const NONE: SeriesOutcome = { works: [], planned: [], handled: new Set() };

/** Finds what a page means for series and their occurrences, and carries it out, in a fixed number of statements. */
export class SeriesChanges {
  readonly #repositories: Pick<SyncRepositories, "references" | "seriesReferences" | "events">;
  readonly #store: BookingStore;
  readonly #graceMs: number;

  /** @param graceMs how long occurrences that dropped out of a rule stand before they are cancelled */
  constructor(
    repositories: Pick<SyncRepositories, "references" | "seriesReferences" | "events">,
    store: BookingStore,
    graceMs: number,
  ) {
    this.#repositories = repositories;
    this.#store = store;
    this.#graceMs = graceMs;
  }

  /** @param references all that the page found, those of single events too. Two statements, four when a series lost occurrences. */
  async plan(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    changes: readonly ExternalChange[],
    references: readonly ReferenceRow[],
    items: ReadonlyMap<number, LocalItem>,
    context: SeriesContext,
  ): Promise<SeriesOutcome> {
    const occurrences = Map.groupBy(
      references.filter((one) => one.seriesReferenceId !== null),
      (one) => one.seriesReferenceId ?? "",
    );
    if (occurrences.size === 0 || !this.#store.series) return NONE;
    const { seriesReferences, events } = this.#repositories;
    const rows = await seriesReferences.findForChanges(tx, calendar.id, [...occurrences.keys()]);
    const locals = await this.#store.series.load(
      tx,
      rows.map(({ seriesId }) => seriesId),
      { lock: true },
    );
    const localOf = new Map(locals.map((local) => [local.seriesId, local]));
    const inputs = rows.flatMap((row) => {
      const local = localOf.get(row.seriesId);
      return local ? [inputOf(row, local, changes, occurrences.get(row.id) ?? [], items, context)] : [];
    });
    let plans = inputs.map(planReadable);
    const lonely = inputs.filter(({ successors }, index) => successors.length === 0 && hasLost(plans[index]));
    if (lonely.length > 0) {
      // The new series may have been told of before the old one was cut: then it stands in the mirror.
      const marked = await events.findMarkedSeries(
        tx,
        calendar.id,
        lonely.map(({ reference }) => reference.id),
      );
      for (const input of lonely) {
        const { id, externalEventId } = input.reference;
        input.successors = marked.filter((event) => event.marker === id && event.id !== externalEventId);
      }
      plans = inputs.map(planReadable);
    }
    return gather(inputs, plans, changes);
  }

  /** Stores what becomes of the series; before the actions on their occurrences, whose mails name them. */
  async carryOut(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    works: readonly SeriesWork[],
    waiting: readonly SeriesWork[],
    now: Date,
  ): Promise<void> {
    if (works.length === 0 && waiting.length === 0) return;
    const { seriesReferences } = this.#repositories;
    const changes = works.flatMap(changesOf);
    await this.#store.series?.change(tx, changes, now);
    const split = changes.flatMap((change) =>
      change.splitFrom ? change.slots.map(({ bookingId }) => bookingId) : [],
    );
    const tied = await seriesReferences.tie(tx, split);
    const own = new Map(
      tied.filter((one) => one.calendarSyncId === calendar.id).map((one) => [one.seriesId, one.id]),
    );
    const seen = { seenGeneration: calendar.fullPullGeneration, lastPulledAt: now };
    await seriesReferences.update(tx, [
      ...works.flatMap((work) => this.#patchesOf(work, own, now).map((patch) => ({ ...patch, ...seen }))),
      ...waiting.map(({ reference }) => ({ id: reference.id, status: "CONFLICT" as const, ...seen })),
    ]);
  }

  /**
   * Wishes pushes for the recurring events that are behind now, and a second look at occurrences that are waited for.
   * @returns the calendars to push to
   */
  async followUp(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    works: readonly SeriesWork[],
    now: Date,
  ): Promise<string[]> {
    if (works.length === 0) return [];
    const { id: calendarSyncId } = calendar;
    if (works.some(({ plan }) => plan.waiting)) {
      // A little later than the time itself, so that it has come for sure.
      const runAt = new Date(now.getTime() + this.#graceMs + 1_000);
      await enqueueMany(tx, [{ job: settleSeriesJob, payload: { calendarSyncId }, runAt }]);
    }
    const { seriesReferences } = this.#repositories;
    const changed = works.flatMap(({ reference, plan, successor }) => [
      ...(plan.change || plan.push ? [reference.seriesId] : []),
      ...(successor ? [successor.seriesId] : []),
    ]);
    const settled = works.filter(({ plan }) => !plan.push).map(({ reference }) => reference.id);
    return seriesReferences.requestPushes(tx, changed, settled);
  }

  #patchesOf({ reference, plan, event, successor }: SeriesWork, own: ReadonlyMap<string, string>, now: Date) {
    const { clearPending, recreate, ...update } = plan.reference;
    const patch: SeriesReferencePatch = { id: reference.id, ...update };
    if (clearPending) patch.pending = null;
    if (event && reference.externalEventId === null) patch.externalEventId = event.id;
    if (event?.iCalUid) patch.iCalUid = event.iCalUid;
    if (recreate)
      Object.assign(patch, {
        externalEventId: null,
        iCalUid: null,
        version: null,
        generation: reference.generation + 1,
      });
    patch.settleAt = plan.waiting ? (reference.settleAt ?? new Date(now.getTime() + this.#graceMs)) : null;
    const heir = plan.successor?.event;
    const heirId = successor && own.get(successor.seriesId);
    if (!heir || !heirId) return [patch];
    // Without a base the next push writes it: the copy still carries the marker of the series it was copied from.
    const { id: externalEventId, iCalUid, version } = heir;
    return [patch, { id: heirId, externalEventId, iCalUid, version, status: "SYNCED" as const }];
  }
}

type Input = Omit<SeriesInput, "reference" | "successors" | "occurrences"> & {
  reference: SeriesReferenceRow & { view?: EventView };
  successors: ExternalEvent[];
  occurrences: { reference: ReferenceRow; local: LocalItem | null }[];
  change: ExternalChange | null;
};

function inputOf(
  row: SeriesReferenceRow,
  local: LocalSeries,
  changes: readonly ExternalChange[],
  references: readonly ReferenceRow[],
  items: ReadonlyMap<number, LocalItem>,
  context: SeriesContext,
): Input {
  const id = row.externalEventId;
  const isOwn = (one: ExternalChange) =>
    id === null
      ? one.type === "upsert" && one.event.marker === row.id && one.event.seriesId === null
      : one.type === "upsert"
        ? one.event.id === id
        : one.type === "delete" && one.eventId === id;
  const change = changes.find(isOwn) ?? null;
  const instances = new Map<string, RemoteState>();
  for (const one of changes) {
    const at = instanceOf(one);
    if (at && at.seriesId === (id ?? eventIdOf(change))) instances.set(at.originalStart, at.remote);
  }
  return {
    ...context,
    // A calendar is shown of a series what it is shown of its occurrences.
    reference: { ...row, ...(references[0]?.view ? { view: references[0].view } : {}) },
    local,
    change,
    remote: change && remoteOf(change),
    instances,
    occurrences: references.map((reference) => ({
      reference,
      local: localOf(reference, items),
    })),
    successors: changes.flatMap((one) =>
      one.type === "upsert" && id !== null && isCopy(one.event, row.id, id) ? [one.event] : [],
    ),
  };
}

function isCopy(event: ExternalEvent, marker: string, ownId: string): boolean {
  return (
    event.marker === marker &&
    event.id !== ownId &&
    event.seriesId === null &&
    event.recurrence !== null &&
    event.status !== "cancelled"
  );
}

/** A rule that cannot be read says nothing about bookings (invariant 6). */
function planReadable(input: Input): SeriesPlan | null {
  try {
    return planSeries(input);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return null;
  }
}

const hasLost = (plan: SeriesPlan | null | undefined): boolean =>
  plan !== null &&
  plan !== undefined &&
  (plan.waiting ||
    plan.occurrences.some(
      ({ plan: { reason } }) => reason === "series-shortened" || reason === "series-deleted",
    ));

function gather(
  inputs: readonly Input[],
  plans: readonly (SeriesPlan | null)[],
  changes: readonly ExternalChange[],
): SeriesOutcome {
  const outcome = { works: [] as SeriesWork[], planned: [] as Planned[], handled: new Set<ExternalChange>() };
  inputs.forEach((input, index) => {
    const plan = plans[index];
    const { reference, change, instances } = input;
    if (!plan) return;
    const known = new Set(input.occurrences.map((one) => one.reference.originalStart));
    for (const one of plan.occurrences) if (one.place) known.add(one.place.originalStart);
    const eventId = reference.externalEventId ?? eventIdOf(change) ?? "";
    const told = new Map<string, ExternalChange>();
    for (const one of changes) {
      const at = instanceOf(one);
      if (!at || at.seriesId !== eventId || !known.has(at.originalStart)) continue;
      outcome.handled.add(one);
      told.set(at.originalStart, one);
    }
    if (change) outcome.handled.add(change);
    const heir = plan.successor?.event;
    const heirChange = changes.find((one) => one.type === "upsert" && one.event === heir) ?? null;
    if (heirChange) outcome.handled.add(heirChange);
    const successor = heir ? { seriesId: randomUUID(), change: heirChange } : null;
    const event = change?.type === "upsert" ? change.event : null;
    outcome.works.push({ reference, plan, eventId, event, successor });
    for (const one of plan.occurrences) {
      const instance =
        one.place === null
          ? undefined
          : told.get(one.place?.originalStart ?? one.occurrence.reference.originalStart);
      const own = instance && instances.size > 0 ? instance : null;
      outcome.planned.push(toPlanned(one, own, change ?? heirChange, input, eventId, successor?.seriesId));
    }
  });
  return outcome;
}

function toPlanned(
  { occurrence, plan, place, leaves, event, withFacts }: PlannedOccurrence,
  instance: ExternalChange | null,
  whole: ExternalChange | null,
  { reference: series }: Input,
  eventId: string,
  successorId: string | undefined,
): Planned {
  const reference = occurrence.reference as ReferenceRow;
  const patch: Partial<ReferencePatch> = place
    ? { externalEventId: place.eventId, originalStart: place.originalStart }
    : place === null
      ? { externalEventId: null, originalStart: "" }
      : {};
  if (leaves) patch.seriesReferenceId = null;
  const change = instance ??
    whole ?? { type: "delete", eventId, seriesId: null, originalStart: null, version: null };
  const found = versionOf(change);
  return {
    reference,
    change,
    local: occurrence.local,
    facts: null,
    plan: withSuccessor(plan, successorId),
    eventId: instance ? (eventIdOf(instance) ?? eventId) : eventId,
    iCalUid: null,
    // One step of the whole series is one step for each of its occurrences.
    version: instance ? found : `series:${series.version ?? "new"}>${found ?? "gone"}`,
    series: {
      patch,
      ofInstance: instance !== null,
      ...(event ? { event } : {}),
      ...(withFacts ? { withFacts: (facts) => withSuccessor(withFacts(facts), successorId) } : {}),
    },
  };
}

function withSuccessor(plan: InboundPlan, successorId: string | undefined): InboundPlan {
  if (successorId === undefined) return plan;
  const actions = plan.actions.map((action) =>
    action.seriesId === "successor" ? { ...action, seriesId: successorId } : action,
  );
  return { ...plan, actions };
}

function changesOf({ reference, plan, successor }: SeriesWork): SeriesChange[] {
  const leaving = plan.occurrences
    .filter(({ leaves }) => leaves)
    .map(({ occurrence }) => occurrence.reference.bookingId);
  const { seriesId } = reference;
  const own = plan.change ?? { set: {}, changedAt: null, slots: [] };
  return [
    ...(plan.change || leaving.length > 0 ? [{ seriesId, ...own, leaving }] : []),
    ...(plan.successor && successor
      ? [{ seriesId: successor.seriesId, splitFrom: seriesId, ...plan.successor.change, leaving: [] }]
      : []),
  ];
}

/**
 * Occurrences that only the event has, nobody having booked them, make the host busy like anything else in the calendar: the
 * event goes to the mirror without the places of bookings.
 */
export function extrasOf({ plan, event, reference }: SeriesWork): ExternalChange[] {
  if (!plan.extras || !event) return [];
  const taken = plan.taken.map((slot) => slot.replaceAll(/[-:]|[.]000/g, ""));
  const days = event.time.allDay ? ";VALUE=DATE" : "";
  const recurrence = [
    ...(event.recurrence ?? []),
    ...(taken.length > 0 ? [`EXDATE${days}:${taken.join(",")}`] : []),
  ];
  return [{ type: "upsert", event: { ...event, recurrence, marker: reference.id } }];
}

function instanceOf(
  change: ExternalChange,
): { seriesId: string; originalStart: string; remote: RemoteState } | null {
  const remote = remoteOf(change);
  if (!remote || change.type === "unreadable") return null;
  const { seriesId, originalStart } = change.type === "upsert" ? change.event : change;
  return seriesId && originalStart ? { seriesId, originalStart, remote } : null;
}

function remoteOf(change: ExternalChange): RemoteState | null {
  if (change.type === "upsert") return { state: "present", event: change.event };
  return change.type === "delete" ? { state: "deleted", version: change.version } : null;
}

function versionOf(change: ExternalChange): string | null {
  if (change.type === "upsert") return change.event.version;
  return change.type === "delete" ? change.version : null;
}

function eventIdOf(change: ExternalChange | null): string | null {
  if (!change) return null;
  return change.type === "upsert" ? change.event.id : change.eventId;
}
