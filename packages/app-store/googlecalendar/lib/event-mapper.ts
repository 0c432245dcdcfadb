import type {
  AttendeeResponse,
  CalendarEvent,
  EventAttendee,
  EventTime,
  ExternalChange,
  ExternalEvent,
  WrittenEvent,
} from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { descriptionToText, textToDescription } from "./description.ts";
import { fromEventTime, toEventTime, toOriginalStart } from "./event-time.ts";

type GoogleEvent = calendar_v3.Schema$Event;
type GoogleAttendee = calendar_v3.Schema$EventAttendee;

/** The key of our marker in `extendedProperties.private`: invisible to attendees, kept with one calendar's copy. */
const MARKER_KEY = "calsync";

/**
 * Google leaves these out of an answer when they have their defaults, but takes their absence from an invited copy's PUT
 * for an attempt to set them (403 `forbiddenForNonOrganizer`). So they are always spelled out.
 */
const GUEST_DEFAULTS: GoogleEvent = {
  guestsCanInviteOthers: true,
  guestsCanModify: false,
  guestsCanSeeOtherGuests: true,
};

/** Where an event stands: what Google's answer tells beside the event itself. */
export interface EventContext {
  calendarId: string;
  /** The calendar's zone, for events that carry none. */
  timeZone: string;
}

const RESPONSES: Readonly<Record<string, AttendeeResponse>> = {
  needsAction: "needs-action",
  accepted: "accepted",
  tentative: "tentative",
  declined: "declined",
};
const GOOGLE_RESPONSES: Record<AttendeeResponse, string> = {
  "needs-action": "needsAction",
  accepted: "accepted",
  tentative: "tentative",
  declined: "declined",
};
/** Kinds of entries that tell about a day and never keep their owner from being booked. */
const NEVER_BUSY: readonly string[] = ["workingLocation", "birthday"];

/** One item of a list answer as a change. What cannot be read is set aside alone, with a reason that quotes nothing. */
export function toChange(item: GoogleEvent, context: EventContext): ExternalChange {
  const eventId = item.id ?? null;
  if (!eventId) return { type: "unreadable", eventId, reason: "the event has no id" };
  if (item.status === "cancelled") {
    return {
      type: "delete",
      eventId,
      seriesId: item.recurringEventId ?? null,
      originalStart: toOriginalStart(item.originalStartTime, context.timeZone),
      version: item.etag ?? null,
    };
  }
  const event = toExternalEvent(item, context);
  if (!event) return { type: "unreadable", eventId, reason: "the event has no readable start" };
  return { type: "upsert", event };
}

/** Google's event in our shape; null when it has no id or no readable time, as the stub of a deleted event. */
export function toExternalEvent(item: GoogleEvent, context: EventContext): ExternalEvent | null {
  const time = toEventTime(item.start, item.end, context.timeZone);
  if (!item.id || !time) return null;
  const own = item.attendees?.find((attendee) => attendee.self);
  return {
    id: item.id,
    calendarId: context.calendarId,
    iCalUid: item.iCalUID ?? null,
    version: item.etag ?? null,
    sequence: item.sequence ?? null,
    status: item.status === "tentative" || item.status === "cancelled" ? item.status : "confirmed",
    title: item.summary ?? "",
    description: descriptionToText(item.description ?? ""),
    location: item.location ?? "",
    time,
    attendees: (item.attendees ?? []).filter(isInvited).map(toAttendee),
    ...(hidesAttendees(item) ? { attendeesHidden: true } : {}),
    organizer: item.organizer?.email
      ? { email: item.organizer.email, self: item.organizer.self ?? false }
      : null,
    selfResponse: own ? toResponse(own.responseStatus) : null,
    transparency:
      item.transparency === "transparent" || NEVER_BUSY.includes(item.eventType ?? "") ? "free" : "busy",
    visibility: item.visibility === "private" || item.visibility === "confidential" ? "private" : "default",
    recurrence: item.recurrence?.length ? item.recurrence : null,
    seriesId: item.recurringEventId ?? null,
    originalStart: toOriginalStart(item.originalStartTime, context.timeZone),
    marker: item.extendedProperties?.private?.[MARKER_KEY] ?? null,
    updatedAt: toInstantOrNull(item.updated),
    url: item.htmlLink ?? null,
  };
}

/**
 * A deleted event as a direct read gives it. Google guarantees nothing but its id: the rest may be empty, and a time that
 * is not told stands as the first day of 1970.
 */
export function toCancelledEvent(item: GoogleEvent & { id: string }, context: EventContext): ExternalEvent {
  const unknownTime = { start: { date: "1970-01-01" }, end: { date: "1970-01-02" } };
  const event = toExternalEvent(item, context) ?? toExternalEvent({ ...item, ...unknownTime }, context);
  if (!event) throw new TypeError("an event with an id and a day can always be read");
  return { ...event, status: "cancelled" };
}

/** A new event as Google is to hold it. Its UID is Google's own: `id` and `iCalUID` may not be given together. */
export function toGoogleEvent(event: CalendarEvent): GoogleEvent {
  return {
    status: "confirmed",
    summary: event.title,
    description: textToDescription(event.description),
    location: event.location,
    ...fromEventTime(event.time),
    attendees: event.attendees.map((attendee) => toGoogleAttendee(attendee, undefined)),
    ...(event.recurrence ? { recurrence: event.recurrence } : {}),
    transparency: event.transparency === "free" ? "transparent" : "opaque",
    visibility: event.visibility,
    sequence: event.sequence,
    ...(event.marker === null ? {} : { extendedProperties: { private: { [MARKER_KEY]: event.marker } } }),
  };
}

