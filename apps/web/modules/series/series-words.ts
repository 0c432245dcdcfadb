import type { RecurrenceRule } from "../api/types.ts";

const UNITS: Record<RecurrenceRule["frequency"], string> = { daily: "day", weekly: "week", monthly: "month" };

/** How far a series is apart: `every week`, `every 2 weeks`. */
export function nameRule({ frequency, interval }: Pick<RecurrenceRule, "frequency" | "interval">): string {
  return interval === 1 ? `every ${UNITS[frequency]}` : `every ${interval} ${UNITS[frequency]}s`;
}

/** How much of an event that repeats is meant. */
export type Scope = "one" | "all";

/** What can be chosen of an event in another calendar. */
export const EVENT_SCOPES = { one: "Only this one", all: "The whole series" };

/** How much of a series of bookings is meant. */
export type BookingScope = "one" | "following" | "all";

/** What can be chosen of a series of bookings. */
export const BOOKING_SCOPES: Record<BookingScope, string> = {
  one: "Only this one",
  following: "This and all later ones",
  all: "All that are still to come",
};
