import { GoogleApiError, invalid, required, timeRangeEmpty } from "../errors.ts";
import { eventInstant, normaliseTime } from "../event-times.ts";
import type { Calendar } from "../GoogleStore.ts";
import { Series } from "../series.ts";
import type { GoogleAttendee, GoogleEvent, StoredEvent } from "../types.ts";

/** Parameters of a write that change what it does. */
export interface WriteOptions {
  sendUpdates: "all" | "externalOnly" | "none";
  /** Without version 1 conference data in a request is ignored. */
  conferenceDataVersion: number;
}

/** Documented limits of extended properties; beyond them Google drops or cuts without an error. */
const MAX_PROPERTY_KEY = 44;
const MAX_PROPERTY_VALUE = 1024;

/** Fields of guests that only the organizer may set. */
export const GUEST_FIELDS = ["guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests"] as const;

/** Fields that a write cannot change once the event exists. */
const IMMUTABLE = [
  "id",
  "iCalUID",
  "created",
  "creator",
  "organizer",
  "eventType",
  "recurringEventId",
  "originalStartTime",
  "privateCopy",
  "hangoutLink",
] as const satisfies readonly (keyof GoogleEvent)[];

const REMINDER_MESSAGE = "Cannot specify both default reminders and overrides at the same time.";
const RESPONSES = new Set(["needsAction", "declined", "tentative", "accepted"]);
const EVENT_TYPES = new Set(["default", "birthday", "focusTime", "outOfOffice", "workingLocation"]);

type Fields = Record<string, unknown>;

/** What a PATCH makes of an event: absent fields stay, arrays are replaced whole, null deletes a field or map key. */
export function mergePatch(current: GoogleEvent, patch: GoogleEvent): GoogleEvent {
  return mergeValue(current, patch) as GoogleEvent;
}

function mergeValue(current: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch;
  const merged: Fields = isPlainObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeValue(merged[key], value);
  }
  return merged;
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a PUT makes of an event: only what cannot change is kept, the rest is the request's. */
export function replaceBody(current: GoogleEvent, input: GoogleEvent): GoogleEvent {
  const body: Fields = { ...input };
  for (const field of IMMUTABLE) if (current[field] !== undefined) body[field] = current[field];
  for (const [key, value] of Object.entries(body)) if (value === null) delete body[key];
  if (body.sequence === undefined) body.sequence = current.sequence;
  return body as GoogleEvent;
}

/** The event type of an insert. @throws GoogleApiError 400 for types that cannot be created. */
export function checkedEventType(eventType: string | null | undefined): string {
  const type = eventType ?? "default";
  if (!EVENT_TYPES.has(type)) throw invalid("Invalid value for: eventType");
  return type;
}

/**
 * Checks a whole event and gives it in the form the calendar keeps, with the instants of its start and end.
 * @param before the event as it was, for conference data that the request may not touch.
 * @throws GoogleApiError 400 for whatever the real API refuses.
 */
export function normaliseBody(
  body: GoogleEvent,
  calendar: Calendar,
  before: GoogleEvent | null,
  options: WriteOptions,
): Pick<StoredEvent, "body" | "startMs" | "endMs"> {
  const recurring = Boolean(body.recurrence?.length);
  const start = normaliseTime(body.start, "start", calendar.timeZone, recurring);
  const end = normaliseTime(body.end, "end", calendar.timeZone, recurring);
  if (Boolean(start.date) !== Boolean(end.date)) throw invalid("Invalid start time.");
  const startMs = eventInstant(start, calendar.timeZone);
  const endMs = eventInstant(end, calendar.timeZone);
  if (endMs < startMs || (start.date && endMs === startMs)) throw timeRangeEmpty();

  const result: GoogleEvent = { ...body, start, end };
  result.status = body.status ?? "confirmed";
  if (recurring) {
    if (body.recurringEventId) throw invalid("An instance of a recurring event cannot recur itself.");
    // Building the rule set checks every line.
    new Series(body.id ?? "", result, calendar.timeZone);
  } else {
    delete result.recurrence;
  }
  if (body.attendees?.length) result.attendees = normaliseAttendees(body.attendees);
  else delete result.attendees;
  result.reminders = body.reminders ?? { useDefault: true };
  if (result.reminders.useDefault && result.reminders.overrides?.length) {
    throw new GoogleApiError(
      400,
      "calendar",
      "cannotUseDefaultRemindersAndSpecifyOverride",
      REMINDER_MESSAGE,
    );
  }
  if (body.extendedProperties) {
    const properties = normaliseProperties(body.extendedProperties);
    if (properties) result.extendedProperties = properties;
    else delete result.extendedProperties;
  }
  applyConference(result, before, options);
  return { body: result, startMs, endMs };
}

function normaliseAttendees(attendees: GoogleAttendee[]): GoogleAttendee[] {
  const seen = new Map<string, GoogleAttendee>();
  for (const attendee of attendees) {
    const email = attendee?.email?.trim();
    if (!email) throw required("Missing attendee email.");
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw invalid("Invalid attendee email.");
    const responseStatus = attendee.responseStatus ?? "needsAction";
    if (!RESPONSES.has(responseStatus)) throw invalid("Invalid value for: responseStatus");
    const kept: GoogleAttendee = { email, responseStatus };
    if (attendee.displayName) kept.displayName = attendee.displayName;
    if (attendee.optional) kept.optional = true;
    if (attendee.resource) kept.resource = true;
    if (attendee.comment) kept.comment = attendee.comment;
    if (attendee.additionalGuests) kept.additionalGuests = attendee.additionalGuests;
    seen.set(email.toLowerCase(), kept);
  }
  return [...seen.values()];
}

/** Keys over the limit are dropped and values over it cut, both silently. */
function normaliseProperties(given: NonNullable<GoogleEvent["extendedProperties"]>) {
  const result: { private?: Record<string, string>; shared?: Record<string, string> } = {};
  for (const kind of ["private", "shared"] as const) {
    const kept: Record<string, string> = {};
    for (const [key, value] of Object.entries(given[kind] ?? {})) {
      if (key.length > MAX_PROPERTY_KEY || value === null || value === undefined) continue;
      kept[key] = String(value).slice(0, MAX_PROPERTY_VALUE);
    }
    if (Object.keys(kept).length > 0) result[kind] = kept;
  }
  return result.private || result.shared ? result : null;
}

function applyConference(result: GoogleEvent, before: GoogleEvent | null, options: WriteOptions): void {
  if (options.conferenceDataVersion !== 1) {
    if (before?.conferenceData) result.conferenceData = before.conferenceData;
    else delete result.conferenceData;
    return;
  }
  const request = result.conferenceData?.createRequest;
  if (!result.conferenceData) {
    delete result.hangoutLink;
    return;
  }
  if (!request?.requestId || request.status?.statusCode === "success") return;
  const letters = [...Buffer.from(request.requestId)]
    .map((byte) => String.fromCharCode(97 + (byte % 26)))
    .join("");
  const code = letters.padEnd(10, "x");
  const conferenceId = `${code.slice(0, 3)}-${code.slice(3, 7)}-${code.slice(7, 10)}`;
  const uri = `https://meet.google.com/${conferenceId}`;
  result.hangoutLink = uri;
  result.conferenceData = {
    createRequest: { ...request, status: { statusCode: "success" } },
    conferenceSolution: { key: { type: "hangoutsMeet" }, name: "Google Meet" },
    conferenceId,
    entryPoints: [{ entryPointType: "video", uri, label: uri.slice(8) }],
  };
}
