import type { CalendarFeed } from "../api/types.ts";

type SchedulePart = CalendarFeed["parts"][number];

/** The parts of a schedule in words, in the order in which they are offered. */
export const PART_NAMES: Record<SchedulePart, string> = {
  bookings: "Bookings and entries",
  busy: "Busy times of other calendars",
  availability: "Times that can be booked",
};

export const PARTS = Object.keys(PART_NAMES) as SchedulePart[];
