import { cutAfter, slotsOf } from "@calsync/icalendar";
import type { SeriesChange } from "../ports/BookingStore.ts";
import { type Merged, mergeSeries } from "./merge-series.ts";
import { type PlaceFinder, placesAfter, type SeriesOccurrence, slotOf } from "./occurrence-places.ts";
import { hasEnded, type RemoteState } from "./plan-inbound.ts";
import { planDropped, planOccurrences } from "./plan-occurrences.ts";
import type { PlannedOccurrence, SeriesInput, SeriesPlan } from "./series-plan.ts";
import { nothing } from "./series-reasons.ts";
import { linesAt, withoutExtras } from "./series-state.ts";

export type * from "./series-plan.ts";

/** Nothing is done to a series and its bookings. */
const LEFT_ALONE: SeriesPlan = {
  reference: {},
  change: null,
  occurrences: [],
  successors: [],
  relist: false,
  waitingSince: null,
  push: false,
  extras: false,
  taken: [],
};

/**
 * Decides what a change of a recurring event means for its series and for each occurrence that is still to come. Pure. The
 * series itself is merged as a single event would be; what the calendar has won is then asked of each occurrence, which is
 * merged for itself, so that one which was changed here stays changed. Occurrences are known by their original start;
 * where the rule has moved, by their order (SPEC.md, "Series").
 */
export function planSeries(input: SeriesInput): SeriesPlan {
  // An instance of a series that is gone says nothing about it, and that it is gone is known.
  if (input.reference.status === "DELETED" && !isThere(input.remote)) return followDeleted(input);
  const merged = mergeSeries(input);
  if (merged.plan.reference.recreate) return startAgain(input, merged);
  if (merged.reference.status === "DELETED" && !merged.deleted) {
    // Called off on both sides at once, and a copy was made before.
    const followed = followDeleted(input);
    if (followed.successors.length > 0)
      return { ...followed, reference: merged.reference, push: merged.push };
  }
  const finder = placesAfter({
    before: merged.before,
    after: merged.after,
    occurrences: input.occurrences,
    instances: input.instances,
    now: input.now,
  });
  const found = planOccurrences(input, merged, finder);
  const dropped = planDropped(input, merged, finder, writtenSlots(input, merged));
  const occurrences = [...found, ...dropped.planned];
  const { restored } = merged;
  const change = changeOfSeries(input, merged, finder, occurrences);
  return {
    reference: {
      ...merged.reference,
      ...(merged.deleted ? { goneBookingIds: dropped.cancelled } : restored ? { goneBookingIds: [] } : {}),
    },
    change,
    occurrences,
    successors: dropped.successors,
    relist: isDoubtful(input, finder, { change, successors: dropped.successors }),
    waitingSince: dropped.waitingSince,
    push: merged.push || (cutAt(merged) !== null && input.policy.direction !== "FROM_CALENDAR"),
    extras: finder.extras.length > 0,
    taken: [...finder.past, ...finder.placed.map(({ place }) => place.slot)],
  };
}

/**
 * Whether what the calendar has told of single dates need not be true any more. A series that has other dates than before, or that
 * was touched while some of its dates are known to differ from it, may have taken them along, or given them up, without a word.
 */
function isDoubtful(
  { reference, remote, instances }: SeriesInput,
  { placed }: PlaceFinder,
  { change, successors }: Pick<SeriesPlan, "change" | "successors">,
): boolean {
  const { time, recurrence, active } = change?.set ?? {};
  if (successors.length > 0 || time !== undefined || recurrence !== undefined || active === true) return true;
  const touched = remote?.state === "present" && remote.event.version !== reference.version;
  return (
    touched &&
    placed.some(
      ({ occurrence, place }) =>
        occurrence.reference.version !== null && !place.hole && !instances.has(place.slot),
    )
  );
}

function isThere(remote: RemoteState | null): boolean {
  return remote?.state === "present" && remote.event.status !== "cancelled";
}

function changeOfSeries(
  { local }: SeriesInput,
  merged: Merged,
  finder: PlaceFinder,
  occurrences: readonly PlannedOccurrence[],
): SeriesPlan["change"] {
  const { tookFields, tookRule, after, deleted, restored, changedAt } = merged;
  if (deleted) {
    // Those that have taken place stay, in other calendars too.
    const last = finder.past.at(-1);
    const set = last ? { recurrence: cutAfter(local, last) } : { active: false };
    return { set, changedAt, slots: [] };
  }
  const slots = occurrences.flatMap(({ occurrence: { reference, local: item }, place }) =>
    place &&
    item?.series &&
    item.series.originalStart !== place.originalStart &&
    finder.isPlaced(reference.bookingId)
      ? [{ bookingId: reference.bookingId, originalStart: place.originalStart }]
      : [],
  );
  const set: SeriesChange["set"] = {};
  const { time, title, description, location } = tookFields;
  if (time) set.time = time;
  if (title !== undefined) set.title = title;
  if (description !== undefined) set.description = description;
  if (location !== undefined) set.location = location;
  if (restored) set.active = true;
  const last = earliest(finder.lastSlot, cutAt(merged));
  if ((tookRule || time || restored) && after) {
    const lines = last ? withoutExtras(after.time, after.recurrence, last) : after.recurrence;
    set.recurrence = linesAt(set.time ?? local.time, after.time, lines);
  }
  return Object.keys(set).length > 0 || slots.length > 0 ? { set, changedAt, slots } : null;
}

