import type { AttendeeResponse, EventTime } from "@calsync/types";
import ICAL from "ical.js";
import { Temporal } from "temporal-polyfill";
import { tzlib_get_ical_block } from "timezones-ical-library";
import type { IcsEvent } from "./event.ts";
import { foldLines } from "./fold-lines.ts";

/** An event to be written. */
export type IcsEventToWrite = Omit<IcsEvent, "line" | "kept" | "thisAndFuture" | "stampedAt"> & {
  /** DTSTAMP: when this revision was made (RFC 5545 §3.8.7.2). */
  stampedAt: string;
};

/** What stands in a file beside its events. */
export interface IcsCalendarToWrite {
  /** Shown by clients as the calendar's name. */
  name: string | null;
  /** Wanted pause between two fetches of a feed, as an ISO 8601 duration. */
  refreshInterval?: string;
  events: Iterable<IcsEventToWrite>;
}

const PRODID = "-//calsync//calsync//EN";

/**
 * The text of an iCalendar file (RFC 5545): CRLF line ends, lines folded by octets, a VTIMEZONE for every zone used.
 * Given in pieces, so that a large calendar need not stand in memory as one text.
 */
export function* writeCalendar({ name, refreshInterval, events }: IcsCalendarToWrite): Generator<string> {
  yield lines([
    "BEGIN:VCALENDAR",
    `PRODID:${PRODID}`,
    "VERSION:2.0",
    "CALSCALE:GREGORIAN",
    ...(name ? [`NAME:${escapeText(name)}`, `X-WR-CALNAME:${escapeText(name)}`] : []),
    ...(refreshInterval
      ? [`REFRESH-INTERVAL;VALUE=DURATION:${refreshInterval}`, `X-PUBLISHED-TTL:${refreshInterval}`]
      : []),
  ]);
  const described = new Set<string>();
  for (const event of events) {
    const zone = event.time.allDay ? "UTC" : event.time.timeZone;
    if (zone !== "UTC" && !described.has(zone)) {
      described.add(zone);
      const block = zoneBlock(zone);
      if (block) yield lines(block);
    }
    yield writeEvent(event);
  }
  yield lines(["END:VCALENDAR"]);
}

/** One VEVENT with its line ends. */
export function writeEvent(event: IcsEventToWrite): string {
  const component = new ICAL.Component("vevent");
  const text = (property: string, value: string) => {
    if (value !== "") component.addPropertyWithValue(property, withoutControls(value));
  };
  text("uid", event.uid);
  component.addPropertyWithValue("dtstamp", utc(event.stampedAt));
  if (event.lastModified) component.addPropertyWithValue("last-modified", utc(event.lastModified));
  if (event.sequence > 0) component.addPropertyWithValue("sequence", event.sequence);
  addDate(component, "dtstart", event.time.start, event.time);
  if (event.time.end > event.time.start) addDate(component, "dtend", event.time.end, event.time);
  if (event.recurrenceId) addDate(component, "recurrence-id", event.recurrenceId, event.time);
  text("summary", event.title);
  text("description", event.description);
  text("location", event.location);
  if (event.url) component.addPropertyWithValue("url", withoutControls(event.url));
  component.addPropertyWithValue("status", event.status.toUpperCase());
  component.addPropertyWithValue("transp", event.transparency === "free" ? "TRANSPARENT" : "OPAQUE");
  if (event.visibility === "private") component.addPropertyWithValue("class", "PRIVATE");
  if (event.organizer) addPerson(component, "organizer", event.organizer);
  for (const attendee of event.attendees) {
    const property = addPerson(component, "attendee", attendee);
    property.setParameter("role", attendee.optional ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT");
    property.setParameter("partstat", PARTSTAT[attendee.response]);
  }
  const folded = foldLines(component.toString());
  // Rules are kept as lines and written as they stand: taking them apart and together again could only lose something.
  const rules = (event.recurrence ?? []).map((line) => foldLines(line));
  return `${[...folded.split("\r\n").slice(0, -1), ...rules, "END:VEVENT"].join("\r\n")}\r\n`;
}

/** The VTIMEZONE of an IANA zone as lines; null for one that the library does not know, whose name must do (RFC 7809). */
export function zoneBlock(zone: string): string[] | null {
  try {
    const [block] = tzlib_get_ical_block(zone) as string[];
    return block ? block.split(/\r?\n/) : null;
  } catch {
    return null;
  }
}

const PARTSTAT: Record<AttendeeResponse, string> = {
  "needs-action": "NEEDS-ACTION",
  accepted: "ACCEPTED",
  tentative: "TENTATIVE",
  declined: "DECLINED",
};

/**
 * Adds a date to a component in the form of the event's time: a day, an instant in UTC, or a local time with its TZID.
 * @param value an instant, or a day of an all-day event
 */
export function addDate(component: ICAL.Component, name: string, value: string, time: EventTime): void {
  if (time.allDay) {
    component.addPropertyWithValue(name, ICAL.Time.fromDateString(value.slice(0, 10)));
    return;
  }
  if (time.timeZone === "UTC") {
    component.addPropertyWithValue(name, utc(value));
    return;
  }
  const local = Temporal.Instant.from(value).toZonedDateTimeISO(time.timeZone).toPlainDateTime();
  const property = component.addPropertyWithValue(
    name,
    ICAL.Time.fromDateTimeString(local.toString({ smallestUnit: "second" })),
  );
  property.setParameter("tzid", time.timeZone);
}

/** iCalendar has no fractions of a second. */
const utc = (instant: string) =>
  ICAL.Time.fromDateTimeString(`${new Date(instant).toISOString().slice(0, 19)}Z`);

function addPerson(
  component: ICAL.Component,
  name: "organizer" | "attendee",
  person: { email: string; name: string | null },
): ICAL.Property {
  const property = component.addPropertyWithValue(name, `mailto:${withoutControls(person.email)}`);
  // Quotes cannot stand in a parameter (RFC 5545 §3.2), and few clients know the escapes of RFC 6868.
  const shown = withoutControls(person.name ?? "").replaceAll(/[\r\n"^]/g, (c) => (c === '"' ? "'" : " "));
  if (shown.trim() !== "") property.setParameter("cn", shown.trim());
  return property;
}

const escapeText = (text: string) =>
  withoutControls(text)
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll("\n", "\\n");

/** RFC 5545 §3.1 allows no control characters but tabs and line ends. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${foldLines(text)}\r\n`).join("");
