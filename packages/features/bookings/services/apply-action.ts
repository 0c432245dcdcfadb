import type { BookingAction, SnapshotAttendee } from "@calsync/calendar-sync";
import type { EventTime } from "@calsync/types";
import type { StoredAttendee, StoredBooking } from "../repositories/BookingStoreRepository.ts";
import { toInterval } from "./event-time.ts";

/** The booking after an action; null when there is nothing to do, or why its state does not allow the action. */
export function applyAction(
  booking: StoredBooking,
  action: BookingAction,
  now: Date,
): StoredBooking | "booking-cancelled" | null {
  const active = isActive(booking);
  switch (action.kind) {
    case "reschedule":
      return active ? moved(booking, action.time, action.changedAt) : "booking-cancelled";
    case "change-details":
      return active ? edited(booking, action) : "booking-cancelled";
    case "change-attendees":
      return active ? withAttendees(booking, action) : "booking-cancelled";
    case "cancel":
      if (!active) return "booking-cancelled";
      return {
        ...booking,
        status: "CANCELLED",
        cancelledAt: now,
        cancellationReason: action.cancellationReason,
        cancelledFor: action.origin ? action.reason : null,
        fieldChangedAt: withStatus(booking, action),
      };
    case "restore": {
      // It stands already: what is left of the wish is the time.
      if (active) return action.time ? moved(booking, action.time, action.changedAt) : null;
      const restored: StoredBooking = {
        ...booking,
        status: "ACCEPTED",
        cancelledAt: null,
        cancellationReason: null,
        cancelledFor: null,
        // Others may have taken the time meanwhile. The host wants it all the same, and is shown the overlap.
        hostPlaced: true,
        fieldChangedAt: withoutStatus(booking),
      };
      return action.time ? moved(restored, action.time, action.changedAt) : restored;
    }
  }
}

function moved(booking: StoredBooking, time: EventTime, changedAt: string): StoredBooking {
  const { start, end, timeZone } = toInterval(time, booking.timeZone);
  const stays =
    start.getTime() === booking.startTime.getTime() && end.getTime() === booking.endTime.getTime();
  return {
    ...booking,
    startTime: start,
    endTime: end,
    timeZone,
    allDay: time.allDay,
    // Another zone for the same stretch is no new place.
    hostPlaced: booking.hostPlaced || !stays,
    fieldChangedAt: { ...booking.fieldChangedAt, time: changedAt },
  };
}

function edited(
  booking: StoredBooking,
  action: Extract<BookingAction, { kind: "change-details" }>,
): StoredBooking {
  const next = { ...booking, fieldChangedAt: { ...booking.fieldChangedAt } };
  for (const field of ["title", "description", "location"] as const) {
    const value = action[field];
    if (value === undefined) continue;
    next[field] = value;
    next.fieldChangedAt[field] = action.changedAt;
  }
  return next;
}

/** What the host decided here stands against what their calendar says later. */
function withStatus(booking: StoredBooking, { origin, changedAt }: BookingAction): Record<string, string> {
  return origin ? withoutStatus(booking) : { ...booking.fieldChangedAt, status: changedAt };
}

/** `status` tells when the app itself last changed it; a change by sync takes that back. */
function withoutStatus({ fieldChangedAt }: StoredBooking): Record<string, string> {
  const { status: _status, ...others } = fieldChangedAt;
  return others;
}

type Response = StoredAttendee["response"];

/** Those who are new take no seat: seats are for people who book. Those who are taken off stay known, for their links. */
function withAttendees(
  booking: StoredBooking,
  action: Extract<BookingAction, { kind: "change-attendees" }>,
): StoredBooking {
  const byAddress = (list: readonly SnapshotAttendee[]) => new Map(list.map((one) => [one.email, one]));
  const [added, changed] = [byAddress(action.added), byAddress(action.changed)];
  const removed = new Set(action.removed);
  const answerOf = ({ response, optional }: SnapshotAttendee) => ({
    response: response.toUpperCase().replace("-", "_") as Response,
    optional,
  });
  const attendees = booking.attendees.map((known): StoredAttendee => {
    const email = known.email.toLowerCase();
    if (removed.has(email)) return { ...known, seat: false, expected: false };
    const news = changed.get(email);
    if (news) return { ...known, ...answerOf(news) };
    const comesBack = added.get(email);
    added.delete(email);
    return comesBack && !known.expected ? { ...known, ...answerOf(comesBack), expected: true } : known;
  });
  for (const one of added.values()) {
    const { email, name } = one;
    attendees.push({ email, name: name ?? email, ...answerOf(one), seat: false, expected: true });
  }
  const fieldChangedAt = { ...booking.fieldChangedAt, attendees: action.changedAt };
  return { ...booking, attendees, fieldChangedAt };
}

/** Whether the appointment stands. */
export function isActive({ status }: StoredBooking): boolean {
  return status === "ACCEPTED" || status === "PENDING";
}
