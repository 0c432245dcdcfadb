import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";

/** An event as the API prints it. */
export type GoogleEvent = calendar_v3.Schema$Event;
/** `start`, `end` or `originalStartTime` of an event. */
export type GoogleEventTime = calendar_v3.Schema$EventDateTime;
/** A guest of an event. */
export type GoogleAttendee = calendar_v3.Schema$EventAttendee;

/** What a user may do with a calendar, weakest first. */
export const ACCESS_ROLES = [
  "none",
  "freeBusyReader",
  "reader",
  "writerWithoutPrivateAccess",
  "writer",
  "owner",
] as const;
/** One of {@link ACCESS_ROLES}. */
export type AccessRole = (typeof ACCESS_ROLES)[number];

/** True when `role` allows at least what `needed` allows. */
export function roleAllows(role: AccessRole, needed: AccessRole): boolean {
  return ACCESS_ROLES.indexOf(role) >= ACCESS_ROLES.indexOf(needed);
}

/** One copy of an event as one calendar keeps it. */
export interface StoredEvent {
  id: string;
  /** What the API shows, without what depends on the reader (`kind`, `etag`, `htmlLink`, `self`). */
  body: GoogleEvent;
  /** Behind the etag; grows with every write in the whole store. */
  version: number;
  /** Place of the latest change in the calendar's change log. */
  seq: number;
  /** Instants of `start` and `end`; for an all-day event midnight in the calendar's zone. */
  startMs: number;
  endMs: number;
  /** Set on an exception of a series: the instant its ordinary instance would have had. */
  originalStartMs?: number;
  /** When it was cancelled as a whole. */
  deletedAtMs?: number;
  /** A stub of which only the id is left: uninvited, or moved to another organizer. */
  stub?: boolean;
  /** An exception that went with its deleted series; only the series is reported then. */
  goneWithSeries?: boolean;
}

/** An entry of a user's calendar list. */
export interface ListEntry {
  calendarId: string;
  seq: number;
  version: number;
  summaryOverride?: string;
  colorId?: string;
  hidden?: boolean;
  selected?: boolean;
  defaultReminders: { method: string; minutes: number }[];
  deleted?: boolean;
}

/** A user of the simulated Google, or a service account. */
export interface Account {
  email: string;
  name: string;
  /** Stable account key, the `sub` of its id_tokens. */
  sub: string;
  timeZone: string;
  serviceAccount: boolean;
  /** A Workspace administrator let the service account act for users. */
  delegated: boolean;
  listSeq: number;
  /** Grows when all sync tokens of the calendar list must expire. */
  listGeneration: number;
  entries: Map<string, ListEntry>;
}

/** Who calls the API, and through which client. */
export interface Actor {
  email: string;
  clientId: string;
  projectId: string;
  scopes: ReadonlySet<string>;
  /** The person's own page: no quota and no faults. */
  page: boolean;
}

/** A push channel. */
export interface Channel {
  id: string;
  resourceId: string;
  resourceUri: string;
  resource: "events" | "calendarList" | "acl" | "settings";
  /** Set for `events` and `acl`. */
  calendarId?: string;
  email: string;
  clientId: string;
  projectId: string;
  address: string;
  token?: string;
  /** Only changes of these event types are told; empty means all. */
  eventTypes: string[];
  expirationMs: number;
  messageNumber: number;
}

/** Mail that Google would have sent to a guest because of `sendUpdates`. */
export interface GuestMail {
  to: string;
  kind: "invitation" | "update" | "cancellation" | "response";
  calendarId: string;
  eventId: string;
  iCalUID: string;
  summary: string;
  sequence: number;
  at: string;
}
