import type {
  AttendeeResponse,
  CalendarEvent,
  EventAttendee,
  EventTime,
  ExternalChange,
  ExternalEvent,
  WrittenEvent,
} from "@calsync/types";
import type { Attendee, Event, ItemBody, ResponseType } from "@microsoft/microsoft-graph-types";
import { htmlToText, plainText, splitMeeting, textToHtml } from "./body.ts";
import { fromEventTime, originalStartOn, toEventTime, toOriginalStart } from "./event-time.ts";
import { type ATTEMPT_PROPERTY, type KEY_PROPERTY, MARKER_PROPERTY } from "./extended-properties.ts";
import { fromGraphRecurrence, isSameGraphRecurrence, toGraphRecurrence } from "./recurrence.ts";
import { isSameGraphZone } from "./zones.ts";

/** An event as Graph prints it, annotations included. */
export type GraphEvent = Event & { "@odata.etag"?: string | null; "@removed"?: { reason?: string } };

const RESPONSES: Readonly<Record<ResponseType, AttendeeResponse>> = {
  none: "needs-action",
  notResponded: "needs-action",
  organizer: "accepted",
  accepted: "accepted",
  tentativelyAccepted: "tentative",
  declined: "declined",
};

/** Members that a read asks for: all that is looked at, and those that come in no other way (`cancelledOccurrences`). */
export const EVENT_FIELDS: readonly (keyof Event)[] = [
  "id",
  "type",
  "seriesMasterId",
  "originalStart",
  "subject",
  "body",
  "location",
  "start",
  "end",
  "isAllDay",
  "originalStartTimeZone",
  "recurrence",
  "attendees",
  "organizer",
  "isOrganizer",
  "responseStatus",
  "showAs",
  "sensitivity",
  "isCancelled",
  "isOnlineMeeting",
  "onlineMeeting",
  "iCalUId",
  "transactionId",
  "lastModifiedDateTime",
  "webLink",
  "cancelledOccurrences",
];

/**
 * One event as changes: itself, and for a series each date that was taken out of it. What cannot be read is set aside alone, with
 * a reason that quotes nothing. Ordinary occurrences are no changes: their series stands for them.
 */
export function toChanges(item: GraphEvent, calendarId: string): ExternalChange[] {
  const eventId = item.id ?? null;
  if (!eventId) return [{ type: "unreadable", eventId, reason: "the event has no id" }];
  if (item.type === "occurrence") return [];
  const seriesId = item.seriesMasterId ?? null;
  if (item.isCancelled) {
    const version = item["@odata.etag"] ?? null;
    return [{ type: "delete", eventId, seriesId, originalStart: toOriginalStart(item), version }];
  }
  const event = toExternalEvent(item, calendarId);
  if (!event) return [{ type: "unreadable", eventId, reason: unreadableReason(item) }];
  return [{ type: "upsert", event }, ...cancelledStarts(item, event).map(cancelledChange(eventId))];
}

/** Graph's event in our shape; null when it has no id, no readable time, or a recurrence that we do not know. */
export function toExternalEvent(item: GraphEvent, calendarId: string): ExternalEvent | null {
  const time = toEventTime(item);
  if (!item.id || !time) return null;
  const recurrence = item.recurrence ? fromGraphRecurrence(item.recurrence, time) : null;
  if (item.recurrence && !recurrence) return null;
  const organizer = item.organizer?.emailAddress?.address;
  const own = item.responseStatus?.response ?? "none";
  return {
    id: item.id,
    calendarId,
    iCalUid: item.iCalUId ?? null,
    version: item["@odata.etag"] ?? null,
    sequence: null,
    status: item.isCancelled ? "cancelled" : item.showAs === "tentative" ? "tentative" : "confirmed",
    title: item.subject ?? "",
    description: descriptionOf(item),
    location: item.location?.displayName ?? "",
    time,
    attendees: invited(item).map(toAttendee),
    // Those of a booking are never written here, so that not being listed says nothing about them.
    attendeesHidden: true,
    organizer: organizer ? { email: organizer, self: item.isOrganizer ?? false } : null,
    selfResponse: own === "organizer" || own === "none" ? null : RESPONSES[own],
    transparency: isFree(item) ? "free" : "busy",
    visibility: isPrivate(item) ? "private" : "default",
    recurrence,
    seriesId: item.seriesMasterId ?? null,
    originalStart: toOriginalStart(item),
    marker: propertyOf(item, MARKER_PROPERTY),
    updatedAt: toInstantOrNull(item.lastModifiedDateTime),
    url: item.webLink ?? null,
  };
}

