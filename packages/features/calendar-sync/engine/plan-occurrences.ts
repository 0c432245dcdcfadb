import { slotsOf } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import type { TimeFacts } from "./guards.ts";
import type { Merged } from "./merge-series.ts";
import { type PlaceFinder, type SeriesOccurrence, slotOf } from "./occurrence-places.ts";
import { type InboundInput, type InboundPlan, planInbound, type RemoteState } from "./plan-inbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { PlannedOccurrence, SeriesInput, SeriesPlan } from "./series-plan.ts";
import {
  DELETED_REASONS,
  nothing,
  OCCURRENCE_REASONS,
  renamed,
  SHORTENED_REASONS,
  SPLIT_REASONS,
  seriesReasons,
} from "./series-reasons.ts";
import { instanceAt, instanceKey, withoutExtras } from "./series-state.ts";
import { toSnapshot } from "./snapshot.ts";

/** The occurrences that the event still has. */
export function planOccurrences(
  input: SeriesInput,
  merged: Merged,
  finder: PlaceFinder,
): PlannedOccurrence[] {
  const { reference, local, instances, policy, now, clock, ownAddresses = [] } = input;
  const stay = input.deletedDatesStay ?? false;
  const eventId = merged.event?.id ?? reference.externalEventId ?? "";
  const restored = new Set(merged.restored ? reference.goneBookingIds : []);
  // Of an event that was gone, dates cannot be deleted: what was cancelled meanwhile comes back with it.
  const cameBack = Boolean(reference.deletedSeenAt) && merged.event !== null;
  const planned: PlannedOccurrence[] = [];
  for (const { occurrence, place } of finder.placed) {
    const { reference: one, local: item } = occurrence;
    const moved = one.originalStart !== place.slot || one.externalEventId !== eventId;
    const at = moved ? { place: { eventId, originalStart: place.slot } } : {};
    const told = instances.get(place.slot);
    if (told) {
      const known = { reference: one, local: item, remote: told, policy, now, clock, ownAddresses };
      const planWith = (timeFacts?: TimeFacts) =>
        renamed(planInbound({ ...known, timeFacts }), OCCURRENCE_REASONS);
      const planOf = told.state === "deleted" && stay ? () => planHole(input, occurrence) : planWith;
      planned.push({ ...atHole({ occurrence, plan: planOf(), ...at }, stay), withFacts: planOf });
      continue;
    }
    if (place.hole) {
      planned.push(atHole({ occurrence, plan: planHole(input, occurrence), ...at }, stay));
      continue;
    }
    const cancelled = one.status === "DELETED" || item?.active !== true;
    if (cancelled && !restored.has(one.bookingId)) {
      // The new place shows an instance again, or the old one does, and the cancellation stands.
      if (moved || cameBack) planned.push({ occurrence, plan: deleteAgain(policy), ...at });
      continue;
    }
    const differs = one.version !== null;
    if (!merged.changed || !merged.after || !merged.event || (differs && !moved)) continue;
    const event = instanceAt({ ...merged.event, ...merged.after }, place.slot);
    const planWith = planAtPlace(
      {
        reference: moved ? { ...one, version: null } : one,
        local: item,
        remote: { state: "present", event },
        policy,
        now,
        clock,
        ownAddresses,
      },
      (plan) => renamed(plan, seriesReasons(finder), local.seriesId),
    );
    planned.push({ occurrence, plan: planWith(), ...at, event, withFacts: planWith });
  }
  // What is over has no instance any more that could change it.
  for (const occurrence of finder.over) {
    planned.push({ occurrence, plan: nothing(), place: null });
  }
  return planned;
}

/** How an occurrence is planned whose instance follows its series, with or without what is known of its time. */
function planAtPlace(
  input: InboundInput,
  inWords: (plan: InboundPlan) => InboundPlan,
): (facts?: TimeFacts) => InboundPlan {
  return (timeFacts) => {
    const plan = inWords(planInbound({ ...input, timeFacts }));
    // The version of an instance elsewhere says nothing about this one, also while a question is open about it.
    const { version = input.reference.version } = plan.reference;
    return { ...plan, reference: { ...plan.reference, version } };
  };
}

/**
 * The occurrences that the event has not any more: they have gone elsewhere, are waited for, or are cancelled.
 * @param written the places that the event is about to be given from here
 */
