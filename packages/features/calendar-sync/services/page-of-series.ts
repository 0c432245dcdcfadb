import { randomUUID } from "node:crypto";
import type { ExternalChange, ExternalEvent } from "@calsync/types";
import type { ClockTrust } from "../engine/clock-compare.ts";
import type { InboundPlan, RemoteState } from "../engine/plan-inbound.ts";
import type { SyncPolicy } from "../engine/policy.ts";
import { type PlannedOccurrence, planSeries, type SeriesInput, type SeriesPlan } from "../engine/series.ts";
import { instanceKey } from "../engine/series-state.ts";
import type { EventView } from "../engine/view.ts";
import type { LocalItem, LocalSeries, SeriesChange } from "../ports/BookingStore.ts";
import type { MarkedSeries } from "../repositories/ExternalEventRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { ReferenceRow, SeriesReferenceRow } from "../repositories/rows.ts";
import { isUnread } from "../repositories/SeriesReferenceRepository.ts";
import { localOf } from "./local-of.ts";
import type { Recheck } from "./MovedEvents.ts";
import type { GoneSeries, GoneSeriesFound } from "./MovedSeries.ts";
import type { Planned } from "./planned-change.ts";

/** What a page means for one series. */
export interface SeriesWork {
  reference: SeriesReferenceRow;
  plan: SeriesPlan;
  /** The event that the work is about; its changes wait together. */
  eventId: string;
  event: ExternalEvent | null;
  /** Whether the page tells of the recurring event itself, and not of a deletion that is known. */
  told: boolean;
  /** The ids of the series that later occurrences move into, in the order of the plan. */
  successorIds: string[];
  /** Set when the event has gone from this calendar and has moved to another one, or may have. */
  gone: GoneSeries | null;
  /** The calendars of those of its copies that are in another one. */
  elsewhere: ReadonlyMap<string, CopyPlace>;
  /** The references here of series that go on in copies elsewhere: nothing stands for them here any more. */
  leftIds: string[];
}

/** In which other calendar a copy is, and whether that one holds its bookings by itself. */
export type CopyPlace = Omit<MarkedSeries, "event">;

/** What a page means for series. */
export interface SeriesOutcome {
  works: SeriesWork[];
  planned: Planned[];
  /** Changes that have found their series; the others are single events' or not ours. */
  handled: ReadonlySet<ExternalChange>;
  /** Calendars to pull, because a series that has gone may be there. */
  pullCalendarIds: string[];
}

/** What holds for all series of a page. */
export interface SeriesContext {
  policy: SyncPolicy;
  now: Date;
  clock: ClockTrust;
  ownAddresses: readonly string[];
  /** As SeriesInput takes it. */
  settledBefore: Date | null;
  /** As SeriesInput takes it. */
  deletedDatesStay: boolean | undefined;
  /** As MovedEvents takes it. */
  recheck: Recheck | undefined;
  /** Not all of what the calendar has to tell is known yet. */
  ahead: boolean;
}

/** A series that a page is about, with all that planning needs to know of it. */
export type SeriesAsked = Omit<
  SeriesInput,
  "reference" | "successors" | "successorInstances" | "occurrences"
> & {
  reference: SeriesReferenceRow & { view?: EventView };
  successors: ExternalEvent[];
  successorInstances: Map<string, RemoteState>;
  /** The calendars of those successors that are not in the series' own. */
  elsewhere: Map<string, CopyPlace>;
  occurrences: { reference: ReferenceRow; local: LocalItem | null }[];
  change: ExternalChange | null;
};

/** @param ownedIds the recurring events that stand for series already: a copy keeps the marker until it is written to */
export function inputOf(
  row: SeriesReferenceRow,
  local: LocalSeries,
  changes: readonly ExternalChange[],
  references: readonly ReferenceRow[],
  items: ReadonlyMap<number, LocalItem>,
  context: SeriesContext,
  ownedIds: ReadonlySet<string>,
): SeriesAsked {
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
  const successors = changes.flatMap((one) =>
    one.type === "upsert" && id !== null && !ownedIds.has(one.event.id) && isCopy(one.event, row.id, id)
      ? [one.event]
      : [],
  );
  return {
    ...context,
    // A calendar is shown of a series what it is shown of its occurrences.
    reference: { ...row, ...(references[0]?.view ? { view: references[0].view } : {}) },
    local,
    unread: isUnread(row),
    change,
    remote: change && remoteOf(change),
    instances,
    occurrences: references.map((reference) => ({
      reference,
      local: localOf(reference, items),
    })),
    successors,
    elsewhere: new Map(),
    successorInstances: instancesAmong(
      changes,
      successors.map((event) => event.id),
    ),
  };
}

