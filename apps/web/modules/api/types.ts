/** Shapes of the API's answers. All of them are types of the features; nothing of their code reaches a browser. */
import type {
  Booked,
  BookingDto,
  BookingList,
  EventTypeDto,
  OccurrenceDto,
  PublicEventType,
  PublicProfile,
  RecurrenceRule,
  Slots,
} from "@calsync/bookings/dto";
import type {
  CalendarChoice,
  CalendarTable,
  Connection,
  ConnectionForm,
  Destination,
  Provider,
  TablePlace,
} from "@calsync/calendar-connections";
import type {
  ChangeView,
  QueueItem as QueueItemDto,
  SyncStatus as SyncStatusDto,
} from "@calsync/calendar-sync";
import type { webhookDeliverySchema, webhookSchema } from "@calsync/webhooks/dto";
import type { z } from "zod";

/** A value as it looks in JSON: instants become text. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export type {
  Booked,
  BookingList,
  CalendarChoice,
  CalendarTable,
  Connection,
  ConnectionForm,
  Destination,
  Provider,
  PublicEventType,
  PublicProfile,
  RecurrenceRule,
  Slots,
  TablePlace,
};
export type Booking = BookingDto;
export type Occurrence = OccurrenceDto;
export type EventType = EventTypeDto;
export type SyncStatus = Wire<SyncStatusDto>;
export type Change = Wire<ChangeView>;
export type QueueItem = Wire<QueueItemDto>;
export type Webhook = z.output<typeof webhookSchema>;
export type WebhookDelivery = z.output<typeof webhookDeliverySchema>;

/** The fields that bookings and events have in common. */
export interface Snapshot {
  time: { allDay: boolean; start: string; end: string };
  title: string;
  description: string;
  location: string;
}

/** What came of one calendar in a sync or a check by hand. */
export type RunResult =
  | {
      type: "synced";
      pull: { applied: number; refused: number; mirrored: number; setAside: number } | null;
      push: { created: number; updated: number; deleted: number; unchanged: number; failed: number } | null;
    }
  | { type: "plan"; changes: PlannedChange[]; total: number; mirrored: number }
  | {
      type: "checked";
      outcome: "checked" | "unread" | "gone";
      bookings: number;
      findings: DoctorFinding[];
      error: { code: string; message: string } | null;
    };

type BookingName = { uid: string; title: string; start: string };

/** One change that a dry run has planned. */
export interface PlannedChange {
  side: "booking" | "calendar";
  booking: BookingName | null;
  eventId: string | null;
  action: string;
  result: "applied" | "refused" | "held";
  reason: string;
  explanation: string;
  before: unknown;
  after: unknown;
}

/** One difference that a check has found. */
export interface DoctorFinding {
  kind: string;
  cause: string;
  booking: BookingName | null;
  eventId: string | null;
  fields: string[];
  changedLast: "booking" | "calendar" | "both" | "unknown" | null;
  healing: "done" | "possible" | "by-hand";
}

/** A sync or a check by hand, with its progress. */
export interface SyncRun {
  id: string;
  kind: "sync" | "doctor";
  direction: "both" | "to_calendar" | "from_calendar";
  dryRun: boolean;
  fix: boolean;
  status: "queued" | "running" | "done";
  createdAt: string;
  finishedAt: string | null;
  progress: { total: number; done: number; failed: number };
  calendars: {
    id: string;
    name: string;
    provider: string;
    status: "queued" | "running" | "done" | "failed";
    result: RunResult | null;
    error: { code: string; message: string } | null;
  }[];
}

/** What a host wants of sync with a calendar. */
export interface SyncWishes {
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  fields: string[];
  conflictPolicy: "LAST_WRITE_WINS" | "CALENDAR_WINS" | "BOOKING_WINS" | "ASK";
  massChangeLimit: number | null;
  outsideHours: "APPLY" | "HOLD";
  overlap: "APPLY" | "HOLD";
  allDeclined: "KEEP" | "CANCEL";
  hostDeclined: "KEEP" | "CANCEL";
  pollIntervalMinutes: number | null;
}

/** GET /v1/preferences. */
export interface Preferences extends SyncWishes {
  enabled: boolean;
  unreadableCalendar: "CLOSE" | "WARN";
}

/** GET /v1/calendars/:id/preferences. */
export interface CalendarPreferences {
  calendarSyncId: string;
  name: string;
  enabled: boolean;
  /** Where the calendar differs from its host's preferences. */
  overrides: Partial<SyncWishes>;
  effective: SyncWishes;
}

/** How much of bookings a destination shows. */
export interface DestinationView {
  privacy: "FULL" | "TITLE_ONLY" | "BUSY";
  titleTemplate: string | null;
  descriptionTemplate: string | null;
}

/** GET /v1/me. */
export interface User {
  id: number;
  uid: string;
  email: string;
  name: string;
  username: string;
  timeZone: string;
}

