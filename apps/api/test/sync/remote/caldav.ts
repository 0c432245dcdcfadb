import { CALDAV_PASSWORD, CaldavClient, type CaldavTestServer } from "@calsync/testing/caldav-server";
import { icsEdited, icsEvent, icsMoved, icsObject, icsWith } from "@calsync/testing/contract";
import type { EventTime } from "@calsync/types";
import { CaldavProxy } from "./caldav-proxy.ts";
import type { RemoteCalendar, RemoteEvent, RemoteGuest, StartRemote } from "./RemoteCalendars.ts";

/** Where the adapter keeps what tells our events from others (README of caldavcalendar). */
const MARKER = "X-CALSYNC-MARKER";

/** A CalDAV server, real or in memory. Nothing is announced, nothing comes back from a bin. */
export const caldavRemote =
  (start: () => Promise<CaldavTestServer>): StartRemote =>
  async (clock) => {
    const server = await start();
    const proxy = await CaldavProxy.start(server.url);
    let skewMs = 0;
    let accounts = 0;
    let placed = 0;
    // People's own programs are spared what happens on our wire.
    const clientOf = ({ account, calendarId }: RemoteCalendar) =>
      new CaldavClient(calendarId.replace(proxy.url, server.url), account.email);
    /** As other programs do: with the time of the change on it. */
    const saved = (lines: readonly string[]) => {
      const at = new Date(clock().getTime() + skewMs).toISOString();
      return icsEdited(lines, { "LAST-MODIFIED": `${at.slice(0, 19).replaceAll(/[-:]/g, "")}Z` });
    };
    return {
      provider: "caldavcalendar",
      can: { restore: false, guests: true, transfer: false },
      environment: { OUTBOUND_ALLOW: "127.0.0.1", CALL_LIMIT_FACTOR: "1000" },

      async openAccount(_, calendars) {
        const number = accounts++;
        const email = `host${number}@people.example`;
        const calendarIds: string[] = [];
        for (let index = 0; index < calendars; index++) {
          const { calendarUrl } = await CaldavClient.makeCalendar(server, email, `model${number}-${index}`);
          calendarIds.push(calendarUrl.replace(server.url, proxy.url));
        }
        const secret = {
          serverUrl: proxy.url,
          username: email,
          password: CALDAV_PASSWORD,
          addresses: [email],
        };
        return { accountId: email, email, secret, calendarIds };
      },
      async events(calendar) {
        const client = clientOf(calendar);
        const names = await client.names();
        const events = await Promise.all(
          names.map(async (name) => toRemoteEvent(name, await client.lines(name), calendar.account.email)),
        );
        // Names are as random as the ids that they come from.
        return events.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
      },

      async place(calendar, { title, ...time }) {
        const uid = `placed-${++placed}`;
        const lines = icsObject(icsEvent(uid, { title, time: toTime(time) }, calendar.account.email));
        await clientOf(calendar).put(`${uid}.ics`, saved(lines).join("\r\n"));
      },
      async edit(calendar, name, { title, description, location, time, guests }) {
        await clientOf(calendar).edit(name, (lines) => {
          const edited = icsEdited(lines, {
            ...(title === undefined ? {} : { SUMMARY: title }),
            ...(description === undefined ? {} : { DESCRIPTION: description }),
            ...(location === undefined ? {} : { LOCATION: location }),
          });
          const moved = time === undefined ? edited : icsMoved(edited, toTime(time));
          return saved(guests === undefined ? moved : invited(moved, guests, calendar.account.email));
        });
      },
      delete: (calendar, name) => clientOf(calendar).delete(name),
      async restore() {},
      async transfer() {},

      addFault: (fault) => proxy.add(fault),
      clearFaults() {
        proxy.clear();
        server.mend();
      },
      loseCursors: () => server.expireTokens(),
      expireTokens() {},
      setSkew(ms) {
        skewMs = ms;
      },
      guestMails: () => [],
      async notificationsIdle() {},
      async close() {
        await proxy.close();
        await server.close();
      },
    };
  };

const sortKey = ({ start, title, id }: RemoteEvent) => `${start} ${title} ${id}`;

const toTime = ({ start, end }: { start: Date; end: Date }): EventTime => ({
  allDay: false,
  start: start.toISOString(),
  end: end.toISOString(),
  timeZone: "UTC",
});

/** An event whose guests are these. */
function invited(lines: readonly string[], guests: readonly RemoteGuest[], owner: string): string[] {
  const others = lines.filter((line) => !/^(ATTENDEE|ORGANIZER)/.test(line));
  if (guests.length === 0) return others;
  return icsWith(others, [
    `ORGANIZER:mailto:${owner}`,
    ...guests.map(({ email, response }) => `ATTENDEE;PARTSTAT=${response.toUpperCase()}:mailto:${email}`),
  ]);
}

function toRemoteEvent(name: string, lines: readonly string[], owner: string): RemoteEvent {
  const event = lines.slice(lines.indexOf("BEGIN:VEVENT"), lines.indexOf("END:VEVENT"));
  const value = (property: string) => {
    const line = event.find((one) => one.split(/[;:]/)[0] === property);
    return line === undefined ? "" : line.slice(line.indexOf(":") + 1);
  };
  const text = (property: string) =>
    value(property).replaceAll(/\\([\\;,nN])/g, (_, escaped: string) =>
      escaped.toLowerCase() === "n" ? "\n" : escaped,
    );
  return {
    id: name,
    marker: value(MARKER) || null,
    deleted: false,
    title: text("SUMMARY"),
    description: text("DESCRIPTION"),
    location: text("LOCATION"),
    start: instant(value("DTSTART")),
    end: instant(value("DTEND")),
    guests: event
      .filter((line) => line.startsWith("ATTENDEE"))
      .map((line) => ({
        email: line.replace(/^.*mailto:/i, "").toLowerCase(),
        response: (/PARTSTAT=([A-Z-]+)/.exec(line)?.[1]?.toLowerCase() ??
          "needs-action") as RemoteGuest["response"],
      }))
      .filter(({ email }) => email !== owner)
      .sort((a, b) => (a.email < b.email ? -1 : 1)),
  };
}

function instant(value: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value);
  return parts ? `${parts.slice(1, 4).join("-")}T${parts.slice(4).join(":")}.000Z` : "unreadable";
}
