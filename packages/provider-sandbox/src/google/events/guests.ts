import type { GoogleContext } from "../context.ts";
import type { Calendar } from "../GoogleStore.ts";
import type { GoogleAttendee, GoogleEvent, GuestMail, StoredEvent } from "../types.ts";
import type { WriteOptions } from "./input.ts";
import { findEvent } from "./lookup.ts";
import { placedIn } from "./placement.ts";
import { cancelExceptions } from "./series-writes.ts";

/** Beyond this many guests responses are not propagated (inviting-attendees guide). */
const MAX_PROPAGATED_GUESTS = 200;

/** Fields that belong to one calendar's copy; everything else follows the organizer. */
const LOCAL_FIELDS = [
  "reminders",
  "colorId",
  "eventLabelId",
  "transparency",
  "visibility",
] as const satisfies readonly (keyof GoogleEvent)[];

/** True when this calendar holds the organizer's copy. */
export function isOrganizerCopy(calendar: Calendar, body: GoogleEvent): boolean {
  return body.organizer?.email === calendar.id;
}

/** Makes the copies on guests' calendars follow the organizer's copy. */
export function propagateToGuests(
  context: GoogleContext,
  calendar: Calendar,
  before: GoogleEvent | null,
  after: StoredEvent,
): void {
  if (!isOrganizerCopy(calendar, after.body) || after.body.privateCopy) return;
  const invited = guestEmails(after.body, calendar);
  for (const email of invited) putCopy(context, email, after);
  for (const email of before ? guestEmails(before, calendar) : []) {
    if (!invited.has(email)) withdrawCopy(context, email, after.id);
  }
}

function guestEmails(body: GoogleEvent, calendar: Calendar): Set<string> {
  const emails = (body.attendees ?? []).map((attendee) => attendee.email?.toLowerCase() ?? "");
  return new Set(emails.filter((email) => email !== "" && email !== calendar.id));
}

function putCopy(context: GoogleContext, email: string, source: StoredEvent): void {
  const calendar = context.store.accounts.has(email) ? context.store.calendars.get(email) : undefined;
  if (!calendar) return;
  const kept = calendar.events.get(source.id);
  // A guest who removed the event for himself stays without it until the organizer's next invitation restores it.
  if (kept?.deletedAtMs !== undefined && !kept.stub && source.body.status !== "cancelled") return;
  const { extendedProperties, ...shared } = source.body;
  const body: GoogleEvent = { ...shared };
  for (const field of LOCAL_FIELDS) {
    const own = kept?.body[field];
    if (kept) setField(body, field, own);
    else if (field !== "visibility" && field !== "transparency") delete body[field];
  }
  body.reminders ??= { useDefault: true };
  const ownPrivate = kept?.body.extendedProperties?.private;
  const properties = {
    ...(ownPrivate ? { private: ownPrivate } : {}),
    ...(extendedProperties?.shared ? { shared: extendedProperties.shared } : {}),
  };
  if (Object.keys(properties).length > 0) body.extendedProperties = properties;
  const copy: Omit<StoredEvent, "version" | "seq"> = { ...source, body };
  delete copy.stub;
  if (body.status === "cancelled" && !body.recurringEventId) copy.stub = true;
  const saved = context.store.putEvent(calendar, placedIn(calendar, copy));
  if (saved.stub) cancelExceptions(context, calendar, saved);
}

function setField<K extends keyof GoogleEvent>(
  body: GoogleEvent,
  field: K,
  value: GoogleEvent[K] | undefined,
): void {
  if (value === undefined) delete body[field];
  else body[field] = value;
}

function withdrawCopy(context: GoogleContext, email: string, eventId: string): void {
  const calendar = context.store.calendars.get(email);
  const copy = calendar?.events.get(eventId);
  if (!calendar || !copy || copy.body.status === "cancelled") return;
  const withdrawn = context.store.putEvent(calendar, {
    ...copy,
    body: { ...copy.body, status: "cancelled" },
    deletedAtMs: context.store.clock.nowMs(),
    stub: true,
  });
  cancelExceptions(context, calendar, withdrawn);
}

/** Carries a guest's answer from the guest's copy to the organizer's, and from there to the other guests. */
export function propagateResponse(context: GoogleContext, calendar: Calendar, copy: StoredEvent): void {
  const own = ownAttendee(calendar, copy.body);
  const organizerCalendar = context.store.calendars.get(copy.body.organizer?.email ?? "");
  if (!own || !organizerCalendar) return;
  const source = findEvent(context, organizerCalendar, copy.id);
  const listed = source?.body.attendees ?? [];
  if (!source || source.body.status === "cancelled" || listed.length > MAX_PROPAGATED_GUESTS) return;
  const attendees = listed.map((attendee) =>
    attendee.email?.toLowerCase() === calendar.id ? withResponse(attendee, own) : attendee,
  );
  if (JSON.stringify(attendees) === JSON.stringify(listed)) return;
  const body = { ...source.body, attendees, updated: context.store.clock.nowIso() };
  const kept = context.store.putEvent(organizerCalendar, { ...source, body });
  propagateToGuests(context, organizerCalendar, source.body, kept);
}

function withResponse(attendee: GoogleAttendee, own: GoogleAttendee): GoogleAttendee {
  const answered: GoogleAttendee = { ...attendee, responseStatus: own.responseStatus ?? "needsAction" };
  if (own.comment) answered.comment = own.comment;
  if (own.additionalGuests) answered.additionalGuests = own.additionalGuests;
  return answered;
}

/** The guest whose copy this is, if the calendar's user is one. */
export function ownAttendee(calendar: Calendar, body: GoogleEvent): GoogleAttendee | undefined {
  return body.attendees?.find((attendee) => attendee.email?.toLowerCase() === calendar.id);
}

/** Records the mail that `sendUpdates` asks for. Mail that Google "might still send" with `none` is not simulated. */
export function recordGuestMail(
  context: GoogleContext,
  calendar: Calendar,
  before: GoogleEvent | null,
  after: GoogleEvent,
  options: WriteOptions,
): void {
  if (options.sendUpdates === "none") return;
  const { accounts, guestMail, clock } = context.store;
  const send = (to: string, kind: GuestMail["kind"]) => {
    // externalOnly: only guests who do not use Google Calendar.
    if (options.sendUpdates === "externalOnly" && accounts.has(to)) return;
    guestMail.push({
      to,
      kind,
      calendarId: calendar.id,
      eventId: after.id as string,
      iCalUID: after.iCalUID as string,
      summary: after.summary ?? "",
      sequence: after.sequence ?? 0,
      at: clock.nowIso(),
    });
  };
  if (!isOrganizerCopy(calendar, after)) {
    const organizer = after.organizer?.email;
    if (organizer && ownAttendee(calendar, after)) send(organizer, "response");
    return;
  }
  const wasLive = before !== null && before.status !== "cancelled";
  const earlier = wasLive ? guestEmails(before, calendar) : new Set<string>();
  const isLive = after.status !== "cancelled";
  const now = isLive ? guestEmails(after, calendar) : new Set<string>();
  for (const email of now) send(email, earlier.has(email) ? "update" : "invitation");
  for (const email of earlier) if (!now.has(email)) send(email, "cancellation");
}