/**
 * The whole resource for an update: what Google holds, made equal to `wanted`. Everything that we do not speak of stays
 * as it is, and so does the finer form of what reads the same to us: a formatted description, a second zone, a
 * stricter visibility. Gives null when nothing would change.
 */
export function mergeIntoGoogleEvent(
  current: GoogleEvent,
  wanted: CalendarEvent,
  context: EventContext,
): GoogleEvent | null {
  const { etag: _etag, ...rest } = current;
  const kept = { ...GUEST_DEFAULTS, ...rest };
  const fresh = toGoogleEvent(wanted);
  const held = current.status === "cancelled" ? null : toExternalEvent(current, context);
  const sequence = Math.max(current.sequence ?? 0, wanted.sequence);
  const attendees = mergeAttendees(current.attendees ?? [], wanted.attendees);
  const extendedProperties = {
    ...current.extendedProperties,
    private: {
      ...current.extendedProperties?.private,
      ...(wanted.marker === null ? {} : { [MARKER_KEY]: wanted.marker }),
    },
  };
  if (!held) return { ...kept, ...fresh, attendees, extendedProperties, sequence };

  const changes: GoogleEvent = {};
  if (held.title !== wanted.title) changes.summary = wanted.title;
  if (held.description !== normaliseLines(wanted.description)) changes.description = fresh.description ?? "";
  if (held.location !== wanted.location) changes.location = wanted.location;
  if (!equalTimes(held.time, wanted.time)) Object.assign(changes, fromEventTime(wanted.time));
  if (held.transparency !== wanted.transparency) changes.transparency = fresh.transparency ?? null;
  if (held.visibility !== wanted.visibility) changes.visibility = wanted.visibility;
  if (wanted.marker !== null && held.marker !== wanted.marker)
    changes.extendedProperties = extendedProperties;
  if (!equalLists(held.recurrence ?? [], wanted.recurrence ?? []))
    changes.recurrence = wanted.recurrence ?? [];
  if (!equalAttendees(held.attendees, wanted.attendees, current.organizer?.email ?? null)) {
    changes.attendees = attendees;
  }
  if (sequence > (current.sequence ?? 0)) changes.sequence = sequence;
  return Object.keys(changes).length === 0 ? null : { ...kept, ...changes };
}

/** What a write has answered, or (`existed`) what it has found to be there already. */
export function toWrittenEvent(event: ExternalEvent, existed: boolean): WrittenEvent {
  const { id: eventId, version, iCalUid, sequence } = event;
  return { existed, eventId, version, iCalUid, sequence, event };
}

function toAttendee(attendee: GoogleAttendee): EventAttendee {
  return {
    email: attendee.email ?? "",
    name: attendee.displayName || null,
    response: toResponse(attendee.responseStatus),
    optional: attendee.optional ?? false,
  };
}

function toGoogleAttendee(attendee: EventAttendee, held: GoogleAttendee | undefined): GoogleAttendee {
  return {
    ...held,
    email: attendee.email,
    ...(attendee.name === null ? {} : { displayName: attendee.name }),
    responseStatus: GOOGLE_RESPONSES[attendee.response],
    optional: attendee.optional,
  };
}

/** Google lists the organizer and booked rooms among the attendees; neither is one in our sense. */
function isInvited(attendee: GoogleAttendee): boolean {
  return Boolean(attendee.email) && !attendee.organizer && !attendee.resource;
}

/** Whether people may be invited whom Google does not show: it says so, or only the organizer may see the others. */
function hidesAttendees(item: GoogleEvent): boolean {
  return (
    item.attendeesOmitted === true ||
    (item.guestsCanSeeOtherGuests === false && item.organizer?.self !== true)
  );
}

/** Rooms and the organizer stay as they are; an attendee's comment and extra guests stay with the attendee. */
function mergeAttendees(held: readonly GoogleAttendee[], wanted: readonly EventAttendee[]): GoogleAttendee[] {
  const others = held.filter((attendee) => !isInvited(attendee));
  const byEmail = new Map(held.map((attendee) => [attendee.email?.toLowerCase(), attendee]));
  const known = new Set(others.map((attendee) => attendee.email?.toLowerCase()));
  return [
    ...others,
    ...wanted
      .filter((attendee) => !known.has(attendee.email.toLowerCase()))
      .map((attendee) => toGoogleAttendee(attendee, byEmail.get(attendee.email.toLowerCase()))),
  ];
}

function equalAttendees(
  held: readonly EventAttendee[],
  wanted: readonly EventAttendee[],
  organizerEmail: string | null,
): boolean {
  const invited = wanted.filter((a) => a.email.toLowerCase() !== organizerEmail?.toLowerCase());
  if (held.length !== invited.length) return false;
  const byEmail = new Map(held.map((attendee) => [attendee.email.toLowerCase(), attendee]));
  return invited.every((attendee) => {
    const found = byEmail.get(attendee.email.toLowerCase());
    if (!found || found.response !== attendee.response || found.optional !== attendee.optional) return false;
    // Google fills in names that it knows; one that we do not know is not to be taken away.
    return attendee.name === null || attendee.name === found.name;
  });
}

function equalTimes(held: EventTime, wanted: EventTime): boolean {
  if (held.start !== wanted.start || held.end !== wanted.end) return false;
  return held.allDay ? wanted.allDay : !wanted.allDay && held.timeZone === wanted.timeZone;
}

function equalLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

function normaliseLines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

function toResponse(status: string | null | undefined): AttendeeResponse {
  return RESPONSES[status ?? ""] ?? "needs-action";
}

function toInstantOrNull(text: string | null | undefined): string | null {
  const epochMs = Date.parse(text ?? "");
  return Number.isNaN(epochMs) ? null : new Date(epochMs).toISOString();
}
