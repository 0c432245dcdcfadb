import { CALDAV_PASSWORD, CaldavClient, type CaldavTestServer } from "@calsync/testing/caldav-server";
import {
  type ContractSubject,
  icsAnswered,
  icsEdited,
  icsEvent,
  icsInstanceCancelled,
  icsInstanceMoved,
  icsMoved,
  icsObject,
  icsWith,
} from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { ServiceDependencies } from "@calsync/types";
import { CaldavCalendarService } from "../lib/CalendarService.ts";

let accounts = 0;

/** An hour on 8 June 2027, and one more on the 10th that no rule names. */
export const WITH_ADDED_DATE = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//other//client//EN",
  "BEGIN:VEVENT",
  "UID:added",
  "DTSTAMP:20270101T000000Z",
  "DTSTART:20270608T100000Z",
  "DURATION:PT1H",
  "RDATE:20270610T120000Z",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

/** What tests of CalDAV's own ways do beside what the contract asks for. */
interface DavSubject extends ContractSubject {
  service: CaldavCalendarService;
  /** What is stored of the account. */
  credential: MemoryCredential;
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
  return {
    service: new CaldavCalendarService(dependencies),
    credential,
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
        const uid = `by-hand-${number}-${events}`;
        await client.put(name, icsObject(icsEvent(uid, event, username)).join("\r\n"));
        return name;
      },
      move: (name, time) => client.edit(name, (lines) => icsMoved(lines, time)),
      rename: (name, title) => client.edit(name, (lines) => icsEdited(lines, { SUMMARY: title })),
      delete: (name) => client.delete(name),
      respond: (name, email, response) => client.edit(name, (lines) => icsAnswered(lines, email, response)),
      moveInstance: (name, originalStart, time) =>
        client.edit(name, (lines) => icsInstanceMoved(lines, originalStart, time)),
      cancelInstance: (name, originalStart) =>
        client.edit(name, (lines) => icsInstanceCancelled(lines, originalStart)),
      setForeign: (name) =>
        client.edit(name, (lines) =>
          icsWith(lines, [
            "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
            "CATEGORIES:Work,Travel",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Soon",
            "TRIGGER:-PT25M",
            "END:VALARM",
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
