import { Temporal } from "temporal-polyfill";
import type { Slot } from "./find-slots.ts";

/** The slots of one day on the wall clock of the zone that was asked for. */
export interface SlotDay {
  /** `yyyy-mm-dd`. */
  date: string;
  slots: Slot[];
}

/**
 * Groups ascending slots by the day they start on. Days without slots are left out.
 * @throws RangeError for an unknown zone
 */
export function groupByDay(slots: readonly Slot[], timeZone: string): SlotDay[] {
  const days: SlotDay[] = [];
  let nextMidnight = Number.NEGATIVE_INFINITY;
  for (const slot of slots) {
    const start = slot.start.getTime();
    if (start >= nextMidnight) {
      const date = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(timeZone).toPlainDate();
      nextMidnight = date.add({ days: 1 }).toZonedDateTime({ timeZone }).epochMilliseconds;
      days.push({ date: date.toString(), slots: [] });
    }
    days.at(-1)?.slots.push(slot);
  }
  return days;
}
