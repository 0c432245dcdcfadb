import { ruleChange, slotsOf } from "@calsync/icalendar";
import type { LocalItem } from "../ports/BookingStore.ts";
import { hasEnded, type PlannedReference, type RemoteState } from "./plan-inbound.ts";
import type { SeriesSnapshot } from "./synced-state.ts";

/** One occurrence: its reference in the calendar, and the booking. */
export interface SeriesOccurrence {
  reference: PlannedReference & {
    bookingId: number;
    /** Null while it has dropped out of the rule and is waited for. */
    externalEventId: string | null;
    originalStart: string;
    /** Since when it has had no place, while it is waited for. */
    deletedSeenAt?: Date | null;
  };
  local: LocalItem | null;
}

/** Where the occurrences of a series are after a change of its rule. */
export interface PlaceFinder {
  /** How the rule has changed. */
  change: ReturnType<typeof ruleChange>;
  /** Occurrences to come with their places, in order; a hole is a place that an EXDATE takes out. */
  placed: { occurrence: SeriesOccurrence; place: { slot: string; hole: boolean } }[];
  /** Occurrences to come that have no place any more, in order. */
  dropped: SeriesOccurrence[];
  /** Occurrences that are over and whose places have gone. */
  over: SeriesOccurrence[];
  /** Places of those that are over, in order. */
  past: string[];
  /** Places to come that no booking has. */
  extras: string[];
  /** The last place that a booking has; null when none has any. */
  lastSlot: string | null;
  isPlaced(bookingId: number): boolean;
}

/**
 * Finds the place of each occurrence: by its original start while the rule still gives it. When the rule has moved in its own
 * rhythm, the n-th occurrence is the n-th of the new rule. In another rhythm, those to come follow each other in order, into
 * the places to come. What is over stays out of it.
 */
export function placesAfter(input: {
  before: SeriesSnapshot;
  /** Null: the series is gone. */
  after: SeriesSnapshot | null;
  occurrences: readonly SeriesOccurrence[];
  instances: ReadonlyMap<string, RemoteState>;
  now: Date;
}): PlaceFinder {
  const { before, after, instances, now } = input;
  const known = input.occurrences
    .filter((one) => one.local !== null)
    .sort((a, b) => (slotOf(a) < slotOf(b) ? -1 : 1));
  const past = known.filter(({ local }) => local && hasEnded(local, now));
  const coming = known.filter(({ local }) => local && !hasEnded(local, now));
  const { slots, holes } = after ? slotsOf(after) : { slots: [], holes: [] };
  const holed = new Set(holes);
  const all = [...slots, ...holes].sort();
  const given = new Set(all);
  // A date of a series that is gone is not there, whatever was told of it before.
  const isShown = (slot: string) => after !== null && isThere(instances, slot);
  const change = after ? ruleChange(before, after) : "same";
  const standing = coming.filter(
    ({ reference, local }) => reference.externalEventId !== null && local?.active,
  );
  // Where nothing stands any more, a rule that has moved has taken the cancelled dates along all the same.
  const keepsAll = standing.length > 0 || change === "rhythm";
  const byStart = change === "same" || (keepsAll && standing.every((one) => given.has(slotOf(one))));
  const find = byStart
    ? (one: SeriesOccurrence) => (given.has(slotOf(one)) || isShown(slotOf(one)) ? slotOf(one) : null)
    : change === "moved"
      ? inRhythm(before, all)
      : inOrder(
          standing,
          slots.filter((slot) => Date.parse(slot) > now.getTime()),
        );
  const placed: PlaceFinder["placed"] = [];
  const dropped: SeriesOccurrence[] = [];
  const taken = new Set<string>();
  const places = new Map<SeriesOccurrence, string>();
  // Those that stand come first: a cancelled one may still name a place that another has moved to.
  const others = coming.filter((one) => !standing.includes(one));
  for (const occurrence of [
    ...standing,
    ...others.filter(isActive),
    ...others.filter((one) => !isActive(one)),
  ]) {
    const slot = find(occurrence);
    if (slot === null || taken.has(slot)) continue;
    taken.add(slot);
    places.set(occurrence, slot);
  }
  for (const occurrence of coming) {
    const slot = places.get(occurrence);
    if (slot === undefined) {
      dropped.push(occurrence);
      continue;
    }
    placed.push({ occurrence, place: { slot, hole: holed.has(slot) && !isShown(slot) } });
  }
  const ids = new Set(placed.map(({ occurrence }) => occurrence.reference.bookingId));
  const nowText = now.toISOString();
  return {
    change,
    placed,
    dropped,
    over: past.filter(
      ({ reference }) =>
        reference.externalEventId !== null && (!byStart || !given.has(reference.originalStart)),
    ),
    past: past.filter(({ local }) => local?.active).map(slotOf),
    extras: slots.filter(
      (slot) => slot > nowText && !taken.has(slot) && !past.some((one) => slotOf(one) === slot),
    ),
    lastSlot: [...taken].sort().at(-1) ?? null,
    isPlaced: (bookingId) => ids.has(bookingId),
  };
}

function inRhythm(before: SeriesSnapshot, all: readonly string[]) {
  const { slots, holes } = slotsOf(before);
  const order = [...slots, ...holes].sort();
  return (one: SeriesOccurrence) => {
    const index = order.indexOf(slotOf(one));
    return index < 0 ? null : (all[index] ?? null);
  };
}

function inOrder(standing: readonly SeriesOccurrence[], slots: readonly string[]) {
  return (one: SeriesOccurrence) => {
    const index = standing.indexOf(one);
    return index < 0 ? null : (slots[index] ?? null);
  };
}

const isActive = ({ local }: SeriesOccurrence): boolean => local?.active === true;

/** An instance that the calendar shows is there, whatever we make of the rule. */
function isThere(instances: ReadonlyMap<string, RemoteState>, slot: string): boolean {
  const told = instances.get(slot);
  return told?.state === "present" && told.event.status !== "cancelled";
}

/** The place of an occurrence: in its calendar, or while it is waited for the one that it has here. */
export function slotOf({ reference, local }: SeriesOccurrence): string {
  return reference.originalStart || (local?.series?.originalStart ?? "");
}