/**
 * The event is gone because its dates were called off here, and a copy that had been made of it turns up: they are called off there too.
 * Dates that went with the event out there say nothing about a copy.
 */
function followDeleted(input: SeriesInput): SeriesPlan {
  const isCancelledHere = ({ local }: SeriesOccurrence) =>
    local === null || hasEnded(local, input.now) || (!local.active && local.changedAt.status !== undefined);
  if (input.successors.length === 0 || !input.occurrences.every(isCancelledHere)) return LEFT_ALONE;
  const { followed, successors } = followCopies(input);
  return { ...LEFT_ALONE, occurrences: followed, successors, relist: successors.length > 0 };
}

/**
 * The event has moved to another calendar, or may have: what becomes of it is found out there. Its later dates may go on in copies here,
 * which have not gone along.
 */
export function planMoved(input: SeriesInput): SeriesPlan {
  if (input.successors.length === 0) return LEFT_ALONE;
  const { followed, successors, lastSlot } = followCopies(input);
  if (followed.length === 0 || lastSlot === null) return LEFT_ALONE;
  const set = { recurrence: cutAfter(input.local, lastSlot) };
  return {
    ...LEFT_ALONE,
    change: { set, changedAt: input.now.toISOString(), slots: [] },
    occurrences: followed,
    successors,
    relist: true,
  };
}

/** The places that the event is about to be given as the series has them here; none while the calendar's rule is taken over. */
function writtenSlots({ local }: SeriesInput, merged: Merged): ReadonlySet<string> {
  const { push, deleted, tookRule, tookFields, restored } = merged;
  const keepsOwn = push && !deleted && !tookRule && !restored && tookFields.time === undefined;
  return new Set(keepsOwn ? slotsOf(local).slots : []);
}

/** The last place that a cut made here leaves of the event's rule; null where it takes nothing away. */
function cutAt({ after, kept }: Merged): string | null {
  if (!after || kept === null) return null;
  const { slots, holes } = slotsOf(after);
  const all = [...slots, ...holes].sort();
  return all.length > kept ? (all[kept - 1] ?? null) : null;
}

function earliest(one: string | null, other: string | null): string | null {
  return one !== null && other !== null ? (one < other ? one : other) : one;
}

/**
 * The event is gone, and the series wins: it is made again, and its occurrences with it. Dates that stand in a copy out there go on in
 * that copy; where they were cancelled here, they are deleted there.
 */
function startAgain(input: SeriesInput, merged: Merged): SeriesPlan {
  const { local: series } = input;
  const { plan } = merged;
  const { base: _base, ...update } = plan.reference;
  const own = new Set(slotsOf(series).slots);
  const { followed, successors, rest, lastSlot } = followCopies(input);
  const change =
    followed.length > 0 && lastSlot !== null
      ? { set: { recurrence: cutAfter(series, lastSlot) }, changedAt: merged.changedAt, slots: [] }
      : null;
  const relist = successors.length > 0;
  if (rest.every(({ local }) => !local?.active)) {
    // None of its dates stands: it has gone as it should. Its event may turn up elsewhere, and goes there too.
    const reference = {
      status: "DELETED" as const,
      deletePending: false as const,
      clearPending: true as const,
    };
    return { ...LEFT_ALONE, reference, change, occurrences: followed, successors, relist };
  }
  const isCut = ({ local }: SeriesOccurrence) =>
    !local?.active && !own.has(local?.series?.originalStart ?? "");
  const again = {
    ...nothing(),
    refusals: plan.refusals,
    reason: plan.reason,
    reference: { base: null, version: null, clearPending: true as const },
  };
  return {
    ...LEFT_ALONE,
    reference: { ...update, base: null },
    change,
    occurrences: [
      ...rest.map((occurrence) => ({ occurrence, plan: isCut(occurrence) ? nothing() : again, place: null })),
      ...followed,
    ],
    successors,
    relist,
    push: true,
  };
}

/** Which of the occurrences to come go on in copies of a series that is gone from where it was, and which do not. */
function followCopies(input: SeriesInput): Pick<SeriesPlan, "successors"> & {
  followed: PlannedOccurrence[];
  rest: SeriesOccurrence[];
  /** Here, the last place of the rest. */
  lastSlot: string | null;
} {
  const coming = input.occurrences
    .filter(({ local }) => local !== null && !hasEnded(local, input.now))
    .sort((a, b) => (slotOf(a) < slotOf(b) ? -1 : 1));
  const { planned, successors } = planDropped(input, { deleted: true }, { dropped: coming });
  const followed = planned.filter(({ place }) => place !== null);
  const ids = new Set(followed.map(({ occurrence }) => occurrence.reference.bookingId));
  const rest = coming.filter(({ reference }) => !ids.has(reference.bookingId));
  const slots = rest.flatMap(({ local }) => local?.series?.originalStart ?? []).sort();
  return { followed, successors, rest, lastSlot: slots.at(-1) ?? null };
}
