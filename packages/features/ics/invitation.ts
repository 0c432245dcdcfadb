import { foldLines, zoneBlock } from "@calsync/icalendar";
import type { AttendeeResponse, EventTime } from "@calsync/types";
import ICAL from "ical.js";
import { localTime } from "./local-time.ts";

/** Someone whom an invitation names. */
export interface InvitationPerson {
  name: string | null;
  email: string;
}

/** One appointment as an iTIP message tells of it (RFC 5546 §3.2). */
export interface Invitation {
  /** REQUEST invites and updates. CANCEL calls the appointment off, or takes the named attendees from it. */
  method: "REQUEST" | "CANCEL";
  /** The same in every message about one appointment. */
  uid: string;
  /** Rises with every message that replaces an earlier one. */
  sequence: number;
  title: string;
  /** Plain text. */
  description: string;
  location: string;
  /** Where the recipient can see or change the appointment. */
  url: string | null;
  time: EventTime;
  organizer: InvitationPerson;
  /** For a CANCEL: those who need not come any more. */
  attendees: (InvitationPerson & { response: AttendeeResponse; optional?: boolean })[];
  /** False for a CANCEL that only takes the named attendees away, while the appointment stands for others. */
  wholeEvent?: boolean;
  /** The occurrence of a series that this is about, by its original start: an instant, or a day (RECURRENCE-ID). */
  recurrenceId?: string | null;
  /** When this message is made (DTSTAMP). */
  stampedAt: Date;
}

/** A whole series: what its occurrences share, and those that differ. */
export interface SeriesInvitation {
  /** The series; its time is the first occurrence's, in the zone whose local time repeats. */
  series: Invitation;
  /** RRULE and RDATE lines. */
  recurrence: readonly string[];
  /** Original starts of occurrences that do not take place. */
  excluded: readonly string[];
  /** Occurrences that differ from the series, each with its `recurrenceId`. */
  changed: readonly Invitation[];
}

/**
 * The text of an iTIP message: an iCalendar object with one VEVENT, CRLF line ends, folded by octets. Timed events are
 * written in UTC, which names one instant everywhere and needs no VTIMEZONE (RFC 5545 §3.3.5 form 2).
 *
 * @throws RangeError when the time is not a valid stretch, or no attendee is named (RFC 5546 asks for one)
 */
export function buildInvitation(invitation: Invitation): string {
  return textOf(invitation.method, [eventOf(invitation)]);
}

/**
 * The text of an iTIP message about a whole series (RFC 5546 §3.2.2): one VEVENT with its rule and one for each occurrence
 * that differs, all under one UID. Times are local ones with their VTIMEZONE, because a rule in UTC would move on the wall
 * when clocks change.
 *
 * @throws RangeError as {@link buildInvitation}
 */
export function buildSeriesInvitation(message: SeriesInvitation): string {
  const { series, recurrence, excluded, changed } = message;
  const named = series.time.allDay ? "UTC" : series.time.timeZone;
  // In UTC, and where the zone cannot be described, instants say all there is to say.
  const block = named === "UTC" ? null : zoneBlock(named);
  const zone = block && named;
  const master = eventOf(series, zone);
  for (const line of recurrence) {
    const [name = "", value = ""] = [line.slice(0, line.search(/[;:]/)), line.slice(line.indexOf(":") + 1)];
    if (/^RRULE$/i.test(name)) master.addPropertyWithValue("rrule", ICAL.Recur.fromString(value));
    if (/^RDATE$/i.test(name)) {
      for (const stamp of value.split(",")) addStart(master, "rdate", slotOfStamp(stamp), zone);
    }
  }
  for (const slot of excluded) addStart(master, "exdate", slot, zone);
  const events = [master, ...changed.map((one) => eventOf(one, zone))];
  return textOf(
    series.method,
    block ? [new ICAL.Component(ICAL.parse(block.join("\r\n"))), ...events] : events,
  );
}

function textOf(method: Invitation["method"], components: readonly ICAL.Component[]): string {
  const calendar = new ICAL.Component("vcalendar");
  calendar.addPropertyWithValue("prodid", "-//calsync//calsync//EN");
  calendar.addPropertyWithValue("version", "2.0");
  calendar.addPropertyWithValue("calscale", "GREGORIAN");
  calendar.addPropertyWithValue("method", method);
  for (const component of components) calendar.addSubcomponent(component);
  return `${foldLines(calendar.toString())}\r\n`;
}

