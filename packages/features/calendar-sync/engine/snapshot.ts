import type { CalendarEvent, EventAttendee, EventTime, ExternalEvent } from "@calsync/types";

/**
 * The fields that two sides keep equal, in one spelling. Base, local and remote are compared as snapshots; a snapshot
 * is plain JSON and is what `BookingReference.baseSnapshot` holds.
 */
export interface EventSnapshot {
  time: EventTime;
  title: string;
  description: string;
  location: string;
  /** Sorted by address. */
  attendees: SnapshotAttendee[];
}

/** What is compared of an attendee. Who has invited somebody is no field to keep equal; it goes along, so that nobody is invited twice. */
export type SnapshotAttendee = Pick<
  EventAttendee,
  "email" | "name" | "response" | "optional" | "invitedByCalendar"
>;

/** Start, end, zone and all-day are one field: they only make sense together. */
export type SnapshotField = keyof EventSnapshot;

/** The fields that are merged, each as one. */
export const SNAPSHOT_FIELDS: readonly SnapshotField[] = [
  "time",
  "title",
  "description",
  "location",
  "attendees",
];

/** The part of an event that both sides hold, normalised: trimmed text, addresses in lower case and in order. */
export function toSnapshot(event: Pick<CalendarEvent | ExternalEvent, SnapshotField>): EventSnapshot {
  return {
    time: normaliseTime(event.time),
    title: event.title.trim(),
    description: normaliseText(event.description),
    location: event.location.trim(),
    attendees: event.attendees
      .map(({ email, name, response, optional, invitedByCalendar }) => ({
        email: email.toLowerCase(),
        name,
        response,
        optional,
        ...(invitedByCalendar ? { invitedByCalendar } : {}),
      }))
      .sort((a, b) => (a.email < b.email ? -1 : a.email > b.email ? 1 : 0)),
  };
}

/**
 * Whether a field says the same on both sides. A zone is part of the time, by its name: two ends that spell one zone
 * differently are never compared with each other, each is compared with what it said before.
 */
export function sameField(field: SnapshotField, a: EventSnapshot, b: EventSnapshot): boolean {
  if (field === "time") return sameTime(a.time, b.time);
  if (field === "attendees") return sameAttendees(a.attendees, b.attendees);
  return a[field] === b[field];
}

/** The fields in which two snapshots differ. */
export function differingFields(a: EventSnapshot, b: EventSnapshot): SnapshotField[] {
  return SNAPSHOT_FIELDS.filter((field) => !sameField(field, a, b));
}

/** Whether two times are the same stretch: same instants, or the same days. In whatever zone they are shown. */
export function sameStretch(a: EventTime, b: EventTime): boolean {
  return a.allDay === b.allDay && a.start === b.start && a.end === b.end;
}

function sameTime(a: EventTime, b: EventTime): boolean {
  return sameStretch(a, b) && (a.allDay || b.allDay || a.timeZone === b.timeZone);
}

/** The people of an event: their addresses, answers, and whether each is optional. Names are the provider's to spell. */
function sameAttendees(a: SnapshotAttendee[], b: SnapshotAttendee[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index];
      return one.email === other?.email && one.response === other.response && one.optional === other.optional;
    })
  );
}

function normaliseTime(time: EventTime): EventTime {
  if (time.allDay) return { allDay: true, start: time.start, end: time.end };
  return {
    allDay: false,
    start: new Date(time.start).toISOString(),
    end: new Date(time.end).toISOString(),
    timeZone: time.timeZone,
  };
}

/** Providers differ in line ends and in blanks at line ends; people do not mean anything by them. */
function normaliseText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[ \t]+$/gm, "")
    .trim();
}