/** A team of the host's, as GET /v1/teams gives it. */
export interface Team {
  id: number;
  name: string;
  /** Off: no calendar of its members is read or written. */
  twoWaySyncEnabled: boolean;
  role: "MEMBER" | "ADMIN" | "OWNER";
  memberCount: number;
}

/** GET /v1/sync/status. */
export interface SyncOverview {
  calendars: SyncStatus[];
  overall: "ok" | "working" | "attention";
}

/** GET /v1/destination. */
export interface Destinations {
  destination: Destination | null;
  eventTypeDestinations: Destination[];
}

/** A host's edit of an event of a connected calendar. */
export interface ExternalEdit {
  id: string;
  kind: "edit" | "delete";
  status: "pending" | "applied" | "refused" | "conflict" | "discarded";
  explanation: string | null;
  lastError: string | null;
}

/** An event of a connected calendar, or one occurrence of it, as GET /v1/calendar gives it. */
export interface ExternalItem {
  id: string;
  calendarName: string;
  title: string;
  description: string;
  location: string;
  start: string;
  end: string;
  /** As the event says it: days when it lasts all day. */
  time: { allDay: boolean; start: string; end: string } | null;
  recurring: boolean;
  /** Names the occurrence in requests. */
  originalStart: string | null;
  /** Where a person can open it. */
  url: string | null;
  editable: boolean;
  notEditableExplanation: string | null;
  /** The last edit that is on its way, asks something, or was refused lately. */
  edit: ExternalEdit | null;
}

/** GET /v1/calendar. */
export interface CalendarAnswer {
  bookings: Booking[];
  busy: ExternalItem[];
  imported: ImportedItem[];
}

/** A time of an imported event, as GET /v1/calendar gives it. */
export interface ImportedItem {
  importId: string;
  title: string;
  location: string;
  /** What it covers when it lasts all day, the end excluded. */
  days: { start: string; end: string } | null;
  start: string;
  end: string;
  /** Hours in which guests can book. */
  free: boolean;
  /** The calendar or the file that it came with. */
  source: string;
}

/** What the events of a file are to what was known before. */
export interface ImportCounts {
  added: number;
  changed: number;
  cancelled: number;
  unchanged: number;
  outdated: number;
  own: number;
}

/** A calendar file that was uploaded, as GET /v1/imports gives it. */
export interface CalendarImport {
  id: string;
  fileName: string;
  calendarName: string | null;
  /** The iTIP method of an invitation, a cancellation or an answer. */
  method: string | null;
  timeZone: string;
  status: "ready" | "applied" | "taken_back";
  freeEvents: "ignore" | "availability";
  octets: number;
  events: number;
  errors: number;
  warnings: number;
  otherComponents: number;
  problems: { line: number; property: string | null; message: string; severity: "error" | "warning" }[];
  result: ImportCounts | null;
  createdAt: string;
  appliedAt: string | null;
  takenBackAt: string | null;
  /** The mail that it came with; null for an upload. */
  mail: { from: string | null; subject: string; setAside: SetAsideReason | null } | null;
}

/** Why a mail of the inbox was not applied by itself. */
export type SetAsideReason =
  | "no-calendar"
  | "packed"
  | "too-large"
  | "unreadable"
  | "unknown-recipient"
  | "no-invitation"
  | "not-invited"
  | "other-sender"
  | "other-organizer"
  | "not-authenticated"
  | "has-errors"
  | "answers-nothing"
  | "failed";

/** The inbox for invitations by mail, as GET /v1/inbox gives it. */
export interface Inbox {
  /** The host's own. */
  address: string;
  lastReadAt: string | null;
  lastError: string | null;
  nextReadAt: string | null;
  /** Mails that were set aside and carry nothing to apply. */
  setAside: {
    id: string;
    sender: string | null;
    subject: string;
    reason: SetAsideReason;
    detail: string | null;
    receivedAt: string;
  }[];
}

/** One answer of an uploaded REPLY. */
export interface ImportedAnswer {
  email: string | null;
  name: string | null;
  response: "accepted" | "tentative" | "declined" | null;
  verdict:
    | "changes"
    | "same"
    | "not-invited"
    | "cancelled"
    | "ended"
    | "unknown-booking"
    | "outdated"
    | "no-answer";
  booking: { uid: string; title: string; start: string; end: string } | null;
}

/** GET /v1/imports/:id. */
export interface CalendarImportDetails extends CalendarImport {
  /** What applying it would do; null once it was applied. */
  preview: {
    counts: ImportCounts;
    conflicts: {
      bookingUid: string;
      bookingTitle: string;
      bookingStart: string;
      bookingEnd: string;
      title: string;
      start: string;
      end: string;
    }[];
    moreConflicts: boolean;
    upcoming: { title: string; allDay: boolean; start: string; end: string; free: boolean }[];
    freeTimes: number;
    answers: ImportedAnswer[];
  } | null;
}

/** A secret address of the host's schedule. */
export interface CalendarFeed {
  id: string;
  name: string;
  parts: ("bookings" | "busy" | "availability")[];
  details: boolean;
  createdAt: string;
  lastReadAt: string | null;
}
