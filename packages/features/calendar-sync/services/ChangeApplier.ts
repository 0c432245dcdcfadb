import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange, Interval } from "@calsync/types";
import { isStranger } from "../engine/agreement.ts";
import type { ClockTrust } from "../engine/clock-compare.ts";
import { type InboundInput, planInbound } from "../engine/plan-inbound.ts";
import type { BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { ChangeRecordRepository, NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import type { AppliedChanges } from "./applied-changes.ts";
import { asShown } from "./as-shown.ts";
import { type ChangeGuard, guarded } from "./ChangeGuard.ts";
import { goneOf, goneRecords, patchOfGone, reviveAdopted, withoutMoves } from "./gone-events.ts";
import { localOf } from "./local-of.ts";
import type { Mirror } from "./Mirror.ts";
import type { GoneEvents, MovedEvents } from "./MovedEvents.ts";
import { goneSeriesRecord } from "./MovedSeries.ts";
import { eventIdOf, latestPerEvent, markersOf, remoteOf, seriesIdOf, uidOf } from "./page-of-changes.ts";
import { extrasOf, heirIdsOf } from "./page-of-series.ts";
import { actionsOf, isDone, isRefused, patchOf, refusalRecord, setAsideRecord } from "./plan-effects.ts";
import {
  type ApplyOptions,
  findingOf,
  type Planned,
  policyFor,
  putBack,
  recordBase,
  stagedOf,
  touches,
  touchOf,
  waitingPatch,
} from "./planned-change.ts";
import { policyOf } from "./policy-of.ts";
import type { Questions } from "./Questions.ts";
import type { SeriesChanges } from "./SeriesChanges.ts";

/** What applying asks of others. */
interface ApplierParts {
  moved: MovedEvents;
  guard: ChangeGuard;
  questions: Questions;
  series: SeriesChanges;
  /** How far a calendar's times of change can be trusted. */
  clockOf: (calendar: CalendarSyncRow) => ClockTrust;
  capabilitiesOf: CalendarGateway["capabilitiesOf"];
}

/**
 * Carries a page of changes into the database, inside the caller's transaction and with a fixed number of statements:
 * bookings through the booking store, everything else into the mirror, a record for each change made or refused.
 */
export class ChangeApplier {
  readonly #references: ReferenceRepository;
  readonly #records: ChangeRecordRepository;
  readonly #mirror: Mirror;
  readonly #store: BookingStore;
  readonly #moved: MovedEvents;
  readonly #guard: ChangeGuard;
  readonly #questions: Questions;
  readonly #series: SeriesChanges;
  readonly #clockOf: (calendar: CalendarSyncRow) => ClockTrust;
  readonly #capabilitiesOf: CalendarGateway["capabilitiesOf"];

  constructor(
    references: ReferenceRepository,
    records: ChangeRecordRepository,
    mirror: Mirror,
    store: BookingStore,
    parts: ApplierParts,
  ) {
    this.#references = references;
    this.#records = records;
    this.#mirror = mirror;
    this.#store = store;
    this.#moved = parts.moved;
    this.#guard = parts.guard;
    this.#questions = parts.questions;
    this.#clockOf = parts.clockOf;
    this.#capabilitiesOf = parts.capabilitiesOf;
    this.#series = parts.series;
  }

  /** @param options how changes that cancel or move bookings are treated; by itself a page is judged as the whole listing */
  async apply(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    changes: readonly ExternalChange[],
    window: Interval,
    now: Date,
    options: ApplyOptions = { mode: "alone" },
  ): Promise<AppliedChanges> {
    const latest = latestPerEvent(changes);
    const found = await this.#findReferences(tx, calendar, latest);
    const references = asShown(found, this.#capabilitiesOf(calendar.provider));
    const items = await this.#loadItems(tx, references);
    const singles = references.filter((one) => one.seriesReferenceId === null);
    const byEventId = new Map(singles.map((reference) => [reference.externalEventId, reference]));
    // Our own create whose answer was lost: the marker tells which reference the event belongs to.
    const unwritten = new Map(
      singles.filter((one) => one.externalEventId === null).map((one) => [one.id, one]),
    );
    // What was never written may have its event already, made by somebody else: an invitation that was accepted, an import.
    const strangers = new Map(
      [...unwritten.values()].filter(isStranger).map((one) => [items.get(one.bookingId)?.iCalUid, one]),
    );
    const policy = policyFor(options.mode, policyOf(calendar));
    const clock = this.#clockOf(calendar);
    const { ownAddresses } = calendar;
    const context = { policy, now, clock, ownAddresses };
    const settledBefore = options.settledBefore ?? (options.mode === "confirmed" ? now : null);
    // What was answered has had its time to turn up elsewhere; what was counted in this very pull has not.
    const hasTime = guarded(options.mode) || options.mode === "counted";
    const recheck = options.recheck ?? (hasTime ? undefined : "last-look");
    const series = await this.#series.plan(tx, calendar, latest, references, items, {
      ...context,
      settledBefore,
      deletedDatesStay: this.#capabilitiesOf(calendar.provider).deletedDatesStay,
      recheck,
      ahead: options.ahead === true || options.mode === "part",
    });
    const plans: Planned[] = [];
    const foreign: ExternalChange[] = [];
    for (const change of latest) {
      if (series.handled.has(change)) continue;
      // An instance carries the marker of the series that it was copied from.
      const marker = change.type === "upsert" && change.event.seriesId === null ? change.event.marker : null;
      const uid = uidOf(change);
      const reference =
        byEventId.get(eventIdOf(change)) ??
        unwritten.get(marker ?? "") ??
        (uid === null ? undefined : strangers.get(uid));
      if (reference?.externalEventId === null) {
        // One event stands for a booking, however many say so.
        unwritten.delete(reference.id);
        strangers.delete(items.get(reference.bookingId)?.iCalUid);
      }
      const remote = remoteOf(change);
      if (!reference || !remote) {
        foreign.push(change);
        continue;
      }
      const local = localOf(reference, items);
      plans.push(planOne(reference, change, { ...context, reference, local, remote }));
    }
    const gone = await this.#moved.find(
      tx,
      calendar,
      goneOf(plans, options.recheck !== undefined, now),
      recheck,
      now,
    );
    const all = plans
      .map((one) => withoutMoves(options.recheck ? reviveAdopted(one) : one, gone))
      .concat(series.planned);
    const limit = policy.massChangeLimit;
    const verdict = this.#guard.judge(options.mode, all.map(touchOf), calendar, limit);
    const waiting = verdict === "apply" ? [] : all.filter((one) => touches(one));
    const waitingIds = new Set(waiting.map(({ eventId }) => eventId));
    const works = series.works.filter(({ eventId }) => !waitingIds.has(eventId));
    const worksWaiting = series.works.filter(({ eventId }) => waitingIds.has(eventId));
    await this.#series.claimCopies(tx, works);
    // A date takes its new place when its series does; it is told of again then, as everything is listed anew.
    const seriesWaiting = new Set(worksWaiting.map((work) => work.reference.id));
    const early = all.filter(
      (one) =>
        !waitingIds.has(one.eventId) &&
        seriesWaiting.has(one.reference.seriesReferenceId ?? "") &&
        one.series?.patch.originalStart !== undefined,
    );
    const planned = await this.#lookAtTimes(
      tx,
      all.filter((one) => !waitingIds.has(one.eventId) && !early.includes(one)),
      context,
    );
    for (const { plan, elsewhere } of worksWaiting)
      for (const { event } of plan.successors)
        if (!elsewhere.has(event.id)) foreign.push({ type: "upsert", event });
    foreign.push(...series.works.flatMap(extrasOf));
    await this.#series.carryOut(tx, calendar, works, worksWaiting, now);
    const actions = planned.flatMap((one) => actionsOf(one, calendar));
    const outcomes = actions.length > 0 ? await this.#store.applyActions(tx, actions, now) : [];
    const actionOf = new Map(actions.map((action) => [action.actionId, action]));
    // A booking that did not take over what the calendar has keeps its own: the calendar must be told.
    const stubborn = new Set(
      outcomes.filter((outcome) => isRefused(outcome)).map(({ bookingId }) => bookingId),
    );
    await this.#references.freePlaces(
      tx,
      planned
        .filter(
          ({ series: own, reference }) =>
            own?.patch.originalStart !== undefined && reference.originalStart !== "",
        )
        .map(({ reference }) => reference.id),
    );
    await this.#references.update(tx, [
      ...planned.map((one) => ({ ...patchOf(one, calendar, now), ...patchOfGone(one, gone, now) })),
      ...waiting.map((one) => waitingPatch(one, calendar, now)),
      ...early.map(({ reference: { id } }) => ({ id, seenGeneration: calendar.fullPullGeneration })),
    ]);
    // Found just now, or moved here and not read since: until then they were taken for somebody else's.
    const linked = planned
      .filter(({ reference }) => reference.externalEventId === null || reference.recheckAt !== null)
      .map(({ eventId }) => eventId)
      .concat(works.flatMap(({ event, plan }) => [event?.id ?? [], heirIdsOf(plan)].flat()));
    const mirror = await this.#mirror.apply(tx, calendar, foreign, window, linked);

    const records: NewChangeRecord[] = [];
    for (const one of planned) {
      for (const refusal of one.plan.refusals)
        records.push(refusalRecord(one, putBack(options.mode, refusal), calendar));
    }
    const planOf = new Map(planned.map((one) => [one.reference.bookingId, one]));
    for (const outcome of outcomes) {
      const action = actionOf.get(outcome.actionId);
      const one = planOf.get(outcome.bookingId);
      if (!action || !one || !(isDone(outcome) || isRefused(outcome))) continue;
      records.push({
        ...recordBase(one, calendar),
        result: isDone(outcome) ? "APPLIED" : "REFUSED",
        action: action.kind,
        reason: isRefused(outcome) ? outcome.refusal : action.reason,
        before: outcome.before,
        after: outcome.after,
        actionId: isDone(outcome) ? action.actionId : null,
        ...(options.massChangeId ? { massChangeId: options.massChangeId } : {}),
      });
    }
    for (const one of planned) records.push(...goneRecords(one, gone, calendar));
    for (const work of works) if (work.gone) records.push(...goneSeriesRecord(work.gone, calendar));
    for (const { externalEventId, reason } of mirror.setAside) {
      records.push(setAsideRecord(calendar, externalEventId, reason));
    }
    records.push(
      ...(await this.#questions.keep(tx, calendar, planned.map(findingOf), now)),
      ...(await this.#guard.putBy(
        tx,
        calendar,
        {
          staged: [...waitingIds].map((id) => stagedOf(id, all)),
          eventIds: all.flatMap(({ eventId, change }) => [eventId, eventIdOf(change) ?? []].flat()),
          ask: verdict === "ask",
          limit,
        },
        now,
      )),
    );
    await this.#records.append(tx, records, now);

    const pushing = planned.filter(({ plan, reference }) => plan.push || stubborn.has(reference.bookingId));
    const spreading = planned.filter(({ plan }) => plan.spread).map(({ reference }) => reference.bookingId);
    const pushCalendarIds = await this.#references.requestPushes(tx, {
      bookingIds: [...outcomes.filter(isDone).map(({ bookingId }) => bookingId), ...spreading],
      exceptIds: planned.map(({ reference }) => reference.id),
      ids: pushing.map(({ reference }) => reference.id),
    });
    const ofSeries = await this.#series.followUp(tx, calendar, works, markersOf(foreign), now);
    return {
      applied: outcomes.filter((outcome) => outcome.applied).length,
      refused: records.filter((record) => record.result === "REFUSED").length,
      mirrored: mirror.mirrored + mirror.deleted,
      setAside: mirror.setAside.length,
      held: waiting.length,
      pushCalendarIds: [...new Set([...pushCalendarIds, ...ofSeries])],
      pullCalendarIds: [...new Set([...gone.pullCalendarIds, ...series.pullCalendarIds])],
      rechecks: await this.#rechecks(tx, calendar, foreign, gone, now),
      relist: works.some(({ plan }) => plan.relist),
    };
  }

  /**
   * Where events are to be read directly: those that have moved, in their new calendar; those that may have, in this one; and
   * those whose marker has turned up here, in the calendar that they are known to be in.
   */
  async #rechecks(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    foreign: readonly ExternalChange[],
    { moved, unconfirmed, nextLook }: GoneEvents,
    now: Date,
  ): Promise<AppliedChanges["rechecks"]> {
    const markers = markersOf(foreign);
    const { id: calendarSyncId, userId } = calendar;
    const elsewhere =
      markers.length > 0
        ? await this.#references.requestRechecks(tx, { userId, calendarSyncId, markers }, now)
        : [];
    const places = [...moved.values()].filter(({ taken }) => !taken).map((place) => place.calendarSyncId);
    const rechecks = [...new Set([...elsewhere, ...places])].map((id) => ({ calendarSyncId: id, at: now }));
    if (unconfirmed.size > 0) rechecks.push({ calendarSyncId, at: nextLook });
    return rechecks;
  }

  /** Plans moves once more, with what is known of their times. One statement, none for a page that moves nothing. */
  async #lookAtTimes(
    tx: PrismaTransaction,
    planned: Planned[],
    context: Pick<InboundInput, "policy" | "now" | "clock" | "ownAddresses">,
  ): Promise<Planned[]> {
    const moves = planned.flatMap(({ reference, plan }) =>
      plan.actions.flatMap((action) =>
        action.kind === "reschedule" ? [{ bookingId: reference.bookingId, time: action.time }] : [],
      ),
    );
    if (moves.length === 0 || !this.#store.checkTimes) return planned;
    const leaving = planned.filter((one) => touchOf(one).cancels).map(({ reference }) => reference.bookingId);
    const found = await this.#store.checkTimes(tx, moves, leaving);
    const factsOf = new Map(found.map(({ bookingId, ...facts }) => [bookingId, facts]));
    return planned.map((one) => {
      const { reference, change, local } = one;
      const timeFacts = factsOf.get(reference.bookingId);
      const remote = remoteOf(change);
      if (!timeFacts || !remote || !touchOf(one).moves) return one;
      if (one.series)
        return { ...one, plan: one.series.withFacts?.(timeFacts) ?? one.plan, facts: timeFacts };
      return planOne(reference, change, { ...context, reference, local, remote, timeFacts });
    });
  }

  async #findReferences(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    changes: readonly ExternalChange[],
  ): Promise<ReferenceRow[]> {
    const eventIds = changes.flatMap((change) => [eventIdOf(change) ?? [], seriesIdOf(change) ?? []].flat());
    if (eventIds.length === 0) return [];
    const uids = changes.flatMap((change) => uidOf(change) ?? []);
    return this.#references.findForChanges(tx, calendar.id, eventIds, markersOf(changes), uids);
  }

  async #loadItems(
    tx: PrismaTransaction,
    references: readonly ReferenceRow[],
  ): Promise<Map<number, LocalItem>> {
    if (references.length === 0) return new Map();
    const ids = [...new Set(references.map((reference) => reference.bookingId))].sort((a, b) => a - b);
    const items = await this.#store.loadItems(tx, ids, { lock: true });
    return new Map(items.map((item) => [item.bookingId, item]));
  }
}

function planOne(reference: ReferenceRow, change: ExternalChange, input: InboundInput): Planned {
  const { local, remote, timeFacts } = input;
  return {
    reference,
    change,
    local,
    facts: timeFacts ?? null,
    plan: planInbound(input),
    eventId: eventIdOf(change) ?? "",
    iCalUid: remote.state === "present" ? remote.event.iCalUid : null,
    version: remote.state === "present" ? remote.event.version : remote.version,
  };
}
