import { cutAfter, slotsOf } from "@calsync/icalendar";
import type { SeriesChange } from "../ports/BookingStore.ts";
import { type Merged, mergeSeries } from "./merge-series.ts";
import { type PlaceFinder, placesAfter } from "./occurrence-places.ts";
import { hasEnded, type RemoteState } from "./plan-inbound.ts";
import { planDropped, planOccurrences } from "./plan-occurrences.ts";
import type { PlannedOccurrence, SeriesInput, SeriesPlan } from "./series-plan.ts";
import { nothing } from "./series-reasons.ts";
import { withoutExtras } from "./series-state.ts";

export type * from "./series-plan.ts";

/** Nothing is done to a series and its bookings. */
export const LEFT_ALONE: SeriesPlan = {
  reference: {},
  change: null,
  occurrences: [],
  successors: [],
  relist: false,
  waiting: false,
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
  // A copy, or an instance, of a series that is gone says nothing about it, and that it is gone is known.
  if (input.reference.status === "DELETED" && !isThere(input.remote)) return LEFT_ALONE;
  const merged = mergeSeries(input);
  if (merged.plan.reference.recreate) return startAgain(input, merged);
  const finder = placesAfter({
    before: merged.before,
    after: merged.after,
    occurrences: input.occurrences,
    instances: input.instances,
    now: input.now,
  });
  const found = planOccurrences(input, merged, finder);
  const dropped = planDropped(input, merged, finder);
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
    waiting: dropped.waiting,
    push: merged.push,
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
  { tookFields, tookRule, after, deleted, restored, changedAt }: Merged,
  finder: PlaceFinder,
  occurrences: readonly PlannedOccurrence[],
): SeriesPlan["change"] {
  if (deleted) {
    // Those that have taken place stay, in other calendars too.
    const last = finder.past.at(-1);
    const set = last ? { recurrence: cutAfter(local.recurrence, last) } : { active: false };
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
  const last = finder.lastSlot;
  if ((tookRule || time || restored) && after)
    set.recurrence = last ? withoutExtras(after.time, after.recurrence, last) : after.recurrence;
  return Object.keys(set).length > 0 || slots.length > 0 ? { set, changedAt, slots } : null;
}

/**
 * The event is gone, and the series wins: it is made again, and its occurrences with it. Dates that were cancelled here and stand in a
 * copy out there still go with that copy, where they are deleted.
 */
function startAgain(input: SeriesInput, merged: Merged): SeriesPlan {
  const { occurrences, local: series, now } = input;
  const { plan } = merged;
  const { base: _base, ...update } = plan.reference;
  const own = new Set(slotsOf(series).slots);
  const coming = occurrences.filter(({ local }) => local !== null && !hasEnded(local, now));
  const cut = coming.filter(({ local }) => !local?.active && !own.has(local?.series?.originalStart ?? ""));
  const dropped = planDropped(input, { ...merged, deleted: true }, { dropped: cut });
  return {
    reference: { ...update, base: null },
    change: null,
    occurrences: [
      ...coming
        .filter((occurrence) => !cut.includes(occurrence))
        .map((occurrence) => ({
          occurrence,
          plan: {
            ...nothing(),
            refusals: plan.refusals,
            reason: plan.reason,
            reference: { base: null, version: null, clearPending: true as const },
          },
          place: null,
        })),
      ...dropped.planned,
    ],
    successors: dropped.successors,
    relist: false,
    waiting: false,
    push: true,
    extras: false,
    taken: [],
  };
}
