import type { Booking, CalendarAnswer, ExternalItem, ImportedItem } from "../api/types.ts";
import { isActive } from "../bookings/booking-state.ts";
import { type Span, spanOf } from "./span.ts";

/** What the calendar draws: a booking, an entry of the host's own, an event of a connected calendar or of an imported file. */
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
} & (
  | { kind: "booking" | "entry"; source: Booking }
  | { kind: "external"; source: ExternalItem }
  | { kind: "imported"; source: ImportedItem }
);

/** What can be changed here: not what a file has brought. */
export type WritableItem = Exclude<CalendarItem, { kind: "imported" }>;

/** The items of a range, in no order. @param now nothing that has ended is moved */
export function toItems({ bookings, busy, imported }: CalendarAnswer, now: number): CalendarItem[] {
  return [
    ...bookings.filter(isActive).map((booking) => fromBooking(booking, now)),
    ...busy.map((event) => fromExternal(event, now)),
    ...imported.map(fromImported),
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

function fromExternal(event: ExternalItem, now: number): CalendarItem {
  const { id, originalStart, time, start, end, edit, calendarName } = event;
  const asks = edit?.status === "conflict";
  const movable = event.editable && !asks && Date.parse(end) > now;
  return {
    key: `external:${id}:${originalStart ?? ""}`,
    kind: "external",
    source: event,
    title: event.title || "Busy",
    span: time?.allDay ? { start: time.start, end: time.end, allDay: true } : { start, end, allDay: false },
    movable,
    resizable: movable,
    note: asks ? "waits for you" : edit?.status === "refused" ? "edit refused" : calendarName,
    pending: edit?.status === "pending",
  };
}

/** What a file has brought stays as it is: it is changed where it comes from, or taken back. */
function fromImported(event: ImportedItem, index: number): CalendarItem {
  const { importId, title, start, end, days, free, source } = event;
  return {
    key: `imported:${importId}:${start}:${index}`,
    kind: "imported",
    source: event,
    title: title || (free ? "Available" : "Busy"),
    span: days ? { ...days, allDay: true } : { start, end, allDay: false },
    movable: false,
    resizable: false,
    note: free ? `can be booked, ${source}` : source,
    pending: false,
  };
}

/** Whether it is one of several, of which one or all can be changed. */
export function repeats(item: CalendarItem): boolean {
  return item.kind === "external" && item.source.recurring;
}
