import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange } from "@calsync/types";
import { planMoved } from "../engine/series.ts";
import { settleSeriesJob } from "../jobs/settle-series.job.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { MarkedSeries, SeriesPart } from "../repositories/ExternalEventRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import type { SeriesReferencePatch } from "../repositories/SeriesReferenceRepository.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";
import { callsOff, copiesElsewhere, followCopies, patchesElsewhere } from "./copies-of-series.ts";
import { hasGone, type MovedSeries } from "./MovedSeries.ts";
import {
  changesOf,
  eventsThatMove,
  gather,
  hasLost,
  inputOf,
  planReadable,
  type SeriesContext,
  type SeriesOutcome,
  type SeriesWork,
} from "./page-of-series.ts";

const NONE: SeriesOutcome = { works: [], planned: [], handled: new Set(), pullCalendarIds: [] };

/** Finds what a page means for series and their occurrences, and carries it out, in a fixed number of statements. */
export class SeriesChanges {
  readonly #repositories: Pick<SyncRepositories, "references" | "seriesReferences" | "events">;
  readonly #store: BookingStore;
  readonly #moved: MovedSeries;
  readonly #graceMs: number;

  /** @param graceMs how long occurrences that dropped out of a rule stand before they are cancelled */
  constructor(
    repositories: Pick<SyncRepositories, "references" | "seriesReferences" | "events">,
    store: BookingStore,
    moved: MovedSeries,
    graceMs: number,
  ) {
    this.#repositories = repositories;
    this.#store = store;
    this.#moved = moved;
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
    const ownedIds = new Set(rows.flatMap(({ externalEventId }) => externalEventId ?? []));
    const inputs = rows.flatMap((row) => {
      const local = localOf.get(row.seriesId);
      const references = occurrences.get(row.id) ?? [];
      return local ? [inputOf(row, local, changes, references, items, context, ownedIds)] : [];
    });
    let plans = inputs.map(planReadable);
    const lonely = inputs.filter((_input, index) => hasLost(plans[index]));
    let elsewhere: MarkedSeries[] = [];
    let parts: SeriesPart[] = [];
    if (lonely.length > 0) {
      // A new series may have been told of before the old one was cut: then it stands in the mirror.
      const marked = await events.findMarkedSeries(
        tx,
        calendar.userId,
        lonely.map(({ reference }) => reference.id),
      );
      parts = await events.findSeries(
        tx,
        [...new Set(marked.map(({ calendarSyncId }) => calendarSyncId))],
        marked.map(({ event }) => event.id),
      );
      const here = marked.filter(({ calendarSyncId }) => calendarSyncId === calendar.id);
      elsewhere = marked.filter((one) => !here.includes(one));
      for (const input of lonely) followCopies(input, here, parts, calendar.id);
      plans = inputs.map(planReadable);
      // Before anything is called off or made again: a person may have left the copy in another calendar.
      // One that has gone itself is looked for as a whole, below.
      const ending = inputs.filter((input, index) => !hasGone(input) && callsOff(plans[index]));
      for (const input of ending) followCopies(input, elsewhere, parts, calendar.id);
      if (ending.length > 0) plans = inputs.map(planReadable);
    }
    const readable = inputs.filter((_input, index) => plans[index] !== null);
    const gone = await this.#moved.find(tx, calendar, readable, { ...context, marked: elsewhere });
    // What has gone for good may have left copies in other calendars.
    const ended = readable.filter((input) => hasGone(input) && !gone.byId.has(input.reference.id));
    for (const input of ended) followCopies(input, elsewhere, parts, calendar.id);
    if (ended.length > 0 && elsewhere.length > 0) plans = inputs.map(planReadable);
    plans = inputs.map((input, index) =>
      gone.byId.has(input.reference.id) ? planMoved(input) : (plans[index] ?? null),
    );
    // Whether times are free is looked up next: what the mirror has of these events themselves must not stand in their way.
    await events.deleteMany(tx, calendar.id, eventsThatMove(inputs, plans));
    const asked = await this.#moved.askOthers(tx, calendar, plans, context.now);
    return gather(inputs, plans, changes, { ...gone, pullCalendarIds: [...gone.pullCalendarIds, ...asked] });
  }

