import type { AttendeeResponse, EventTime } from "@calsync/types";
import type { ContractPersonEvent } from "./subject.ts";

/*
 * What a person's own program writes, line by line, with nothing of our code: for simulators and real servers of providers whose
 * events are iCalendar. All of these take and give the unfolded lines of one object, with or without its VCALENDAR around it.
 */

const stamp = (instant: string) => `${instant.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
const day = (date: string) => date.slice(0, 10).replaceAll("-", "");

/** A time as most programs write it: zones by their names. */
function timeLine(
  name: "DTSTART" | "DTEND" | "RECURRENCE-ID" | "EXDATE",
  value: string,
  time: EventTime,
): string {
  if (time.allDay) return `${name};VALUE=DATE:${day(value)}`;
  if (time.timeZone === "UTC") return `${name}:${stamp(value)}`;
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: time.timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(new Date(value));
  return `${name};TZID=${time.timeZone}:${parts.replaceAll(/[-:]/g, "").replace(" ", "T")}`;
}

/** A new VEVENT. */
export function icsEvent(uid: string, event: ContractPersonEvent, ownerEmail: string): string[] {
  const attendees = event.attendees ?? [];
  const invited = attendees.length > 0 || event.declinedByOwner;
  return [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    "DTSTAMP:20270101T000000Z",
    timeLine("DTSTART", event.time.start, event.time),
    timeLine("DTEND", event.time.end, event.time),
    `SUMMARY:${event.title}`,
    ...(event.description ? [`DESCRIPTION:${event.description}`] : []),
    ...(event.location ? [`LOCATION:${event.location}`] : []),
    ...(event.recurrence ?? []),
    ...(event.transparency === "free" ? ["TRANSP:TRANSPARENT"] : []),
    ...(invited ? [`ORGANIZER:mailto:${event.declinedByOwner ? "chair@people.example" : ownerEmail}`] : []),
    ...attendees.map(({ email, response }) => attendeeLine(email, response ?? "needs-action")),
    ...(event.declinedByOwner ? [attendeeLine(ownerEmail, "declined")] : []),
    "END:VEVENT",
  ];
}

const attendeeLine = (email: string, response: AttendeeResponse) =>
  `ATTENDEE;PARTSTAT=${response.toUpperCase()}:mailto:${email}`;

/** Events with a VCALENDAR around them. */
export const icsObject = (events: readonly string[]): string[] => [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//other//client//EN",
  ...events,
  "END:VCALENDAR",
  "",
];

/** The first VEVENT, a series' own one, at another time. */
export const icsMoved = (lines: readonly string[], time: EventTime): string[] =>
  inFirst(lines, (event) => retimed(event, time));

/** Some properties of the first VEVENT; an empty value takes the property out. */
export const icsEdited = (lines: readonly string[], values: Readonly<Record<string, string>>): string[] =>
  inFirst(lines, (event) => [
    ...event.slice(0, -1).filter((line) => values[line.split(/[;:]/)[0] ?? ""] === undefined),
    ...Object.entries(values).flatMap(([name, value]) => (value === "" ? [] : [`${name}:${value}`])),
    "END:VEVENT",
  ]);

/** Lines more at the end of the first VEVENT. */
export const icsWith = (lines: readonly string[], more: readonly string[]): string[] =>
  inFirst(lines, (event) => [...event.slice(0, -1), ...more, "END:VEVENT"]);

/** An attendee has answered. */
export const icsAnswered = (lines: readonly string[], email: string, response: AttendeeResponse): string[] =>
  lines.map((line) =>
    line.startsWith("ATTENDEE") && line.includes(email)
      ? line.replace(/PARTSTAT=[A-Z-]+/, `PARTSTAT=${response.toUpperCase()}`)
      : line,
  );

/** One occurrence of a series at another time: an exception behind the series. */
export function icsInstanceMoved(lines: readonly string[], originalStart: string, time: EventTime): string[] {
  const [from, to] = firstEvent(lines);
  const exception = retimed(lines.slice(from, to), time).filter((line) => !/^(RRULE|EXDATE)/.test(line));
  exception.splice(1, 0, timeLine("RECURRENCE-ID", originalStart, kindOfTime(lines)));
  return [...lines.slice(0, to), ...exception, ...lines.slice(to)];
}

/** A series without one of its occurrences. */
export const icsInstanceCancelled = (lines: readonly string[], originalStart: string): string[] =>
  icsWith(lines, [timeLine("EXDATE", originalStart, kindOfTime(lines))]);

/** Whether a series is of days or of instants; the latter are written in UTC. */
function kindOfTime(lines: readonly string[]): EventTime {
  const start = lines.find((line) => line.startsWith("DTSTART")) ?? "";
  return start.includes("VALUE=DATE")
    ? { allDay: true, start: "", end: "" }
    : { allDay: false, start: "", end: "", timeZone: "UTC" };
}

const retimed = (event: readonly string[], time: EventTime): string[] =>
  event.flatMap((line) => {
    if (line.startsWith("DTSTART")) {
      return [timeLine("DTSTART", time.start, time), timeLine("DTEND", time.end, time)];
    }
    return /^(DTEND|DURATION)[;:]/.test(line) ? [] : [line];
  });

function inFirst(lines: readonly string[], change: (event: string[]) => string[]): string[] {
  const [from, to] = firstEvent(lines);
  return [...lines.slice(0, from), ...change(lines.slice(from, to)), ...lines.slice(to)];
}

const firstEvent = (lines: readonly string[]): [from: number, to: number] => [
  lines.indexOf("BEGIN:VEVENT"),
  lines.indexOf("END:VEVENT") + 1,
];