/** The dates that were taken out of a series, by the starts that its rule gave them. */
export function cancelledStarts(item: GraphEvent, { time }: Pick<ExternalEvent, "time">): string[] {
  return (item.cancelledOccurrences ?? []).flatMap((id) => {
    // `OID.{master}.{date}`, the date in the zone of the series.
    const day = /\.(\d{4}-\d{2}-\d{2})$/.exec(id)?.[1];
    const start = day ? originalStartOn(day, time) : null;
    return start ? [start] : [];
  });
}

/**
 * A new event as Graph is to hold it; its UID is Exchange's own. Nobody is put on it: Exchange would mail them, and invitations are
 * ours to send. @throws CalendarError INVALID_REQUEST for a series that Outlook cannot hold
 */
export function toGraphEvent(event: CalendarEvent): Event {
  return {
    subject: event.title,
    body: toBody(event.description, ""),
    location: { displayName: event.location },
    ...fromEventTime(event.time),
    ...(event.recurrence ? { recurrence: toGraphRecurrence(event.recurrence, event.time).recurrence } : {}),
    showAs: event.transparency === "free" ? "free" : "busy",
    sensitivity: event.visibility === "private" ? "private" : "normal",
    ...(event.marker === null
      ? {}
      : { singleValueExtendedProperties: [{ id: MARKER_PROPERTY, value: event.marker }] }),
  };
}

/**
 * What a PATCH must say to make the event equal to `wanted`; null when nothing would change. Everything else stays: reminders,
 * categories, the way into an online meeting, and the finer form of what reads the same to us (out of office, confidential,
 * formatting, another zone with the same clock). @throws CalendarError INVALID_REQUEST as `toGraphEvent`
 */
export function patchOf(current: GraphEvent, wanted: CalendarEvent, calendarId: string): Event | null {
  const held = toExternalEvent(current, calendarId);
  if (!held) return toGraphEvent(wanted);
  const changes: Event = {};
  if (held.title !== wanted.title) changes.subject = wanted.title;
  if (held.description !== plainText(wanted.description)) {
    changes.body = toBody(wanted.description, meetingOf(current));
  }
  if (held.location !== wanted.location) changes.location = { displayName: wanted.location };
  if (held.transparency !== wanted.transparency) {
    changes.showAs = wanted.transparency === "free" ? "free" : "busy";
  }
  if (held.visibility !== wanted.visibility) {
    changes.sensitivity = wanted.visibility === "private" ? "private" : "normal";
  }
  if (wanted.marker !== null && held.marker !== wanted.marker) {
    changes.singleValueExtendedProperties = [{ id: MARKER_PROPERTY, value: wanted.marker }];
  }
  const moved = !isSameTime(held.time, wanted.time);
  if (moved) Object.assign(changes, fromEventTime(wanted.time));
  if (!held.seriesId) Object.assign(changes, recurrenceChange(held, wanted, moved));
  const kept = withoutRemoved(current, wanted);
  if (kept) changes.attendees = kept;
  return Object.keys(changes).length === 0 ? null : changes;
}

/** What a write has answered, or (`existed`) what it has found to be there already. */
export function toWrittenEvent(event: ExternalEvent, existed: boolean): WrittenEvent {
  const { id: eventId, version, iCalUid, sequence } = event;
  return { existed, eventId, version, iCalUid, sequence, event };
}

/** What an app has left on an event, if the read has asked for it. */
export function propertyOf(
  item: GraphEvent,
  id: typeof MARKER_PROPERTY | typeof KEY_PROPERTY | typeof ATTEMPT_PROPERTY,
): string | null {
  // The name's letters count, those of the GUID do not.
  const found = item.singleValueExtendedProperties?.find((one) => one.id?.toLowerCase() === id.toLowerCase());
  return found?.value ?? null;
}