  /** Forgets what the mirrors of other calendars hold of copies that are followed there. No statement when there are none. */
  async claimCopies(tx: PrismaTransaction, works: readonly SeriesWork[]): Promise<void> {
    const places = works.flatMap(copiesElsewhere);
    await this.#repositories.events.deleteSeries(
      tx,
      places.map(({ calendarSyncId, event }) => ({ calendarSyncId, externalEventId: event.id })),
    );
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
    // The references of what goes on in a copy elsewhere go there first: they are tied where they are.
    await this.#repositories.references.update(tx, works.flatMap(patchesElsewhere));
    const tied = await seriesReferences.tie(tx, split);
    const tiedAt = new Map(tied.map((one) => [`${one.seriesId} ${one.calendarSyncId}`, one.id]));
    const seen = { seenGeneration: calendar.fullPullGeneration, lastPulledAt: now };
    await seriesReferences.update(tx, [
      ...works.flatMap((work) =>
        this.#patchesOf(work, calendar.id, tiedAt, now).map((patch) => ({
          ...patch,
          // An instance that is listed says nothing about whether its series is.
          ...(work.event && patch.calendarSyncId === undefined ? seen : { lastPulledAt: now }),
        })),
      ),
      ...waiting.map(({ reference }) => ({ id: reference.id, status: "CONFLICT" as const, ...seen })),
    ]);
    const gone = works.flatMap((work) => work.gone ?? []);
    await this.#repositories.references.update(
      tx,
      gone.flatMap((one) => this.#moved.patchesOfOccurrences(one, now)),
    );
  }

  /**
   * Wishes pushes for the recurring events that are behind now, and a second look at occurrences that are waited for and at series
   * that have moved, or may have.
   * @param markers of events that are not known to be ours here
   * @returns the calendars to push to
   */
  async followUp(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    works: readonly SeriesWork[],
    markers: readonly string[],
    now: Date,
  ): Promise<string[]> {
    const { id: calendarSyncId, userId } = calendar;
    const { seriesReferences } = this.#repositories;
    const elsewhere = await seriesReferences.requestLooks(tx, { userId, calendarSyncId, markers }, now);
    await enqueueMany(
      tx,
      elsewhere.map((id) => ({ job: settleSeriesJob, payload: { calendarSyncId: id }, runAt: now })),
    );
    if (works.length === 0) return [];
    await this.#moved.lookAgain(
      tx,
      calendar,
      works.flatMap(({ gone }) => gone ?? []),
      now,
    );
    if (works.some(({ plan }) => plan.waitingSince !== null)) {
      // A little later than the time itself, so that it has come for sure.
      const runAt = new Date(now.getTime() + this.#graceMs + 1_000);
      await enqueueMany(tx, [{ job: settleSeriesJob, payload: { calendarSyncId }, runAt }]);
    }
    const copies = new Set(works.flatMap(copiesElsewhere).map((one) => one.calendarSyncId));
    await enqueueMany(
      tx,
      [...copies].map((id) => ({ job: settleSeriesJob, payload: { calendarSyncId: id }, runAt: now })),
    );
    const changed = works.flatMap(({ reference, plan, successorIds }) => [
      ...(plan.change || plan.push ? [reference.seriesId] : []),
      ...successorIds,
    ]);
    const settled = works.flatMap(({ plan, reference, leftIds }) => [
      ...(plan.push ? [] : [reference.id]),
      ...leftIds,
    ]);
    const moved = works.flatMap(({ gone }) => gone?.place?.calendarSyncId ?? []);
    return [...(await seriesReferences.requestPushes(tx, changed, settled)), ...moved];
  }

  #patchesOf(
    { reference, plan, event, told, successorIds, gone, elsewhere, leftIds }: SeriesWork,
    calendarSyncId: string,
    tiedAt: ReadonlyMap<string, string>,
    now: Date,
  ): SeriesReferencePatch[] {
    const heirs = plan.successors.flatMap(({ event: heir }, index): SeriesReferencePatch[] => {
      const other = elsewhere.get(heir.id);
      const idAt = (place: string) => tiedAt.get(`${successorIds[index] ?? ""} ${place}`);
      const heirId = idAt(other?.calendarSyncId ?? calendarSyncId);
      // Without a base the next push writes it: the copy still carries the marker of the series it was copied from.
      const { id: externalEventId, iCalUid, version } = heir;
      if (!heirId) return [];
      const stands = { id: heirId, externalEventId, iCalUid, version, status: "SYNCED" as const };
      // What the mirror knew of another calendar may be old: it is read there.
      if (!other) return [stands];
      const there = { ...stands, calendarSyncId: other.calendarSyncId, seenGeneration: 0, settleAt: now };
      const leftId = other.taken ? idAt(calendarSyncId) : undefined;
      if (leftId === undefined) return [there];
      leftIds.push(leftId);
      return [there, { id: leftId, status: "DELETED" }];
    });
    if (gone) return [this.#moved.patchOf(gone, now), ...heirs];
    const { clearPending, recreate, ...update } = plan.reference;
    const patch: SeriesReferencePatch = { id: reference.id, ...update };
    if (clearPending) Object.assign(patch, { pending: null, deletePending: false });
    if (event && reference.externalEventId === null) patch.externalEventId = event.id;
    if (event?.iCalUid) patch.iCalUid = event.iCalUid;
    if (recreate)
      Object.assign(patch, {
        externalEventId: null,
        iCalUid: null,
        version: null,
        generation: reference.generation + 1,
      });
    // Whoever waits for a look at the series itself waits on while only its instances are told of.
    if (told) Object.assign(patch, { deletedSeenAt: null, settleAt: null });
    if (plan.waitingSince) patch.settleAt = new Date(plan.waitingSince.getTime() + this.#graceMs);
    // What had waited was that some of it moves away; nothing is told of the rest by that.
    if (plan.successors.length > 0 && reference.status === "CONFLICT") patch.status ??= "SYNCED";
    return [patch, ...heirs];
  }
}
