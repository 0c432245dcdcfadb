import fc from "fast-check";

// Small numbers: histories are interesting when changes meet at the same booking.

/** Chooses among bookings or events. */
export const pick = fc.nat({ max: 3 });
/** Chooses among the host's calendars. */
export const calendar = fc.nat({ max: 1 });
/** Chooses an hour; which one is the world's to say. */
export const slot = fc.nat({ max: 30 });

/** The one that a number chooses among those that are there; none when there are none. */
export function chosen<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}
