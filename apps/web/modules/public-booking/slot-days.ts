import type { Slots } from "../api/types.ts";
import { formatOffset, type HourCycle, showTime, wallClock } from "../time/format.ts";

/** A time that can be booked. */
export type Slot = Slots["days"][number]["slots"][number];

/** A part of a day with the slots that begin in it. */
export interface DayPart {
  name: "Morning" | "Afternoon" | "Evening";
  slots: LabelledSlot[];
}

export interface LabelledSlot extends Slot {
  /** What the clock shows, `09:00`; with the offset in the hour that happens twice when clocks go back. */
  label: string;
}

/** The slots of one day by part of the day, on the clock of `timeZone`; parts without slots are left out. */
export function partsOfDay(slots: readonly Slot[], timeZone: string, cycle: HourCycle = "h23"): DayPart[] {
  const times = slots.map(({ start }) => wallClock(start, timeZone).time);
  const parts: DayPart[] = [];
  for (const [index, slot] of slots.entries()) {
    const time = times[index] ?? "";
    const twice = times.filter((one) => one === time).length > 1;
    const shown = showTime(time, cycle);
    const label = twice ? `${shown} (${formatOffset(slot.start, timeZone)})` : shown;
    const name = partOf(time);
    const last = parts.at(-1);
    if (last?.name === name) last.slots.push({ ...slot, label });
    else parts.push({ name, slots: [{ ...slot, label }] });
  }
  return parts;
}

/** `3 free times`, `1 free time`; null for a day that has none. */
export function describeFree(slots: readonly Slot[] | undefined): string | null {
  if (!slots || slots.length === 0) return null;
  return slots.length === 1 ? "1 free time" : `${slots.length} free times`;
}

/** Calendars of the host that could not be read lately, so that offered times may be taken after all. */
export function hasStaleCalendar(freshness: Slots["freshness"]): boolean {
  return freshness.some(({ ok }) => !ok);
}

function partOf(time: string): DayPart["name"] {
  if (time < "12:00") return "Morning";
  return time < "17:00" ? "Afternoon" : "Evening";
}
