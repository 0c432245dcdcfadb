import type { EventTime, InstantString } from "./time.ts";

/** The address is the identity of an attendee; it is compared in lower case. */
export interface EventAttendee {
  email: string;
  name: string | null;
  response: AttendeeResponse;
  /** Whether the event counts without this person (iTIP ROLE=OPT-PARTICIPANT). */
  optional: boolean;
  /** Set when the calendar's own server has sent this person its invitation, so that ours would be a second one (RFC 6638). */
  invitedByCalendar?: true;
}

/** iTIP PARTSTAT (RFC 5545 §3.2.12) in the words that every provider shares. */
export type AttendeeResponse = "needs-action" | "accepted" | "tentative" | "declined";

/** What one booking, or one entry of a host, looks like as an event. Adapters write exactly this. */
export interface CalendarEvent {
  title: string;
  /** Plain text. Adapters turn it into what their provider stores, and back. */
  description: string;
  location: string;
  time: EventTime;
  attendees: EventAttendee[];
  /** RRULE, RDATE and EXDATE lines (RFC 5545 §3.8.5) of a series; null for a single event. */
  recurrence: string[] | null;
  /** Whether the event makes its owner busy (RFC 5545 TRANSP). */
  transparency: "busy" | "free";
  visibility: "default" | "private";
  /** The UID that invitations carry. Providers that assign their own UID may ignore it. */
  iCalUid: string;
  /** iTIP SEQUENCE: rises with every change that attendees must hear of. */
  sequence: number;
  /**
   * Our private marker, kept by the provider beside the event and invisible to attendees: the reference's id. Null leaves the
   * event as it is in this respect: it is not one of ours.
   */
  marker: string | null;
}

/** Where one event is. `originalStart` names an instance of a series: an instant, or a day for all-day series. */
export interface EventRef {
  calendarId: string;
  eventId: string;
  /**
   * The series that this event is an instance of; null for a single event and for a series itself. An instance whose own
   * id is not known yet is named by its series: `eventId` and `seriesId` are both the id of the series, and
   * `originalStart` tells which instance is meant.
   */
  seriesId?: string | null;
  originalStart?: string | null;
}

/** The provider's opaque version of an event: an ETag, a changeKey, a time of last edit. */
export type EventVersion = string;

/**
 * Names one write for ever: repeating `createEvent` with the same key never makes a second event. Text of 8 to 64
 * characters of `[A-Za-z0-9_-]`; adapters derive a client-chosen id, a transaction id or a marker from it.
 */
export type IdempotencyKey = string;

/** What a provider tells after a write. */
export interface WrittenEvent {
  /**
   * True when `createEvent` found the event that an earlier call with the same key had made. Then nothing was written, and
   * `event` is that event as it is now: a person may have edited or deleted it since, so the caller merges before it writes.
   */
  existed: boolean;
  eventId: string;
  version: EventVersion | null;
  iCalUid: string | null;
  sequence: number | null;
  /** The event as the provider holds it now, in our shape: what it has changed of ours becomes the base snapshot. */
  event: ExternalEvent;
}

/** An event as a provider holds it, in our shape. */
export interface ExternalEvent {
  id: string;
  calendarId: string;
  iCalUid: string | null;
  version: EventVersion | null;
  sequence: number | null;
  status: "confirmed" | "tentative" | "cancelled";
  title: string;
  description: string;
  location: string;
  time: EventTime;
  /** People who are invited; organizer and rooms are not among them, also where a provider lists them together. */
  attendees: EventAttendee[];
  /** True when the provider does not show all attendees: one who is not listed may be invited all the same. */
  attendeesHidden?: boolean;
  organizer: { email: string; self: boolean } | null;
  /** The answer of the calendar's owner; null when the owner is not an attendee. A declined event does not block. */
  selfResponse: AttendeeResponse | null;
  transparency: "busy" | "free";
  visibility: "default" | "private";
  recurrence: string[] | null;
  /** The series this event is an instance of. */
  seriesId: string | null;
  /** The start that the series' rule gives this instance: stays when the instance is moved. */
  originalStart: string | null;
  /** The marker that we left on the event, if it carries one. */
  marker: string | null;
  /** When the provider last saw it changed, by the provider's clock. */
  updatedAt: InstantString | null;
  /** Where a person can open it. */
  url: string | null;
}
