import ICAL from "ical.js";
import { Temporal } from "temporal-polyfill";
import type { Invitation, InvitationTime } from "./types.ts";

/**
 * Reads the events of an iCalendar object.
 *
 * @param source the text of a `text/calendar` part.
 * @returns one entry per `VEVENT`; empty when the text is not iCalendar, as a mailbox shows a broken mail too.
 */
export function parseInvitations(source: string): Invitation[] {
  let calendar: ICAL.Component;
  try {
    calendar = new ICAL.Component(ICAL.parse(source) as ConstructorParameters<typeof ICAL.Component>[0]);
  } catch {
    return [];
  }
  const method = textOf(calendar, "method")?.toUpperCase() ?? "";
  return calendar.getAllSubcomponents("vevent").map((event) => parseEvent(event, method));
}

function parseEvent(event: ICAL.Component, method: string): Invitation {
  const invitation: Invitation = {
    method,
    uid: textOf(event, "uid") ?? "",
    sequence: Number(textOf(event, "sequence") ?? "0"),
    summary: textOf(event, "summary") ?? "",
    attendees: event.getAllProperties("attendee").map((property) => {
      const status = property.getFirstParameter("partstat");
      return { address: addressOf(property), ...(status ? { status: status.toUpperCase() } : {}) };
    }),
  };
  const status = textOf(event, "status")?.toUpperCase();
  if (status) invitation.status = status;
  const location = textOf(event, "location");
  if (location) invitation.location = location;
  const description = textOf(event, "description");
  if (description) invitation.description = description;
  const rule = event.getFirstPropertyValue("rrule");
  if (rule) invitation.recurrenceRule = String(rule);
  const organizer = event.getFirstProperty("organizer");
  if (organizer) invitation.organizer = addressOf(organizer);
  const start = timeOf(event, "dtstart");
  if (start) invitation.start = start;
  const end = timeOf(event, "dtend");
  if (end) invitation.end = end;
  const recurrenceId = timeOf(event, "recurrence-id");
  if (recurrenceId) invitation.recurrenceId = recurrenceId;
  return invitation;
}

function textOf(component: ICAL.Component, name: string): string | undefined {
  const value = component.getFirstPropertyValue(name);
  return value === null || value === undefined ? undefined : String(value);
}

function addressOf(property: ICAL.Property): string {
  return String(property.getFirstValue())
    .replace(/^mailto:/i, "")
    .toLowerCase();
}

function timeOf(event: ICAL.Component, name: string): InvitationTime | undefined {
  const property = event.getFirstProperty(name);
  const value = property?.getFirstValue();
  if (!property || !(value instanceof ICAL.Time)) return undefined;
  const fields = { year: value.year, month: value.month, day: value.day };
  if (value.isDate) return { date: Temporal.PlainDate.from(fields).toString() };

  const plain = Temporal.PlainDateTime.from({
    ...fields,
    hour: value.hour,
    minute: value.minute,
    second: value.second,
  });
  const local = plain.toString({ smallestUnit: "second" });
  const tzid = property.getFirstParameter("tzid");
  if (tzid) {
    try {
      return { local, timeZone: tzid, instant: plain.toZonedDateTime(tzid).toInstant().toString() };
    } catch {
      // Not an IANA name (Outlook writes "W. Europe Standard Time"): the VTIMEZONE that came with it says what it means.
      return { local, timeZone: tzid, instant: new Date(value.toUnixTime() * 1000).toISOString() };
    }
  }
  if (value.zone === ICAL.Timezone.utcTimezone) {
    return { local, timeZone: "UTC", instant: plain.toZonedDateTime("UTC").toInstant().toString() };
  }
  return { local };
}
