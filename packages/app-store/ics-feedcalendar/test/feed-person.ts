import {
  type ContractSubject,
  icsAnswered,
  icsEdited,
  icsEvent,
  icsInstanceCancelled,
  icsInstanceMoved,
  icsMoved,
  icsWith,
} from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import { IcsFeedCalendarService } from "../lib/CalendarService.ts";
import { FEED_CALENDAR_ID } from "../lib/read-feed.ts";
import { FeedServer } from "./feed-server.ts";

const OWNER = "owner@people.example";

/** A fresh, empty feed as the contract suite wants it. The person is whoever publishes it. */
export async function contractSubject(): Promise<ContractSubject> {
  const server = await FeedServer.start();
  let made = 0;
  const edit = (uid: string, change: (lines: string[]) => string[]) => {
    server.events.set(uid, change(server.events.get(uid) ?? []));
  };
  return {
    service: new IcsFeedCalendarService({
      credential: new MemoryCredential({ url: server.url, timeZone: "UTC" }),
      settings: { allowedHosts: ["127.0.0.1"] },
      now: () => new Date(),
      log: { debug: () => undefined, warn: () => undefined },
    }),
    calendarId: FEED_CALENDAR_ID,
    ownerEmail: OWNER,
    person: {
      create: async (event) => {
        const uid = `published-${++made}`;
        server.events.set(uid, icsEvent(uid, event, OWNER));
        return uid;
      },
      move: async (uid, time) => edit(uid, (lines) => icsMoved(lines, time)),
      rename: async (uid, title) => edit(uid, (lines) => icsEdited(lines, { SUMMARY: title })),
      delete: async (uid) => void server.events.delete(uid),
      respond: async (uid, email, response) => edit(uid, (lines) => icsAnswered(lines, email, response)),
      moveInstance: async (uid, originalStart, time) =>
        edit(uid, (lines) => icsInstanceMoved(lines, originalStart, time)),
      cancelInstance: async (uid, originalStart) =>
        edit(uid, (lines) => icsInstanceCancelled(lines, originalStart)),
      setForeign: async (uid) => edit(uid, (lines) => icsWith(lines, ["CATEGORIES:Work"])),
      foreign: async (uid) => server.events.get(uid)?.filter((line) => line.startsWith("CATEGORIES")),
      count: async () => server.events.size,
    },
    faults: {
      loseNextAnswer: () => undefined,
      breakDown: () => {
        server.instead = { status: 503, body: "" };
        return () => {
          server.instead = null;
        };
      },
      expireCursors: () => undefined,
    },
    close: () => server.close(),
  };
}
