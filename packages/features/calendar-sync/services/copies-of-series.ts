import type { RemoteState } from "../engine/plan-inbound.ts";
import type { SeriesPlan } from "../engine/series.ts";
import { instanceKey } from "../engine/series-state.ts";
import type { MarkedSeries, SeriesPart } from "../repositories/ExternalEventRepository.ts";
import type { ReferencePatch } from "../repositories/ReferenceRepository.ts";
import type { SeriesAsked, SeriesWork } from "./page-of-series.ts";

/**
 * Has a series follow copies that the mirror holds too, with what it holds of their instances.
 * @param calendarSyncId the calendar that the page is of
 */
export function followCopies(
  input: SeriesAsked,
  marked: readonly MarkedSeries[],
  parts: readonly SeriesPart[],
  calendarSyncId: string,
): void {
  const { id, externalEventId } = input.reference;
  // The page's word is the later one.
  const told = new Set(input.successors.map((event) => event.id));
  const held = marked.filter(
    ({ event }) => event.marker === id && event.id !== externalEventId && !told.has(event.id),
  );
  input.successors = [...input.successors, ...held.map(({ event }) => event)];
  for (const { event, ...place } of held)
    if (place.calendarSyncId !== calendarSyncId) input.elsewhere.set(event.id, place);
  const ids = new Set(input.successors.map((event) => event.id));
  for (const { seriesId, originalStart, status, snapshot } of parts) {
    if (seriesId === null || !ids.has(seriesId)) continue;
    const remote: RemoteState | null =
      status === "cancelled" || snapshot?.status === "cancelled"
        ? { state: "deleted", version: snapshot?.version ?? null }
        : snapshot && { state: "present", event: snapshot };
    const key = instanceKey(seriesId, originalStart);
    if (remote && !input.successorInstances.has(key)) input.successorInstances.set(key, remote);
  }
}

/**
 * Whether bookings of a series are to be cancelled, or to go on alone, because its event has no place for them any more; or were cancelled
 * here and have none, so that a copy may still have one.
 */
export const callsOff = (plan: SeriesPlan | null | undefined): boolean =>
  plan?.occurrences.some(
    ({ place, leaves, occurrence: { local }, plan: { actions } }) =>
      place === null &&
      (leaves === true || local?.active === false || actions.some(({ kind }) => kind === "cancel")),
  ) ?? false;

/** The copies in other calendars that dates of a series go on in. */
export const copiesElsewhere = ({ plan, elsewhere }: SeriesWork): MarkedSeries[] =>
  plan.successors.flatMap(({ event }) => {
    const place = elsewhere.get(event.id);
    return place === undefined ? [] : [{ ...place, event }];
  });

/**
 * Takes the references of what goes on in such copies to the copies' calendars; where these hold the bookings by themselves, what stood
 * for them here has gone, and the copy is what stands for them there.
 */
export const patchesElsewhere = ({ plan, elsewhere }: SeriesWork): ReferencePatch[] =>
  plan.occurrences.flatMap(({ occurrence, place }): ReferencePatch[] => {
    const other = elsewhere.get(place?.eventId ?? "");
    if (other === undefined) return [];
    const { id } = occurrence.reference;
    return [other.taken ? { id, status: "DELETED" } : { id, calendarSyncId: other.calendarSyncId }];
  });
