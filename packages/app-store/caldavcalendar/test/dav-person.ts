import { CALDAV_PASSWORD, CaldavClient, type CaldavTestServer } from "@calsync/testing/caldav-server";
import type { ContractPersonEvent, ContractSubject } from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { EventTime, ServiceDependencies } from "@calsync/types";
import { CaldavCalendarService } from "../lib/CalendarService.ts";

let accounts = 0;

const stamp = (instant: string) => `${instant.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
const day = (date: string) => date.slice(0, 10).replaceAll("-", "");

/** A time as another client would write it; zones by their names, as most clients do. */
function timeLines(name: "DTSTART" | "DTEND" | "RECURRENCE-ID", value: string, time: EventTime): string {
  if (time.allDay) return `${name};VALUE=DATE:${day(value)}`;
  if (time.timeZone === "UTC") return `${name}:${stamp(value)}`;
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: time.timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(new Date(value));
  return `${name};TZID=${time.timeZone}:${parts.replaceAll(/[-:]/g, "").replace(" ", "T")}`;
}

function eventLines(uid: string, event: ContractPersonEvent, ownerEmail: string): string[] {
  const attendees = event.attendees ?? [];
  const invited = attendees.length > 0 || event.declinedByOwner;
  return [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    "DTSTAMP:20270101T000000Z",
    timeLines("DTSTART", event.time.start, event.time),
    timeLines("DTEND", event.time.end, event.time),
    `SUMMARY:${event.title}`,
    ...(event.description ? [`DESCRIPTION:${event.description}`] : []),
    ...(event.location ? [`LOCATION:${event.location}`] : []),
    ...(event.recurrence ?? []),
    ...(event.transparency === "free" ? ["TRANSP:TRANSPARENT"] : []),
    ...(invited ? [`ORGANIZER:mailto:${event.declinedByOwner ? "chair@people.example" : ownerEmail}`] : []),
    ...attendees.map(
      ({ email, response }) =>
        `ATTENDEE;PARTSTAT=${(response ?? "needs-action").toUpperCase()}:mailto:${email}`,
    ),
    ...(event.declinedByOwner ? [`ATTENDEE;PARTSTAT=DECLINED:mailto:${ownerEmail}`] : []),
    "END:VEVENT",
  ];
}

const wrap = (lines: string[]) => [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//other//client//EN",
  ...lines,
  "END:VCALENDAR",
  "",
];

/** What tests of CalDAV's own ways do beside what the contract asks for. */
interface DavSubject extends ContractSubject {
  service: CaldavCalendarService;
  /** Stores an object as it is. */
  put(name: string, text: string): Promise<void>;
  /** Another calendar of the same account. @returns its id */
  makeCalendar(name: string): Promise<string>;
  /** Turns all exceptions of a series back into ordinary occurrences. @param rule in place of its own */
  dropExceptions(name: string, rule?: string): Promise<void>;
}

/** A fresh, empty calendar of a real server as the contract suite wants it. */
export async function contractSubject(server: CaldavTestServer): Promise<DavSubject> {
  server.mend();
  const number = accounts++;
  const username = `host${number}@people.example`;
  const client = await CaldavClient.makeCalendar(server, username, `calendar${number}`);
  const calendarId = client.calendarUrl;
  const credential = new MemoryCredential({
    serverUrl: `${server.url}/`,
    username,
    password: CALDAV_PASSWORD,
    addresses: [username],
  });
  const dependencies: ServiceDependencies = {
    credential,
    settings: { allowedHosts: ["127.0.0.1"] },
    now: () => new Date(),
    log: { debug: () => undefined, warn: () => undefined },
  };
  let events = 0;
  const inside = (lines: string[], change: (event: string[]) => string[]) => {
    const from = lines.indexOf("BEGIN:VEVENT");
    const to = lines.indexOf("END:VEVENT") + 1;
    return [...lines.slice(0, from), ...change(lines.slice(from, to)), ...lines.slice(to)];
  };
  const isTime = (line: string) => /^(DTSTART|DTEND|DURATION)[;:]/.test(line);
  const retimed = (lines: string[], time: EventTime) =>
    lines.flatMap((line) =>
      line.startsWith("DTSTART")
        ? [timeLines("DTSTART", time.start, time), timeLines("DTEND", time.end, time)]
        : isTime(line)
          ? []
          : [line],
    );
  const seriesTime = (lines: string[]): EventTime => {
    const start = lines.find((line) => line.startsWith("DTSTART")) ?? "";
    return start.includes("VALUE=DATE")
      ? { allDay: true, start: "", end: "" }
      : { allDay: false, start: "", end: "", timeZone: "UTC" };
  };
  return {
    service: new CaldavCalendarService(dependencies),
    calendarId,
    ownerEmail: username,
    put: (name, text) => client.put(name, text),
    makeCalendar: async (name) =>
      (await CaldavClient.makeCalendar(server, username, `${name}${number}`)).calendarUrl,
    dropExceptions: (name, rule) =>
      client.edit(name, (lines) => {
        const master = lines.slice(0, lines.indexOf("END:VEVENT") + 1);
        return [
          ...master.map((line) => (rule && line.startsWith("RRULE") ? rule : line)),
          "END:VCALENDAR",
          "",
        ];
      }),
    person: {
      create: async (event) => {
        const name = `by-hand-${number}-${++events}.ics`;
        await client.put(name, wrap(eventLines(`by-hand-${number}-${events}`, event, username)).join("\r\n"));
        return name;
      },
      move: (name, time) => client.edit(name, (lines) => inside(lines, (event) => retimed(event, time))),
      rename: (name, title) =>
        client.edit(name, (lines) =>
          lines.map((line) => (line.startsWith("SUMMARY") ? `SUMMARY:${title}` : line)),
        ),
      delete: async (name) => void (await client.send("DELETE", calendarId + name)),
      respond: (name, email, response) =>
        client.edit(name, (lines) =>
          lines.map((line) =>
            line.startsWith("ATTENDEE") && line.includes(email)
              ? line.replace(/PARTSTAT=[A-Z-]+/, `PARTSTAT=${response.toUpperCase()}`)
              : line,
          ),
        ),
      moveInstance: (name, originalStart, time) =>
        client.edit(name, (lines) => {
          const from = lines.indexOf("BEGIN:VEVENT");
          const to = lines.indexOf("END:VEVENT") + 1;
          const override = retimed(lines.slice(from, to), time).filter(
            (line) => !/^(RRULE|EXDATE)/.test(line),
          );
          override.splice(1, 0, timeLines("RECURRENCE-ID", originalStart, seriesTime(lines)));
          return [...lines.slice(0, to), ...override, ...lines.slice(to)];
        }),
      cancelInstance: (name, originalStart) =>
        client.edit(name, (lines) =>
          inside(lines, (event) => {
            const line = timeLines("RECURRENCE-ID", originalStart, seriesTime(lines)).replace(
              "RECURRENCE-ID",
              "EXDATE",
            );
            return [...event.slice(0, -1), line, "END:VEVENT"];
          }),
        ),
      setForeign: (name) =>
        client.edit(name, (lines) =>
          inside(lines, (event) => [
            ...event.slice(0, -1),
            "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
            "CATEGORIES:Work,Travel",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Soon",
            "TRIGGER:-PT25M",
            "END:VALARM",
            "END:VEVENT",
          ]),
        ),
      foreign: async (name) => {
        const lines = (await client.get(name)).replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/);
        const alarm = lines.slice(lines.indexOf("BEGIN:VALARM"), lines.indexOf("END:VALARM"));
        return [...lines.filter((line) => /^(X-APPLE|CATEGORIES)/.test(line)), ...alarm].sort();
      },
      count: async () => (await client.names()).length,
    },
    faults: {
      loseNextAnswer: () => server.loseNextAnswer(),
      breakDown: () => server.breakDown(),
      expireCursors: () => server.expireTokens(),
    },
  };
}
