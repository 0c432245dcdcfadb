import { slotsOf } from "@calsync/icalendar";
import type { ExternalEvent } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import { type CheckedReference, isOccurrence } from "./checked-reference.ts";
import { instanceAt } from "./series-state.ts";

/**
 * The instance that stands for each occurrence, by the reference's id, as the listing tells it: by itself where it differs from its
 * series, else as the series' rule gives it. Null where neither has it, or the listing says that it is gone. Pure.
 * @param gone instances that are listed as gone, `seriesId originalStart`
 */
export function instancesOf(
  references: readonly CheckedReference[],
  events: readonly ExternalEvent[],
  gone: ReadonlySet<string> = new Set(),
): Map<string, ExternalEvent | null> {
  const series = new Map(
    events.filter(({ seriesId }) => seriesId === null).map((event) => [event.id, event]),
  );
  const apart = new Map(
    events.flatMap((event) =>
      event.seriesId && event.originalStart ? [[`${event.seriesId} ${event.originalStart}`, event]] : [],
    ),
  );
  const slots = new Map<string, ReadonlySet<string>>();
  const slotsIn = ({ id, time, recurrence }: ExternalEvent) => {
    const known = slots.get(id) ?? new Set(slotsOf({ time, recurrence: recurrence ?? [] }).slots);
    slots.set(id, known);
    return known;
  };
  return new Map(
    references.filter(isOccurrence).map(({ id, externalEventId, originalStart }) => {
      const place = `${externalEventId} ${originalStart}`;
      const own = apart.get(place);
      const master = series.get(externalEventId ?? "");
      const ruled =
        master && master.status !== "cancelled" && !gone.has(place) && slotsIn(master).has(originalStart);
      return [id, own ?? (ruled ? instanceAt(master, originalStart) : null)];
    }),
  );
}

/**
 * The starts of all dates that a listed recurring event has, in any order, as ISO 8601 UTC (of whole days, their date); none where its
 * rule cannot be read, for nothing may be concluded from that.
 * @param events the listing, with the dates that differ from the series
 * @param gone as in `instancesOf`
 */
export function datesOf(
  { id, time, recurrence }: ExternalEvent,
  events: readonly ExternalEvent[],
  gone: ReadonlySet<string> = new Set(),
): string[] {
  const apart = events.filter(({ seriesId }) => seriesId === id);
  const replaced = new Set(apart.map(({ originalStart }) => originalStart));
  return [
    ...slotsIfReadable(time, recurrence).filter((slot) => !replaced.has(slot) && !gone.has(`${id} ${slot}`)),
    ...apart.filter(({ status }) => status !== "cancelled").map((event) => event.time.start),
  ];
}

function slotsIfReadable(time: ExternalEvent["time"], recurrence: ExternalEvent["recurrence"]): string[] {
  if (recurrence === null) return [time.start];
  try {
    return slotsOf({ time, recurrence }).slots;
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return [];
  }
}

/**
 * Occurrences whose booking stands without an instance, or the other way round: each instance is to be read directly before
 * anything is said about it (invariant 6).
 */
export function doubtfulInstances(
  references: readonly CheckedReference[],
  items: ReadonlyMap<number, LocalItem>,
  instances: ReadonlyMap<string, ExternalEvent | null>,
): CheckedReference[] {
  return references.filter((reference) => {
    const item = items.get(reference.bookingId);
    if (!item || !isOccurrence(reference) || reference.externalEventId === null) return false;
    const event = instances.get(reference.id) ?? null;
    return item.active !== (event !== null && event.status !== "cancelled");
  });
}
