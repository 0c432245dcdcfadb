import type { BookingDto, EventTypeDto } from "../dto.ts";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import { findActingGuest } from "./viewer.ts";

type Lower<T extends string> = Lowercase<T>;
const lower = <T extends string>(text: T) => text.toLowerCase() as Lower<T>;

/** A booking as its host sees it. */
export function toHostDto(row: BookingRow, overlaps: boolean): BookingDto {
  return {
    ...common(row),
    status: lower(row.status),
    hostPlaced: row.hostPlaced,
    overlaps,
    attendees: row.attendees.filter(({ expected }) => expected).map(toAttendee),
    calendars: row.references.map(({ status, lastError, lastPushedAt, calendarSync }) => ({
      calendarName: calendarSync.name,
      provider: calendarSync.provider,
      status: lower(status),
      lastError,
      lastPushedAt: lastPushedAt?.toISOString() ?? null,
    })),
  };
}

/**
 * A booking as one guest sees it: without the other guests and without the host's calendars. For one who gave up their seat, or was taken
 * off, it is cancelled, although it may stand for others.
 */
export function toGuestDto(row: BookingRow, guestEmail: string): BookingDto {
  const guest = findActingGuest(row, guestEmail);
  const left = guest?.expected === false;
  return {
    ...common(row),
    status: left ? "cancelled" : lower(row.status),
    hostPlaced: row.hostPlaced,
    overlaps: false,
    attendees: guest ? [toAttendee(guest)] : [],
    calendars: [],
  };
}

function common(row: BookingRow) {
  return {
    uid: row.uid,
    kind: lower(row.kind),
    title: row.title,
    description: row.description,
    location: row.location,
    start: row.startTime.toISOString(),
    end: row.endTime.toISOString(),
    timeZone: row.timeZone,
    allDay: row.allDay,
    eventType: row.eventType && {
      slug: row.eventType.slug,
      title: row.eventType.title,
      durationMinutes: row.eventType.durationMinutes,
    },
    host: { name: row.host.name, username: row.host.username },
    cancelledAt: row.cancelledAt?.toISOString() ?? null,
    cancellationReason: row.cancellationReason,
    sequence: row.sequence,
    series:
      row.recurringGroup && row.originalStart
        ? { id: row.recurringGroup, originalStart: row.originalStart }
        : null,
  };
}

function toAttendee({ name, email, timeZone, response, optional }: BookingRow["attendees"][number]) {
  return {
    name,
    email,
    timeZone,
    optional,
    response: response === "NEEDS_ACTION" ? ("needs-action" as const) : lower(response),
  };
}

/** An event type as it is shown to whoever asks. The link of a call is for those who have booked: others would drop in. */
export function asStrangersSee(eventType: EventTypeDto): EventTypeDto {
  return /\bhttps?:\/\//i.test(eventType.location) ? { ...eventType, location: "Online" } : eventType;
}
