import type { GoogleContext } from "../context.ts";
import { inZone, printInstant } from "../event-times.ts";
import { type Calendar, etagOf } from "../GoogleStore.ts";
import type { Occurrence } from "../series.ts";
import { type AccessRole, type GoogleEvent, roleAllows, type StoredEvent } from "../types.ts";

/** How an event is to be printed. */
export interface ViewOptions {
  role: AccessRole;
  /** Print times with the offset of this zone; the calendar's own when left out. */
  timeZone?: string | undefined;
  /** Guests beyond this number are left out. */
  maxAttendees?: number | undefined;
}

/** An event as the API prints it for a reader with a given role on the calendar. */
export function viewEvent(
  context: GoogleContext,
  calendar: Calendar,
  event: StoredEvent,
  options: ViewOptions,
): GoogleEvent {
  const { body } = event;
  const etag = etagOf(event.version);
  if (body.status === "cancelled") {
    if (body.recurringEventId) {
      return {
        kind: "calendar#event",
        etag,
        id: event.id,
        status: "cancelled",
        recurringEventId: body.recurringEventId,
        originalStartTime: zoned(body.originalStartTime, options) ?? {},
      };
    }
    if (isBare(context, event)) return { kind: "calendar#event", id: event.id, status: "cancelled" };
  }
  if (!seesDetails(body, options.role)) return withoutDetails(context, calendar, event, etag, options);

  const view: GoogleEvent = {
    kind: "calendar#event",
    etag,
    ...body,
    htmlLink: linkOf(context, calendar, event),
  };
  if (options.timeZone && options.timeZone !== calendar.timeZone) {
    for (const field of ["start", "end", "originalStartTime"] as const) {
      const time = zoned(body[field], options);
      if (time) view[field] = time;
    }
  }
  if (body.creator?.email === calendar.id) view.creator = { ...body.creator, self: true };
  if (body.organizer?.email === calendar.id) view.organizer = { ...body.organizer, self: true };
  if (body.attendees) viewAttendees(view, calendar, options);
  return view;
}

/** An ordinary instance of a series, as if it were stored. */
export function instanceOf(series: StoredEvent, occurrence: Occurrence): StoredEvent {
  const { recurrence: _, ...shared } = series.body;
  return {
    ...series,
    id: occurrence.instanceId,
    startMs: occurrence.startMs,
    endMs: occurrence.endMs,
    originalStartMs: occurrence.startMs,
    body: {
      ...shared,
      id: occurrence.instanceId,
      start: occurrence.start,
      end: occurrence.end,
      recurringEventId: series.id,
      originalStartTime: occurrence.start,
    },
  };
}

/** Whether a reader of this role sees more than "busy" of an event. */
function seesDetails(body: GoogleEvent, role: AccessRole): boolean {
  if (role === "freeBusyReader") return false;
  const isPrivate = body.visibility === "private" || body.visibility === "confidential";
  return !isPrivate || roleAllows(role, "writer");
}

function isBare(context: GoogleContext, event: StoredEvent): boolean {
  const shape = context.faults.behaviours.deletedShape;
  if (shape === "documented") return event.stub === true;
  return shape === "bare";
}

function withoutDetails(
  context: GoogleContext,
  calendar: Calendar,
  event: StoredEvent,
  etag: string,
  options: ViewOptions,
): GoogleEvent {
  const { body } = event;
  const view: GoogleEvent = {
    kind: "calendar#event",
    etag,
    id: event.id,
    status: body.status ?? "confirmed",
    htmlLink: linkOf(context, calendar, event),
    start: zoned(body.start, options) ?? {},
    end: zoned(body.end, options) ?? {},
    visibility: "private",
  };
  if (body.updated) view.updated = body.updated;
  if (body.iCalUID) view.iCalUID = body.iCalUID;
  if (body.eventType) view.eventType = body.eventType;
  if (body.recurrence) view.recurrence = body.recurrence;
  if (body.recurringEventId) view.recurringEventId = body.recurringEventId;
  if (body.originalStartTime) view.originalStartTime = zoned(body.originalStartTime, options) ?? {};
  if (body.transparency) view.transparency = body.transparency;
  return view;
}

function viewAttendees(view: GoogleEvent, calendar: Calendar, options: ViewOptions): void {
  const own = (email: string | null | undefined) => email?.toLowerCase() === calendar.id;
  const isOrganizer = own(view.organizer?.email);
  let attendees = (view.attendees ?? []).map((attendee) => {
    const shown = { ...attendee };
    if (own(attendee.email)) shown.self = true;
    if (attendee.email?.toLowerCase() === view.organizer?.email) shown.organizer = true;
    return shown;
  });
  if (view.guestsCanSeeOtherGuests === false && !isOrganizer) {
    attendees = attendees.filter((attendee) => attendee.self);
    view.attendeesOmitted = true;
  }
  if (options.maxAttendees !== undefined && attendees.length > options.maxAttendees) {
    // The reference: only the participant is returned then.
    attendees = attendees.filter((attendee) => attendee.self);
    view.attendeesOmitted = true;
  }
  view.attendees = attendees;
}

function zoned(time: GoogleEvent["start"], options: ViewOptions): GoogleEvent["start"] {
  return time && options.timeZone ? inZone(time, options.timeZone) : time;
}

/** An address that shows the event's day in the sandbox's page. */
function linkOf(context: GoogleContext, calendar: Calendar, event: StoredEvent): string {
  const { start } = event.body;
  const eid = Buffer.from(`${event.id} ${calendar.id}`).toString("base64url");
  const account = calendar.dataOwner ? `&account=${encodeURIComponent(calendar.dataOwner)}` : "";
  const date = (start?.date ?? start?.dateTime ?? "").slice(0, 10);
  // Written by hand: URLSearchParams tripled the time of a page of 250 events.
  return `${context.url()}/google?eid=${eid}${account}&calendar=${encodeURIComponent(calendar.id)}&date=${date}`;
}

/** A busy interval as `freeBusy.query` prints it. */
export function viewInterval(interval: { startMs: number; endMs: number }, timeZone: string) {
  return { start: printInstant(interval.startMs, timeZone), end: printInstant(interval.endMs, timeZone) };
}