export function planDropped(
  input: SeriesInput,
  merged: Pick<Merged, "deleted">,
  finder: Pick<PlaceFinder, "dropped">,
  written: ReadonlySet<string> = new Set(),
) {
  const { successors, settledBefore, policy, now, local, clock, ownAddresses = [] } = input;
  const result = {
    planned: [] as PlannedOccurrence[],
    cancelled: [] as number[],
    successors: [] as SeriesPlan["successors"],
    waitingSince: null as Date | null,
  };
  // Each has its time from when it dropped out; while one is waited for, all are: the order in copies would be another one.
  const since = ({ reference }: SeriesOccurrence) => reference.deletedSeenAt ?? now;
  const final =
    merged.deleted ||
    (settledBefore !== null &&
      finder.dropped.every((one) => !isStanding(one) || since(one) <= settledBefore));
  const heirs = heirsOf(finder.dropped, successors, { deleted: merged.deleted, final });
  for (const { event, places } of heirs) {
    for (const [occurrence, slot] of places) {
      const { reference: one, local: item } = occurrence;
      const place = { eventId: event.id, originalStart: slot };
      if (!isStanding(occurrence)) {
        result.planned.push({ occurrence, plan: deleteAgain(policy), place });
        continue;
      }
      const told = input.successorInstances?.get(instanceKey(event.id, slot));
      if (told) {
        const known = { reference: { ...one, version: null }, local: item, remote: told };
        const planWith = (timeFacts?: TimeFacts) =>
          renamed(
            planInbound({ ...known, policy, now, clock, ownAddresses, timeFacts }),
            OCCURRENCE_REASONS,
            "successor",
          );
        result.planned.push(withoutOwnEvent({ occurrence, plan: planWith(), place, withFacts: planWith }));
        continue;
      }
      const instance = instanceAt(event, slot);
      const planWith = planAtPlace(
        {
          reference: { ...one, version: null },
          local: item,
          remote: { state: "present", event: instance },
          policy,
          now,
          clock,
          ownAddresses,
        },
        (plan) => renamed(plan, SPLIT_REASONS, "successor"),
      );
      result.planned.push({ occurrence, plan: planWith(), place, event: instance, withFacts: planWith });
    }
    result.successors.push({ event, change: changeOfHeir(event, places, now) });
  }
  for (const occurrence of finder.dropped) {
    if (heirs.some(({ places }) => places.has(occurrence))) continue;
    const { reference: one, local: item } = occurrence;
    if (!isStanding(occurrence)) {
      result.planned.push({ occurrence, plan: nothing(), place: null });
      continue;
    }
    if (!final) {
      const waitsSince = since(occurrence);
      if (result.waitingSince === null || waitsSince > result.waitingSince) result.waitingSince = waitsSince;
      if (one.externalEventId !== null || !one.deletedSeenAt)
        result.planned.push({ occurrence, plan: nothing(), place: null, waitsSince });
      continue;
    }
    const remote: RemoteState = { state: "deleted", version: null };
    const known = { reference: one, local: item, remote, now, clock, ownAddresses };
    const plan = toldWhereAsked(planInbound({ ...known, policy: unasked(policy) }), policy);
    // It was moved here with its series, which is written with a place for it: alone, it would stand twice.
    if (plan.reference.recreate && written.has(item?.series?.originalStart ?? "")) {
      result.waitingSince ??= since(occurrence);
      result.planned.push({ occurrence, plan: nothing(), place: null, waitsSince: since(occurrence) });
      continue;
    }
    // One that was deleted by itself before stays so when the series comes back.
    const alone = isGone(input.instances.get(slotOf(occurrence)));
    const reasons = alone ? OCCURRENCE_REASONS : merged.deleted ? DELETED_REASONS : SHORTENED_REASONS;
    const end = withoutOwnEvent({ occurrence, plan: renamed(plan, reasons, local.seriesId), place: null });
    result.planned.push(end.plan.reference.recreate ? { ...end, leaves: true } : end);
    if (!alone && plan.actions.some(({ kind }) => kind === "cancel")) result.cancelled.push(one.bookingId);
  }
  return result;
}

/** Whether its booking stands, and its event is not known to be deleted. */
function isStanding({ reference, local }: SeriesOccurrence): boolean {
  return reference.status !== "DELETED" && local?.active === true;
}

function isGone(told: RemoteState | undefined): boolean {
  return told !== undefined && (told.state === "deleted" || told.event.status === "cancelled");
}

/** A copy of the series, and where in it occurrences live on. */
interface Heir {
  event: ExternalEvent;
  places: Map<SeriesOccurrence, string>;
}

/**
 * In which copies of the series the dropped occurrences live on, and where: at their own starts, else in their order. A series
 * that was cut several times has several copies, which follow each other. None while some occurrences have no place and a further
 * copy may yet turn up: the order would be another one with it.
 */
