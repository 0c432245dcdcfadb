import { createHash } from "node:crypto";
import type { AttendeeResponse, EventAttendee, EventTime, InstantString } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import type { IcsProblem, RawComponent } from "./components.ts";
import { DateReader, type IcsDate, isBefore } from "./dates.ts";
import type { IcsEvent } from "./event.ts";
import { type IcsProperty, readProperties } from "./properties.ts";
import { readRecurrence } from "./read-recurrence.ts";
import type { ZoneBook } from "./zones.ts";

/** What one VEVENT came to. */
export interface ReadEvent {
  /** Null when it cannot stand for an appointment; `problems` says why. */
  event: IcsEvent | null;
  problems: IcsProblem[];
}

/**
 * Reads one VEVENT. What cannot be read is reported with its line and left out; only an event without a usable start is
 * left out as a whole.
 * @param floatingZone zone in which floating times are read (RFC 5545 §3.3.5 form 1)
 * @param keep names of further properties whose values are wanted; `NAME;PARAMETER` for a parameter of the first of them
 * @param method the file's iTIP method: a REPLY and a CANCEL need no start (RFC 5546 §3.2.3, §3.2.5); then the event stands at
 *   the occurrence that it names, or at its stamp, without a length
 */
export function readEvent(
  component: RawComponent,
  zones: ZoneBook,
  floatingZone: string,
  keep: readonly string[] = [],
  method: string | null = null,
): ReadEvent {
  const problems: IcsProblem[] = [];
  const properties = readProperties(component, problems);
  const one = (name: string): IcsProperty | undefined => properties.get(name)?.[0];
  const text = (name: string): string => one(name)?.text.trim() ?? "";
  const dates = new DateReader(zones, floatingZone, problems);
  const left = (line: number, property: string, message: string): ReadEvent => ({
    event: null,
    problems: [...problems, { line, property, message, severity: "error" }],
  });

  const startProperty =
    one("DTSTART") ??
    (method === "REPLY" || method === "CANCEL" ? (one("RECURRENCE-ID") ?? one("DTSTAMP")) : undefined);
  if (!startProperty) return left(component.line, "DTSTART", "The event has no start; it was left out.");
  const start = dates.read(startProperty);
  if (!start)
    return left(startProperty.line, "DTSTART", "The event's start cannot be read; it was left out.");
  const time = readTime(start, one("DTEND"), one("DURATION"), dates, problems);

  const recurrenceProperty = one("RECURRENCE-ID");
  const recurrenceDate = recurrenceProperty ? dates.read(recurrenceProperty) : null;
  if (recurrenceProperty && !recurrenceDate) {
    return left(
      recurrenceProperty.line,
      "RECURRENCE-ID",
      "Which occurrence is meant cannot be read; it was left out.",
    );
  }
  const uid = text("UID");
  if (uid === "") {
    problems.push({
      line: component.line,
      property: "UID",
      message: "The event has no UID; one was made from its title and start.",
      severity: "warning",
    });
  }
  const title = text("SUMMARY");
  return {
    event: {
      uid: uid || madeUid(title, time),
      recurrenceId: recurrenceDate ? originalStartOf(recurrenceDate, time) : null,
      thisAndFuture: recurrenceProperty?.parameter("RANGE")?.toUpperCase() === "THISANDFUTURE",
      sequence: readSequence(text("SEQUENCE")),
      stampedAt: dates.readInstant(one("DTSTAMP")),
      lastModified: dates.readInstant(one("LAST-MODIFIED")),
      title,
      description: text("DESCRIPTION"),
      location: text("LOCATION"),
      url: text("URL") || null,
      time,
      recurrence: recurrenceDate ? null : readRecurrence(properties, start, dates, problems),
      status: readStatus(text("STATUS")),
      transparency: readTransparency(text("TRANSP"), text("X-MICROSOFT-CDO-BUSYSTATUS")),
      visibility: /^(private|confidential)$/i.test(text("CLASS")) ? "private" : "default",
      organizer: readOrganizer(one("ORGANIZER")),
      attendees: (properties.get("ATTENDEE") ?? []).flatMap(readAttendee),
      kept: Object.fromEntries(
        keep.flatMap((name) => {
          const [property = "", parameter] = name.split(";");
          const value = parameter ? one(property)?.parameter(parameter) : text(property);
          return value ? [[name, value]] : [];
        }),
      ),
      line: component.line,
    },
    problems,
  };
}

