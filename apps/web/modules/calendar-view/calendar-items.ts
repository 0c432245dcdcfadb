import type { Booking, CalendarAnswer, ExternalItem } from "../api/types.ts";
import { isActive } from "../bookings/booking-state.ts";
import type { Scope } from "../series/series-words.ts";
import { type Span, spanOf } from "./span.ts";

/** What the calendar draws: a booking, an entry of the host's own, or an event of a connected calendar. */
export type CalendarItem = {
  /** Unique among all kinds. */
  key: string;
  title: string;
  span: Span;
  /** Can be dragged to another time, and pulled longer or shorter. */
  movable: boolean;
  resizable: boolean;
  /** Said beside the time: where it is from, or what is wrong. */
  note: string | null;
  /** A change is on its way to the calendar. */
  pending: boolean;
} & ({ kind: "booking" | "entry"; source: Booking } | { kind: "external"; source: ExternalItem });

/**
 * The items of a range, in no order.
 * @param timeZone zone of the reader, for whole days of which no zone is known
 * @param now nothing that has ended is moved
 */
export function toItems({ bookings, busy }: CalendarAnswer, timeZone: string, now: number): CalendarItem[] {
  return [
    ...bookings.filter(isActive).map((booking) => fromBooking(booking, now)),
    ...busy.map((event) => fromExternal(event, timeZone, now)),
  ];
}

function fromBooking(booking: Booking, now: number): CalendarItem {
  const { uid, kind, title, timeZone, calendars } = booking;
  const open = Date.parse(booking.end) > now;
  const asks = calendars.some(({ status }) => status === "conflict");
  const failed = calendars.some(({ status }) => status === "error");
  return {
    key: `${kind}:${uid}`,
    kind,
    source: booking,
    title,
    span: spanOf(booking, timeZone),
    movable: open && !asks,
    resizable: open && !asks && kind === "entry",
    note: asks ? "waits for you" : failed ? "not synced" : booking.overlaps ? "overlaps" : null,
    pending: calendars.some(({ status }) => status === "pending"),
  };
}

function fromExternal(event: ExternalItem, timeZone: string, now: number): CalendarItem {
  const movable = event.editable && Date.parse(event.end) > now;
  return {
    key: `external:${event.id}`,
    kind: "external",
    source: event,
    title: event.title || "Busy",
    span: spanOf(event, event.timeZone ?? timeZone),
    movable,
    resizable: movable,
    note: event.calendarName,
    pending: event.pending,
  };
}

/** Whether it is one of several that belong together. */
export function repeats(item: CalendarItem): boolean {
  return item.kind === "external" ? item.source.recurring : Boolean(item.source.series);
}

/** How much of a series can be changed at once. */
export function scopesOf(item: CalendarItem): readonly Scope[] {
  return item.kind === "external" ? ["one", "all"] : ["one", "following", "all"];
}