/** The rule goes along whenever the series moves: its first day must be the event's (recurrencePattern page). */
function recurrenceChange(held: ExternalEvent, wanted: CalendarEvent, moved: boolean): Event {
  if (!wanted.recurrence) return held.recurrence ? { recurrence: null } : {};
  const rule = toGraphRecurrence(wanted.recurrence, wanted.time);
  const same = !moved && isSameGraphRecurrence(held.recurrence ?? [], rule, wanted.time);
  return same ? {} : { recurrence: rule.recurrence };
}

/** The people to leave on the event when some of those whom a person has put there are off the booking; null when all stay. */
function withoutRemoved(current: GraphEvent, wanted: CalendarEvent): Attendee[] | null {
  const listed = new Set(wanted.attendees.map(({ email }) => email.toLowerCase()));
  const removed = invited(current).filter((one) => !listed.has(addressOf(one)));
  if (removed.length === 0 || !current.isOrganizer) return null;
  return (current.attendees ?? []).filter((one) => !removed.includes(one));
}

function descriptionOf({ body, isOnlineMeeting, onlineMeeting }: GraphEvent): string {
  const content = body?.content ?? "";
  if (body?.contentType === "text") return plainText(content);
  return htmlToText(
    isOnlineMeeting || onlineMeeting ? splitMeeting(content, onlineMeeting?.joinUrl).own : content,
  );
}

function meetingOf({ body, isOnlineMeeting, onlineMeeting }: GraphEvent): string {
  if (body?.contentType !== "html" || !(isOnlineMeeting || onlineMeeting)) return "";
  return splitMeeting(body.content ?? "", onlineMeeting?.joinUrl).meeting;
}

function toBody(description: string, meeting: string): ItemBody {
  return { contentType: "html", content: textToHtml(description) + meeting };
}

/** Exchange lists booked rooms, and at times the organizer, among the attendees; neither is one in our sense. */
function invited(item: GraphEvent): Attendee[] {
  const organizer = item.organizer?.emailAddress?.address?.toLowerCase();
  return (item.attendees ?? []).filter((one) => {
    const address = addressOf(one);
    return address !== "" && address !== organizer && one.type !== "resource";
  });
}

function toAttendee(attendee: Attendee): EventAttendee {
  const { address, name } = attendee.emailAddress ?? {};
  return {
    email: address ?? "",
    // Exchange repeats the address where it knows no name.
    name: name && name.toLowerCase() !== address?.toLowerCase() ? name : null,
    response: RESPONSES[attendee.status?.response ?? "none"],
    optional: attendee.type === "optional",
  };
}

const addressOf = ({ emailAddress }: Attendee): string => emailAddress?.address?.toLowerCase() ?? "";

const isFree = ({ showAs }: GraphEvent): boolean => showAs === "free" || showAs === "workingElsewhere";

const isPrivate = ({ sensitivity }: GraphEvent): boolean =>
  sensitivity === "private" || sensitivity === "confidential";

function isSameTime(held: EventTime, wanted: EventTime): boolean {
  if (held.start !== wanted.start || held.end !== wanted.end) return false;
  return held.allDay ? wanted.allDay : !wanted.allDay && isSameGraphZone(held.timeZone, wanted.timeZone);
}

const cancelledChange =
  (seriesId: string) =>
  (originalStart: string): ExternalChange => ({
    type: "delete",
    // Graph has no id for it any more.
    eventId: `${seriesId}#${originalStart}`,
    seriesId,
    originalStart,
    version: null,
  });

function unreadableReason(item: GraphEvent): string {
  return toEventTime(item)
    ? "the event repeats in a way that we do not know"
    : "the event has no readable start";
}

function toInstantOrNull(text: string | null | undefined): string | null {
  const epochMs = Date.parse(text ?? "");
  return Number.isNaN(epochMs) ? null : new Date(epochMs).toISOString();
}
