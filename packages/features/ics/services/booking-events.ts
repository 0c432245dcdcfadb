import { describeSlots, type IcsEventToWrite, slotsOf, timeAt } from "@calsync/icalendar";
import type { EventTime } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import type { ScheduledBooking, ScheduledSeries } from "../repositories/ScheduleRepository.ts";

/** How much of the schedule is told. */
export interface ExportDetails {
  /** Titles, places and people; without them only that the host is busy. */
  details: boolean;
  bookingUrl: (uid: string) => string;
}

/** Shown in place of a title that is not told. */
export const BUSY_TITLE = "Busy";

/**
 * Bookings as events: each under the UID that its invitations carry, a series as one recurring event with those of its
 * occurrences that differ. Without organizer and attendees, because a copy of somebody's appointment must invite nobody.
 */
export function bookingEvents(
  bookings: readonly ScheduledBooking[],
  series: readonly ScheduledSeries[],
  options: ExportDetails,
): IcsEventToWrite[] {
  const bySeries = new Map(series.map((one) => [one.id, one]));
  const single = bookings.filter(({ seriesId }) => seriesId === null || !bySeries.has(seriesId));
  const occurrences = Map.groupBy(bookings, ({ seriesId }) => seriesId);
  return [
    ...single.map((booking) => toEvent(booking, booking.iCalUid, null, options)),
    ...series.flatMap((one) => seriesEvents(one, occurrences.get(one.id) ?? [], options)),
  ];
}

function seriesEvents(
  series: ScheduledSeries,
  occurrences: readonly ScheduledBooking[],
  options: ExportDetails,
): IcsEventToWrite[] {
  const slotted = occurrences.filter(
    (one): one is ScheduledBooking & { originalStart: string } => one.originalStart !== null,
  );
  const slots = slotted.map(({ originalStart }) => originalStart).sort();
  const [firstSlot] = slots;
  if (firstSlot === undefined) return [];
  const first = timeAt(timeOf(series), firstSlot);
  const told = slotted.find(({ active }) => active) ?? slotted[0];
  const kept = slotsOf({ time: first, recurrence: series.recurrence }).slots;
  const follows = kept.length === slots.length && kept.every((slot, index) => slot === slots[index]);
  const gone = slotted.filter(({ active }) => !active).map(({ originalStart }) => originalStart);
  const standing = slotted.filter(({ active }) => active);
  const master: IcsEventToWrite = {
    ...toEvent(
      { ...series, uid: told?.uid ?? "", active: standing.length > 0, guests: told?.guests ?? [] },
      series.iCalUid,
      null,
      options,
    ),
    time: first,
    recurrence: [
      ...(follows ? series.recurrence : describeSlots(first, slots, series.recurrence)),
      ...(standing.length > 0 ? exdates(gone, first) : []),
    ],
  };
  const changed = standing.filter((one) => differs(one, series, timeAt(first, one.originalStart)));
  return [
    master,
    ...changed.map((one) => ({
      ...toEvent(one, series.iCalUid, one.originalStart, options),
      sequence: Math.max(series.sequence, one.sequence),
    })),
  ];
}

function toEvent(
  booking: Pick<
    ScheduledBooking,
    | "uid"
    | "sequence"
    | "title"
    | "description"
    | "location"
    | "startTime"
    | "endTime"
    | "allDay"
    | "timeZone"
    | "active"
    | "updatedAt"
    | "guests"
  >,
  uid: string,
  recurrenceId: string | null,
  { details, bookingUrl }: ExportDetails,
): IcsEventToWrite {
  const changedAt = booking.updatedAt.toISOString();
  const people = booking.guests.map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(", ");
  return {
    uid,
    recurrenceId,
    sequence: booking.sequence,
    stampedAt: changedAt,
    lastModified: changedAt,
    title: details ? booking.title : BUSY_TITLE,
    description: details
      ? [people && `With ${people}`, booking.description].filter(Boolean).join("\n\n")
      : "",
    location: details ? booking.location : "",
    url: details ? bookingUrl(booking.uid) : null,
    time: timeOf(booking),
    recurrence: null,
    status: booking.active ? "confirmed" : "cancelled",
    transparency: "busy",
    visibility: details ? "default" : "private",
    organizer: null,
    attendees: [],
  };
}

/** The time of a booking as an event says it: an all-day one by its days in its zone. */
function timeOf({
  startTime,
  endTime,
  allDay,
  timeZone,
}: Pick<ScheduledBooking, "startTime" | "endTime" | "allDay" | "timeZone">): EventTime {
  if (!allDay) return { allDay: false, start: startTime.toISOString(), end: endTime.toISOString(), timeZone };
  const day = (at: Date) =>
    Temporal.Instant.fromEpochMilliseconds(at.getTime())
      .toZonedDateTimeISO(timeZone)
      .toPlainDate()
      .toString();
  return { allDay: true, start: day(startTime), end: day(endTime) };
}

function differs(one: ScheduledBooking, series: ScheduledSeries, expected: EventTime): boolean {
  const time = timeOf(one);
  return (
    time.start !== expected.start ||
    time.end !== expected.end ||
    one.title !== series.title ||
    one.description !== series.description ||
    one.location !== series.location
  );
}

/** EXDATE lines in the form of the series' own start (RFC 5545 §3.8.5.1). */
function exdates(slots: readonly string[], first: EventTime): string[] {
  if (slots.length === 0) return [];
  if (first.allDay) return [`EXDATE;VALUE=DATE:${slots.map((slot) => slot.replaceAll("-", "")).join(",")}`];
  const zone = first.timeZone;
  const local = (slot: string) =>
    Temporal.Instant.from(slot)
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString({ smallestUnit: "second" })
      .replaceAll(/[-:]/g, "");
  return zone === "UTC"
    ? [`EXDATE:${slots.map((slot) => `${local(slot)}Z`).join(",")}`]
    : [`EXDATE;TZID=${zone}:${slots.map(local).join(",")}`];
}