/** @param zone in which timed events are written; null: in UTC */
function eventOf(invitation: Invitation, zone: string | null = null): ICAL.Component {
  if (invitation.attendees.length === 0) {
    throw new RangeError("An invitation needs at least one attendee: pass those whom it concerns");
  }
  const event = new ICAL.Component("vevent");
  event.addPropertyWithValue("uid", singleLine(invitation.uid));
  event.addPropertyWithValue("dtstamp", instant(invitation.stampedAt));
  event.addPropertyWithValue("sequence", invitation.sequence);
  const { start, end } = invitation.time;
  checkTime(invitation.time);
  if (invitation.recurrenceId) addStart(event, "recurrence-id", invitation.recurrenceId, zone);
  addStart(event, "dtstart", start, zone);
  addStart(event, "dtend", end, zone);
  event.addPropertyWithValue("summary", singleLine(invitation.title));
  if (invitation.description) event.addPropertyWithValue("description", plainText(invitation.description));
  if (invitation.location) event.addPropertyWithValue("location", singleLine(invitation.location));
  if (invitation.url) event.addPropertyWithValue("url", singleLine(invitation.url));
  // RFC 5546 §3.2.5: a CANCEL that only uninvites some attendees carries no STATUS.
  const status = invitation.method === "REQUEST" ? "CONFIRMED" : "CANCELLED";
  if (invitation.method === "REQUEST" || invitation.wholeEvent !== false) {
    event.addPropertyWithValue("status", status);
  }
  event.addPropertyWithValue("transp", "OPAQUE");
  addPerson(event, "organizer", invitation.organizer);
  for (const attendee of invitation.attendees) {
    const property = addPerson(event, "attendee", attendee);
    property.setParameter("cutype", "INDIVIDUAL");
    property.setParameter("role", attendee.optional ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT");
    property.setParameter("partstat", attendee.response.toUpperCase());
    property.setParameter("rsvp", attendee.response === "needs-action" ? "TRUE" : "FALSE");
  }
  return event;
}

function checkTime(time: EventTime): void {
  const [start, end] = time.allDay
    ? [day(time.start), day(time.end)]
    : [instant(new Date(time.start)), instant(new Date(time.end))];
  if (end.compare(start) <= 0) throw new RangeError("An invitation's end must lie after its start");
}

/** A day, an instant in UTC, or the local time of an instant with its zone (RFC 5545 §3.3.5). */
function addStart(event: ICAL.Component, name: string, start: string, zone: string | null): void {
  if (!start.includes("T")) {
    event.addPropertyWithValue(name, day(start));
  } else if (zone === null) {
    event.addPropertyWithValue(name, instant(new Date(start)));
  } else {
    const local = ICAL.Time.fromDateTimeString(localTime(new Date(start), zone));
    event.addPropertyWithValue(name, local).setParameter("tzid", zone);
  }
}

function slotOfStamp(stamp: string): string {
  const [, year, month, date, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z)?$/.exec(stamp) ?? [];
  if (!year) throw new RangeError("Dates of a series are written in UTC, or as days");
  return hour ? `${year}-${month}-${date}T${hour}:${minute}:${second}.000Z` : `${year}-${month}-${date}`;
}

function instant(date: Date): ICAL.Time {
  if (Number.isNaN(date.getTime())) throw new RangeError("An invitation's times must be valid instants");
  // Whole seconds: iCalendar has no fractions.
  return ICAL.Time.fromDateTimeString(`${date.toISOString().slice(0, 19)}Z`);
}

function day(date: string): ICAL.Time {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new RangeError("An all-day invitation's days are yyyy-mm-dd");
  return ICAL.Time.fromDateString(date);
}

function addPerson(
  event: ICAL.Component,
  name: "organizer" | "attendee",
  person: InvitationPerson,
): ICAL.Property {
  const property = event.addPropertyWithValue(name, `mailto:${singleLine(person.email)}`);
  // Quotes cannot stand in a parameter (RFC 5545 §3.2), and few clients know the escapes of RFC 6868.
  const shown = singleLine(person.name ?? "")
    .replaceAll('"', "'")
    .replaceAll("^", " ");
  if (shown) property.setParameter("cn", shown);
  return property;
}

/** What must not break into a second content line. */
function singleLine(text: string): string {
  return plainText(text)
    .replace(/\s*\n\s*/g, " ")
    .trim();
}

/** Without control characters other than line ends and tabs (RFC 5545 §3.1 allows no others); line ends as LF. */
function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}