function heirsOf(
  dropped: readonly SeriesOccurrence[],
  successors: readonly ExternalEvent[],
  { deleted, final }: { deleted: boolean; final: boolean },
): Heir[] {
  if (dropped.length === 0) return [];
  const slots = successors
    .flatMap((event) =>
      slotsOf({ time: event.time, recurrence: event.recurrence ?? [] }).slots.map((slot) => ({
        event,
        slot,
      })),
    )
    .sort((a, b) => (a.slot < b.slot ? -1 : 1));
  const byStart = new Map(slots.map((one) => [one.slot, one]));
  const keeps = dropped.every((one) => byStart.has(slotOf(one)));
  const heirs = new Map<ExternalEvent, Heir>();
  const moving = keeps ? dropped : thoseThatMove(dropped, slots.length, { deleted, final });
  moving.forEach((one, index) => {
    const found = keeps ? byStart.get(slotOf(one)) : slots[index];
    if (!found) return;
    const heir = heirs.get(found.event) ?? { event: found.event, places: new Map() };
    heirs.set(found.event, heir);
    heir.places.set(one, found.slot);
  });
  return [...heirs.values()];
}

/** Which of the dropped occurrences the copies have room for: those that stand, else the last. */
function thoseThatMove(
  dropped: readonly SeriesOccurrence[],
  room: number,
  { deleted, final }: { deleted: boolean; final: boolean },
): readonly SeriesOccurrence[] {
  if (room >= dropped.length) return dropped;
  const standing = dropped.filter(({ local }) => local?.active);
  if (deleted || standing.length === 0) {
    // What came before has been deleted since, and the copies go on with the last ones that the event had.
    const held = dropped.filter(({ reference }) => reference.externalEventId !== null);
    const last = held.length >= room ? held : dropped;
    return last.slice(last.length - room);
  }
  if (standing.length === room) return standing;
  return final ? dropped : [];
}

/** What the series of a copy is here. It never says more than what is booked. */
function changeOfHeir(
  event: ExternalEvent,
  places: ReadonlyMap<SeriesOccurrence, string>,
  now: Date,
): SeriesPlan["successors"][number]["change"] {
  const { time, title, description, location } = toSnapshot(event);
  const last = [...places.values()].at(-1);
  const recurrence = last
    ? withoutExtras(event.time, event.recurrence ?? [], last)
    : (event.recurrence ?? []);
  return {
    set: { time, title, description, location, recurrence },
    changedAt: event.updatedAt ?? now.toISOString(),
    slots: [...places].map(([{ reference }, originalStart]) => ({
      bookingId: reference.bookingId,
      originalStart,
    })),
  };
}

/** An occurrence is never made again by itself: the next write brings its instance back. */
function withoutOwnEvent(planned: PlannedOccurrence): PlannedOccurrence {
  if (!planned.plan.reference.recreate || planned.place === null) return planned;
  const { recreate: _recreate, ...reference } = planned.plan.reference;
  return { ...planned, plan: { ...planned.plan, reference } };
}

/** A date that the event does not have any more. */
function planHole(
  { policy, now, clock, ownAddresses = [], deletedDatesStay }: SeriesInput,
  { reference, local }: SeriesOccurrence,
): InboundPlan {
  // A booking that stands again: where the date can come back a write brings it, elsewhere it is as if it had been deleted just now.
  const again = deletedDatesStay && reference.status === "DELETED" && local?.active === true;
  const plan = planInbound({
    reference: again ? { ...reference, status: "PENDING", deletePending: true } : reference,
    local,
    remote: { state: "deleted", version: null },
    policy,
    now,
    clock,
    ownAddresses,
  });
  return renamed(plan, OCCURRENCE_REASONS);
}

/** A date whose booking is to stand although the date was deleted comes back, or its booking leaves the series. */
function atHole(planned: PlannedOccurrence, stay: boolean): PlannedOccurrence {
  if (!stay || !planned.plan.reference.recreate) return withoutOwnEvent(planned);
  return { ...planned, place: null, leaves: true };
}

/** A date that has gone with its series has no event to ask about: the later change wins. */
function unasked(policy: SyncPolicy): SyncPolicy {
  const conflict = policy.conflict === "ask" ? "last-write-wins" : policy.conflict;
  return { ...policy, conflict };
}

/** Who wants to be asked is told at least that the calendar's deletion did not count. */
function toldWhereAsked(plan: InboundPlan, policy: SyncPolicy): InboundPlan {
  const news = plan.refusals.find(({ reason }) => reason === "local-change-beats-remote-delete")?.reason;
  return policy.conflict === "ask" && news ? { ...plan, news } : plan;
}

function deleteAgain(policy: SyncPolicy): InboundPlan {
  return {
    ...nothing(),
    reason: "booking-cancelled",
    reference: { status: "SYNCED", version: null, base: null, clearPending: true },
    push: policy.direction !== "FROM_CALENDAR",
  };
}
