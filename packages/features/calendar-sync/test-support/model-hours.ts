import type { EventTime } from "@calsync/types";

/** Some hours of the first day, which are over before a long history is, and hours of the week after it. */
export function hourAt(index: number, hours = 1): EventTime {
  const start =
    index < 3
      ? Date.UTC(2030, 0, 7, 12 + index)
      : Date.UTC(2030, 0, 12 + Math.floor(index / 6), 9 + (index % 6));
  const end = start + hours * 3_600_000;
  return {
    allDay: false,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    timeZone: "UTC",
  };
}