/** Start and end (RFC 5545 §3.6.1): DTEND, or DURATION, or a day for days and no time for times. */
function readTime(
  start: IcsDate,
  endProperty: IcsProperty | undefined,
  durationProperty: IcsProperty | undefined,
  dates: DateReader,
  problems: IcsProblem[],
): EventTime {
  const warn = (property: IcsProperty, message: string) =>
    problems.push({ line: property.line, property: property.name, message, severity: "warning" });
  let end: IcsDate | null = null;
  if (endProperty) {
    end = dates.read(endProperty);
    if (end && end.kind !== start.kind) {
      warn(endProperty, "The end is not of the start's kind (day or time); the start's was used.");
      end = start.kind === "day" ? { kind: "day", day: dayOf(end) } : dates.atMidnight(end, start.zone);
    }
    if (end && isBefore(end, start)) {
      warn(endProperty, "The end lies before the start; it was passed over.");
      end = null;
    }
  } else if (durationProperty) {
    end = addDuration(start, durationProperty.text.trim());
    if (!end) warn(durationProperty, "The duration cannot be read; it was passed over.");
  }
  if (start.kind === "day") {
    const least = Temporal.PlainDate.from(start.day).add({ days: 1 }).toString();
    const last = end?.kind === "day" && end.day > start.day ? end.day : least;
    return { allDay: true, start: start.day, end: last };
  }
  const until = end?.kind === "time" ? end.instant : start.instant;
  return { allDay: false, start: start.instant, end: until, timeZone: start.zone };
}

/** Days and weeks are nominal, hours and less are exact (RFC 5545 §3.3.6). Null for what is no positive duration. */
function addDuration(start: IcsDate, text: string): IcsDate | null {
  let duration: Temporal.Duration;
  try {
    duration = Temporal.Duration.from(text.toUpperCase());
  } catch {
    return null;
  }
  if (duration.sign < 0 || duration.years !== 0 || duration.months !== 0) return null;
  if (start.kind === "day") {
    const days = duration.weeks * 7 + duration.days + Math.floor(duration.hours / 24);
    return { kind: "day", day: Temporal.PlainDate.from(start.day).add({ days }).toString() };
  }
  const at = Temporal.Instant.from(start.instant).toZonedDateTimeISO(start.zone).add(duration);
  return { ...start, instant: new Date(at.epochMilliseconds).toISOString() };
}

/** An occurrence of days is named by its day, also where a client names it by a time. */
function originalStartOf(date: IcsDate, time: EventTime): InstantString {
  if (date.kind === "day") return date.day;
  return time.allDay ? dayOf(date) : date.instant;
}

const dayOf = (date: IcsDate): string =>
  date.kind === "day"
    ? date.day
    : Temporal.Instant.from(date.instant).toZonedDateTimeISO(date.zone).toPlainDate().toString();

/** The same event in the same feed keeps it, whatever its place in the file. */
function madeUid(title: string, time: EventTime): string {
  return `${createHash("sha256").update(`${title}\n${time.start}\n${time.end}`).digest("hex").slice(0, 32)}@no-uid`;
}

function readSequence(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function readStatus(text: string): IcsEvent["status"] {
  const status = text.toLowerCase();
  return status === "tentative" || status === "cancelled" ? status : "confirmed";
}

function readTransparency(transp: string, busyStatus: string): IcsEvent["transparency"] {
  if (/^(free|workingelsewhere)$/i.test(busyStatus)) return "free";
  if (busyStatus !== "") return "busy";
  return /^transparent/i.test(transp) ? "free" : "busy";
}

function addressOf(property: IcsProperty): string | null {
  const value = property.text.trim().replace(/^mailto:/i, "");
  const address = /^[^\s@]+@[^\s@]+$/.test(value) ? value : (property.parameter("EMAIL") ?? "");
  return /^[^\s@]+@[^\s@]+$/.test(address) ? address.toLowerCase() : null;
}

function readOrganizer(property: IcsProperty | undefined): IcsEvent["organizer"] {
  const email = property ? addressOf(property) : null;
  return property && email ? { email, name: property.parameter("CN") || null } : null;
}

const RESPONSES: Record<string, AttendeeResponse> = {
  ACCEPTED: "accepted",
  TENTATIVE: "tentative",
  DECLINED: "declined",
};

/** People only: rooms and resources (CUTYPE) are not guests. */
/** Whether a scheduling server says that its invitation is on its way or has arrived (RFC 6638 §3.2.9). */
function wasInvited(property: IcsProperty): boolean {
  const agent = property.parameter("SCHEDULE-AGENT")?.toUpperCase() ?? "SERVER";
  return agent === "SERVER" && /^(1\.[012]|2\.)/.test(property.parameter("SCHEDULE-STATUS") ?? "");
}

function readAttendee(property: IcsProperty): EventAttendee[] {
  const email = addressOf(property);
  if (!email || /^(resource|room)$/i.test(property.parameter("CUTYPE") ?? "")) return [];
  return [
    {
      email,
      name: property.parameter("CN") || null,
      response: RESPONSES[property.parameter("PARTSTAT")?.toUpperCase() ?? ""] ?? "needs-action",
      optional: /^(opt|non)-participant$/i.test(property.parameter("ROLE") ?? ""),
      ...(wasInvited(property) ? { invitedByCalendar: true } : {}),
    },
  ];
}
