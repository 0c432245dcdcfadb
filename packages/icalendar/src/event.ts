import type { EventAttendee, EventTime, InstantString } from "@calsync/types";

/** One VEVENT as this package gives it: times are instants with an IANA zone, or days. */
export interface IcsEvent {
  /** The UID; one made from what the event says when the file gives none. */
  uid: string;
  /** The start that the series gives this occurrence, when the VEVENT stands for one: an instant, or a day. */
  recurrenceId: InstantString | null;
  /** RANGE=THISANDFUTURE: the override holds for all later occurrences too (RFC 5545 §3.2.13). */
  thisAndFuture: boolean;
  sequence: number;
  /** DTSTAMP. */
  stampedAt: InstantString | null;
  lastModified: InstantString | null;
  title: string;
  description: string;
  location: string;
  url: string | null;
  time: EventTime;
  /** RRULE, RDATE and EXDATE lines in the event's own zone; null for a single event. */
  recurrence: string[] | null;
  status: "confirmed" | "tentative" | "cancelled";
  /** TRANSP, or Microsoft's X-MICROSOFT-CDO-BUSYSTATUS where there is one. */
  transparency: "busy" | "free";
  visibility: "default" | "private";
  organizer: { email: string; name: string | null } | null;
  attendees: EventAttendee[];
  /** Values of the further properties that the reader was asked to keep, by name in upper case. */
  kept: Record<string, string>;
  /** Where it begins in the file, counted from 1. */
  line: number;
}