/** What a page tells of instances of these recurring events. */
function instancesAmong(
  changes: readonly ExternalChange[],
  seriesIds: readonly string[],
): Map<string, RemoteState> {
  return new Map(
    changes.flatMap((one) => {
      const at = instanceOf(one);
      return at && seriesIds.includes(at.seriesId)
        ? [[instanceKey(at.seriesId, at.originalStart), at.remote] as const]
        : [];
    }),
  );
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
export function planReadable(input: SeriesAsked): SeriesPlan | null {
  try {
    return planSeries(input);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return null;
  }
}

/** Whether dates of a series, or the series itself, are missing and may turn up in another one. */
export const hasLost = (plan: SeriesPlan | null | undefined): boolean =>
  plan !== null &&
  plan !== undefined &&
  (plan.waitingSince !== null ||
    plan.reference.status === "DELETED" ||
    plan.reference.recreate === true ||
    plan.occurrences.some(({ leaves, place }) => leaves || place === null));

/** Recurring events whose bookings move along, those of successors too. */
export function eventsThatMove(
  inputs: readonly SeriesAsked[],
  plans: readonly (SeriesPlan | null)[],
): string[] {
  return inputs.flatMap(({ reference, change }, index) => {
    const plan = plans[index];
    const moves = plan?.occurrences.some((one) => one.plan.actions.some(({ kind }) => kind === "reschedule"));
    if (!plan || !moves) return [];
    return [reference.externalEventId ?? eventIdOf(change) ?? [], heirIdsOf(plan)].flat();
  });
}

/** A series that later occurrences move into, and the change that tells of it. */
interface Heir {
  seriesId: string;
  change: ExternalChange;
}

/** The recurring events that later occurrences move into. */
export function heirIdsOf({ successors }: Pick<SeriesPlan, "successors">): string[] {
  return successors.map(({ event }) => event.id);
}

/** The plans of a page's series, and which of its changes and dates they have dealt with. */
export function gather(
  inputs: readonly SeriesAsked[],
  plans: readonly (SeriesPlan | null)[],
  changes: readonly ExternalChange[],
  { byId, pullCalendarIds }: GoneSeriesFound,
): SeriesOutcome {
  const outcome = {
    works: [] as SeriesWork[],
    planned: [] as Planned[],
    handled: new Set<ExternalChange>(),
    pullCalendarIds,
  };
  inputs.forEach((input, index) => {
    const plan = plans[index];
    const { reference, change, instances, successorInstances, elsewhere } = input;
    if (!plan) return;
    const known = new Set(input.occurrences.map((one) => one.reference.originalStart));
    for (const one of plan.occurrences) if (one.place) known.add(one.place.originalStart);
    const eventId = reference.externalEventId ?? eventIdOf(change) ?? "";
    const heirIds = heirIdsOf(plan);
    const told = new Map<string, ExternalChange>();
    for (const one of changes) {
      const at = instanceOf(one);
      const own = at?.seriesId === eventId || heirIds.includes(at?.seriesId ?? "");
      if (!at || !own || !known.has(at.originalStart)) continue;
      outcome.handled.add(one);
      told.set(instanceKey(at.seriesId, at.originalStart), one);
    }
    if (change) outcome.handled.add(change);
    const heirs = new Map<string, Heir>();
    for (const { event } of plan.successors) {
      const own = changes.find((one) => one.type === "upsert" && one.event === event);
      if (own) outcome.handled.add(own);
      heirs.set(event.id, { seriesId: randomUUID(), change: own ?? { type: "upsert", event } });
    }
    const successorIds = [...heirs.values()].map(({ seriesId }) => seriesId);
    const event = change?.type === "upsert" ? change.event : null;
    const gone = withoutFollowed(byId.get(reference.id) ?? null, plan);
    const work = {
      reference,
      plan,
      eventId,
      event,
      told: change !== null && !isKnown(input),
      successorIds,
      gone,
      elsewhere,
      leftIds: [],
    };
    outcome.works.push(work);
    for (const one of plan.occurrences) {
      const instance =
        one.place === null
          ? undefined
          : told.get(
              instanceKey(
                one.place?.eventId ?? eventId,
                one.place?.originalStart ?? one.occurrence.reference.originalStart,
              ),
            );
      const own = instance && instances.size + successorInstances.size > 0 ? instance : null;
      const heir = heirs.get(one.place?.eventId ?? "");
      const whole = change ?? heir?.change ?? null;
      outcome.planned.push(toPlanned(one, own, whole, input, eventId, heir?.seriesId));
    }
  });
  return outcome;
}

/** Whether a page tells once more of a deletion that is known: a look that was wished for meanwhile is still to come (ADR 0049). */
const isKnown = ({ reference, remote, settledBefore }: SeriesAsked): boolean =>
  settledBefore === null &&
  reference.status === "DELETED" &&
  remote !== null &&
  (remote.state === "deleted" || remote.event.status === "cancelled");

/** What goes on in a copy does not go along. */
function withoutFollowed(gone: GoneSeries | null, { occurrences }: SeriesPlan): GoneSeries | null {
  const followed = new Set(occurrences.map(({ occurrence }) => occurrence.reference.bookingId));
  return (
    gone && { ...gone, occurrences: gone.occurrences.filter(({ bookingId }) => !followed.has(bookingId)) }
  );
}

function toPlanned(
  { occurrence, plan, place, leaves, waitsSince, event, withFacts }: PlannedOccurrence,
  instance: ExternalChange | null,
  whole: ExternalChange | null,
  { reference: series, elsewhere }: SeriesAsked,
  eventId: string,
  successorId: string | undefined,
): Planned {
  const reference = occurrence.reference as ReferenceRow;
  const patch: Partial<ReferencePatch> = place
    ? { externalEventId: place.eventId, originalStart: place.originalStart }
    : place === null
      ? { externalEventId: null, originalStart: "" }
      : {};
  const other = elsewhere.get(place?.eventId ?? "");
  // Where the copy's calendar holds the booking by itself, it is written there.
  const inHeir = (one: InboundPlan) => {
    const own = withSuccessor(one, successorId);
    return other?.taken ? { ...own, push: false } : own;
  };
  if (other?.taken) Object.assign(patch, { externalEventId: null, originalStart: "", status: "DELETED" });
  else if (other) Object.assign(patch, { calendarSyncId: other.calendarSyncId, seenGeneration: 0 });
  if (leaves) patch.seriesReferenceId = null;
  const since = waitsSince ?? null;
  if (place !== undefined && Number(since) !== Number(reference.deletedSeenAt)) patch.deletedSeenAt = since;
  // Where nothing was told of the series itself, nothing may be made up of it: the change may be put by, and carried out later.
  const change = instance ??
    whole ?? { type: "unreadable", eventId, reason: "The calendar has told of instances only." };
  const found = versionOf(change);
  return {
    reference,
    change,
    local: occurrence.local,
    facts: null,
    plan: inHeir(plan),
    eventId: instance ? (eventIdOf(instance) ?? eventId) : eventId,
    iCalUid: null,
    // One step of the whole series is one step for each of its occurrences.
    version: instance ? found : `series:${series.version ?? "new"}>${found ?? "gone"}`,
    series: {
      patch,
      ofInstance: instance !== null,
      ...(event ? { event } : {}),
      ...(withFacts ? { withFacts: (facts) => inHeir(withFacts(facts)) } : {}),
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

/** What becomes of the rows of a series and of those that follow it. */
export function changesOf({ reference, plan, successorIds }: SeriesWork): SeriesChange[] {
  const leaving = plan.occurrences
    .filter(({ leaves }) => leaves)
    .map(({ occurrence }) => occurrence.reference.bookingId);
  const { seriesId } = reference;
  const own = plan.change ?? { set: {}, changedAt: null, slots: [] };
  return [
    ...(plan.change || leaving.length > 0 ? [{ seriesId, ...own, leaving }] : []),
    ...plan.successors.flatMap(({ change }, index) => {
      const id = successorIds[index];
      return id === undefined ? [] : [{ seriesId: id, splitFrom: seriesId, ...change, leaving: [] }];
    }),
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
