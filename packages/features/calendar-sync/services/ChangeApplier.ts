import type { PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange, Interval } from "@calsync/types";
import type { ClockTrust } from "../engine/clock-compare.ts";
import {
  type InboundInput,
  type InboundPlan,
  planInbound,
  type RemoteState,
} from "../engine/plan-inbound.ts";
import type { BookingAction, BookingActionOutcome, BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { ChangeRecordRepository, NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferencePatch, ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import type { CalendarSyncRow, ReferenceRow } from "../repositories/rows.ts";
import { asShown } from "./as-shown.ts";
import { type ChangeGuard, guarded } from "./ChangeGuard.ts";
import { goneOf, goneRecords, patchOfGone, reviveAdopted, withoutMoves } from "./gone-events.ts";
import { localOf } from "./local-of.ts";
import type { Mirror } from "./Mirror.ts";
import type { GoneEvents, MovedEvents } from "./MovedEvents.ts";
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
import { extrasOf, type SeriesChanges } from "./SeriesChanges.ts";

/** What applying a page has done. */
export interface AppliedChanges {
  /** Actions carried out on bookings. */
  applied: number;
  /** Changes that were refused, with a record each. */
  refused: number;
  /** Events that are not ours, mirrored or forgotten. */
  mirrored: number;
  setAside: number;
  /** Changes that were put by: to be counted, or until the host has answered. */
  held: number;
  /** Calendars that now have something to push. */
  pushCalendarIds: string[];
  /** Calendars to pull, because an event that has gone from this one may be there. */
  pullCalendarIds: string[];
  /** Calendars in which events are to be read directly, and when. */
  rechecks: { calendarSyncId: string; at: Date }[];
}

/** What no change at all does. */
export const NOTHING_APPLIED: AppliedChanges = {
  applied: 0,
  refused: 0,
  mirrored: 0,
  setAside: 0,
  held: 0,
  pushCalendarIds: [],
  pullCalendarIds: [],
  rechecks: [],
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
    const policy = policyFor(options.mode, policyOf(calendar));
    const clock = this.#clockOf(calendar);
    const { ownAddresses } = calendar;
    const context = { policy, now, clock, ownAddresses };
    const settled = options.settled === true || options.mode === "confirmed";
    const series = await this.#series.plan(tx, calendar, latest, references, items, { ...context, settled });
    const plans: Planned[] = [];
    const foreign: ExternalChange[] = [];
    for (const change of latest) {
      if (series.handled.has(change)) continue;
      // An instance carries the marker of the series that it was copied from.
      const marker = change.type === "upsert" && change.event.seriesId === null ? change.event.marker : null;
      const reference = byEventId.get(eventIdOf(change)) ?? unwritten.get(marker ?? "");
      const remote = remoteOf(change);
      if (!reference || !remote) {
        foreign.push(change);
        continue;
      }
      const local = localOf(reference, items);
      plans.push(planOne(reference, change, { ...context, reference, local, remote }));
    }
    // What has been counted or answered has had its time to turn up elsewhere.
    const recheck = options.recheck ?? (guarded(options.mode) ? undefined : "last-look");
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
    const planned = await this.#lookAtTimes(
      tx,
      all.filter(({ eventId }) => !waitingIds.has(eventId)),
      context,
    );
    const works = series.works.filter(({ eventId }) => !waitingIds.has(eventId));
    const worksWaiting = series.works.filter(({ eventId }) => waitingIds.has(eventId));
    for (const { successor } of worksWaiting) if (successor?.change) foreign.push(successor.change);
    foreign.push(...works.flatMap(extrasOf));
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
    ]);
    const linked = planned
      .filter(({ reference }) => reference.externalEventId === null)
      .map(({ eventId }) => eventId)
      .concat(
        works.flatMap(({ event, plan }) => [event?.id, plan.successor?.event.id].flatMap((id) => id ?? [])),
      );
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
          eventIds: all.map(({ eventId }) => eventId),
          ask: verdict === "ask",
          limit,
        },
        now,
      )),
    );
    await this.#records.append(tx, records, now);

    const pushing = planned.filter(({ plan, reference }) => plan.push || stubborn.has(reference.bookingId));
    const pushCalendarIds = await this.#references.requestPushes(tx, {
      bookingIds: outcomes.filter(isDone).map((outcome) => outcome.bookingId),
      exceptIds: planned.map(({ reference }) => reference.id),
      ids: pushing.map(({ reference }) => reference.id),
    });
    const ofSeries = await this.#series.followUp(tx, calendar, works, now);
    return {
      applied: outcomes.filter((outcome) => outcome.applied).length,
      refused: records.filter((record) => record.result === "REFUSED").length,
      mirrored: mirror.mirrored + mirror.deleted,
      setAside: mirror.setAside.length,
      held: waiting.length,
      pushCalendarIds: [...new Set([...pushCalendarIds, ...ofSeries])],
      pullCalendarIds: gone.pullCalendarIds,
      rechecks: await this.#rechecks(tx, calendar, foreign, gone, now),
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
      // The host has chosen the dates of a series as a whole; they are not asked about each of them.
      if (one.series && !one.series.ofInstance) return one;
      const again = planOne(reference, change, { ...context, reference, local, remote, timeFacts });
      return one.series
        ? { ...again, plan: one.series.inWords?.(again.plan) ?? again.plan, series: one.series }
        : again;
    });
  }

  async #findReferences(
    tx: PrismaTransaction,
    calendar: CalendarSyncRow,
    changes: readonly ExternalChange[],
  ): Promise<ReferenceRow[]> {
    const eventIds = changes.flatMap((change) => [eventIdOf(change) ?? [], seriesIdOf(change) ?? []].flat());
    const markers = markersOf(changes);
    if (eventIds.length === 0) return [];
    return this.#references.findForChanges(tx, calendar.id, eventIds, markers);
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

/**
 * Whether the action has been carried out, now or before. Before: a store with a database of its own kept it although our
 * transaction was lost, and with it the record (which is left out when it is there) and the pushes to other calendars.
 */
const isDone = ({ applied, refusal }: BookingActionOutcome): boolean => applied || refusal === "repeated";

/** Whether the store declined the action: neither done, nor done before, nor needless. */
function isRefused(outcome: BookingActionOutcome): outcome is BookingActionOutcome & {
  refusal: Exclude<BookingActionOutcome["refusal"], "repeated" | undefined>;
} {
  return !outcome.applied && outcome.refusal !== undefined && outcome.refusal !== "repeated";
}

/** A page may name one event twice; the later word counts. */
function latestPerEvent(changes: readonly ExternalChange[]): ExternalChange[] {
  const latest = new Map<string | symbol, ExternalChange>();
  for (const change of changes) latest.set(eventIdOf(change) ?? Symbol(), change);
  return [...latest.values()];
}

function eventIdOf(change: ExternalChange): string | null {
  return change.type === "upsert" ? change.event.id : change.eventId;
}

/** The markers that events carry and that may be ours. */
function markersOf(changes: readonly ExternalChange[]): string[] {
  return changes.flatMap((change) =>
    change.type === "upsert" && change.event.marker && UUID.test(change.event.marker)
      ? [change.event.marker]
      : [],
  );
}

function seriesIdOf(change: ExternalChange): string | null {
  if (change.type === "unreadable") return null;
  return change.type === "upsert" ? change.event.seriesId : change.seriesId;
}

/** What we cannot read says nothing about a booking (invariant 6). */
function remoteOf(change: ExternalChange): RemoteState | null {
  if (change.type === "upsert") return { state: "present", event: change.event };
  return change.type === "delete" ? { state: "deleted", version: change.version } : null;
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

/**
 * An action's id names the step from the version that both sides agreed on to the one that was found, so that a
 * repeated page repeats the id, and a second deletion after a restore does not.
 */
function actionsOf({ reference, plan, version }: Planned, calendar: CalendarSyncRow): BookingAction[] {
  return plan.actions.map((action) => ({
    ...action,
    actionId: [
      reference.id,
      reference.generation,
      reference.version ?? "new",
      version ?? "gone",
      action.kind,
    ].join(":"),
    bookingId: reference.bookingId,
    origin: { calendarSyncId: calendar.id, calendarName: calendar.name, provider: calendar.provider },
  }));
}

function patchOf(
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
  if (clearPending) patch.pending = null;
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

function refusalRecord(
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

function setAsideRecord(calendar: CalendarSyncRow, externalEventId: string, reason: string): NewChangeRecord {
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
