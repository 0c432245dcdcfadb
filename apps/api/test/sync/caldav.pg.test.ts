import { runJobsUntilEmpty } from "@calsync/jobs";
import { createEventType } from "@calsync/testing";
import {
  CaldavClient,
  type CaldavTestServer,
  InstalledCaldavServer,
  installedServers,
  MemoryCaldavServer,
} from "@calsync/testing/caldav-server";
import { icsEdited, icsInstanceMoved, icsMoved, icsWith } from "@calsync/testing/contract";
import type { EventTime } from "@calsync/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../../src/test-support/api-world.ts";

/*
 * The whole way with CalDAV, which announces nothing: connected by its form, polled, on a server in memory and on those that the
 * machine has. The person at the other end writes plain text.
 */
const servers: [name: string, start: () => Promise<CaldavTestServer>][] = [
  ["a server in memory that sends invitations", () => MemoryCaldavServer.start({ schedules: true })],
  ...installedServers().map((kind): [string, () => Promise<CaldavTestServer>] => [
    kind,
    () => InstalledCaldavServer.start(kind),
  ]),
];

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld({ OUTBOUND_ALLOW: "127.0.0.1", MAIL_SETTLE_MS: "0" });
}, 60_000);
afterAll(() => world.close());

/** An hour in UTC, so many days from the last Saturday: hosts are booked on weekdays, whenever this runs. */
function dayAhead(days: number, hour = 10): EventTime {
  const sinceSaturday = (new Date().getUTCDay() + 1) % 7;
  const at = new Date(Date.now() + (days - sinceSaturday) * 86_400_000);
  at.setUTCHours(hour, 0, 0, 0);
  const end = new Date(at.getTime() + 3_600_000);
  return { allDay: false, start: at.toISOString(), end: end.toISOString(), timeZone: "UTC" };
}

async function settle(): Promise<void> {
  const { prisma } = world.database;
  for (let round = 0; round < 20; round++) {
    if ((await runJobsUntilEmpty(prisma, world.container.sync.jobs, {})).length === 0) return;
  }
  throw new Error("Jobs cause each other without end.");
}

let hosts = 0;
describe.each(servers)("with %s", (_, start) => {
  let server: CaldavTestServer;
  let host: SignedIn;
  let client: CaldavClient;
  let calendarSyncId: string;
  let slug: string;

  beforeAll(async () => {
    server = await start();
    const number = ++hosts;
    host = await world.signUp(`dav${number}`);
    const username = `host${number}@people.example`;
    client = await CaldavClient.makeCalendar(server, username, `work${number}`);
    ({ slug } = await createEventType(world.database.prisma, { userId: host.userId, durationMinutes: 60 }));
    const connected = await host.send("POST", "/v1/connections/caldavcalendar/form", {
      serverUrl: server.url,
      username,
      password: "secret",
    });
    const { connectionId } = connected.json();
    const { calendars } = (await host.get(`/v1/connections/${connectionId}/calendars`)).json();
    const { id: calendarId } = calendars.find(({ id }: { id: string }) => id === client.calendarUrl);
    await host.send("PUT", `/v1/connections/${connectionId}/selected`, { calendarIds: [calendarId] });
    await host.send("PUT", "/v1/destination", { connectionId, calendarId });
    await settle();
    const { calendars: status } = (await host.get("/v1/sync/status")).json();
    calendarSyncId = status[0].id;
  }, 60_000);
  afterAll(() => server.close());

  async function poll(): Promise<void> {
    expect((await host.send("POST", `/v1/sync/calendars/${calendarSyncId}/pull`)).statusCode).toBe(202);
    await settle();
  }

  /** A guest books. @returns the booking's uid and the name of the event that stands for it */
  async function book(time: EventTime, guest: string): Promise<{ uid: string; name: string }> {
    const before = new Set(await client.names());
    const { booking } = await world.container.bookings.book({
      username: host.username,
      eventType: slug,
      start: time.start,
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
    });
    await settle();
    const [name = ""] = (await client.names()).filter((one) => !before.has(one));
    return { uid: booking.uid, name };
  }
  const bookingOf = async (uid: string) => (await host.get(`/v1/bookings/${uid}`)).json().booking;
  /** As other programs do: with the time of the change on it. */
  const saved = (lines: string[]) =>
    icsEdited(lines, { "LAST-MODIFIED": `${new Date().toISOString().replaceAll(/[-:]|[.]\d+/g, "")}` });

  test("an event edited with another CalDAV client moves the booking, and the booking moves the event", async () => {
    const { uid, name } = await book(dayAhead(20), "mira");
    const later = dayAhead(21, 14);
    await client.edit(name, (lines) => saved(icsMoved(icsEdited(lines, { LOCATION: "Room 7" }), later)));
    await poll();
    expect(await bookingOf(uid)).toMatchObject({ start: later.start, location: "Room 7" });

    const back = dayAhead(22, 9);
    await world.container.bookings.reschedule(uid, { start: back.start }, { userId: host.userId });
    await settle();
    const stamp = back.start.slice(0, 19).replaceAll(/[-:]/g, "");
    expect(await client.get(name)).toContain(stamp);
    await poll();
    expect(await bookingOf(uid)).toMatchObject({ start: back.start, location: "Room 7" });
  });

  test("an event deleted with another CalDAV client cancels the booking", async () => {
    const { uid, name } = await book(dayAhead(23), "noor");
    // Before the first listing that would show it, of which some servers never tell.
    await client.delete(name);
    await poll();
    expect(await bookingOf(uid)).toMatchObject({ status: "cancelled" });
  });

  test("an added date, a time in no zone, an object that cannot be read and one that vanishes stop nothing", async () => {
    const local = (time: EventTime) => time.start.slice(0, 19).replaceAll(/[-:]/g, "");
    const object = (uid: string, ...lines: string[]) =>
      ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//other//client//EN", "BEGIN:VEVENT", `UID:${uid}`]
        .concat("DTSTAMP:20270101T000000Z", ...lines, "END:VEVENT", "END:VCALENDAR", "")
        .join("\r\n");
    const [first, added, floating] = [dayAhead(30, 7), dayAhead(31, 8), dayAhead(32, 9)];
    await client.put(
      "added.ics",
      object("added", `DTSTART:${local(first)}Z`, "DURATION:PT1H", `RDATE:${local(added)}Z`),
    );
    await client.put("floating.ics", object("floating", `DTSTART:${local(floating)}`, "DURATION:PT1H"));
    // Other servers refuse what is broken, and lose nothing on the way.
    if (server instanceof MemoryCaldavServer) {
      await client.put("broken.ics", object("broken", "DTSTART:sometime"));
      await client.put("vanishing.ics", object("vanishing", `DTSTART:${local(first)}Z`, "DURATION:PT9H"));
      server.vanishing.add("vanishing.ics");
    }
    const { uid, name } = await book(dayAhead(33), "ines");
    const later = dayAhead(34, 14);
    await client.edit(name, (lines) => saved(icsMoved(lines, later)));
    await poll();
    const range = { start: new Date(first.start), end: new Date(dayAhead(33, 0).start) };
    const { intervals } = await world.container.sync.busyIntervals(host.userId, range);
    expect(intervals.map(({ start }) => start.toISOString())).toEqual(
      [first, added, floating].map(({ start }) => start),
    );
    expect(await bookingOf(uid)).toMatchObject({ start: later.start });
    const { calendars } = (await host.get("/v1/sync/status")).json();
    expect(calendars[0]).toMatchObject({ lastError: null });
  });

  test("whoever is invited gets one invitation: from us, or from the server that the host has invited them by", async () => {
    const { uid, name } = await book(dayAhead(19), "ravi");
    await client.edit(name, (lines) =>
      saved(icsWith(lines, ["ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:sole@guest.test"])),
    );
    await poll();
    expect((await bookingOf(uid)).attendees.map(({ email }: { email: string }) => email).sort()).toEqual([
      "ravi@guest.test",
      "sole@guest.test",
    ]);
    const ours = await world.database.prisma.outgoingMail.findMany({
      where: { role: "guest", booking: { uid } },
    });
    const invitations = [...server.invited, ...ours.map(({ recipient }) => recipient)];
    for (const email of ["ravi@guest.test", "sole@guest.test"]) {
      expect(invitations.filter((one) => one === email)).toEqual([email]);
    }
    // Written again by us, it is still not the server's to tell those whom we have invited.
    await world.container.bookings.reschedule(
      uid,
      { start: dayAhead(19, 15).start },
      { userId: host.userId },
    );
    await settle();
    expect(server.invited).not.toContain("ravi@guest.test");
  });

  test("an event that is not ours makes the host busy, each occurrence where it is", async () => {
    const first = dayAhead(24, 11);
    const second = dayAhead(25, 11);
    const moved = dayAhead(25, 15);
    const name = "yoga.ics";
    await client.put(
      name,
      [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//other//client//EN",
        "BEGIN:VEVENT",
        "UID:yoga",
        "DTSTAMP:20270101T000000Z",
        `DTSTART:${first.start.slice(0, 19).replaceAll(/[-:]/g, "")}Z`,
        "DURATION:PT1H",
        "SUMMARY:Yoga",
        "RRULE:FREQ=DAILY;COUNT=2",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
      ].join("\r\n"),
    );
    await client.edit(name, (lines) => icsInstanceMoved(lines, second.start, moved));
    await poll();
    const busyAt = async (): Promise<string[]> => {
      const range = { start: new Date(first.start), end: new Date(dayAhead(26, 0).start) };
      const { intervals } = await world.container.sync.busyIntervals(host.userId, range);
      return intervals.map(({ start: at }: { start: Date }) => at.toISOString());
    };
    expect(await busyAt()).toEqual([first.start, moved.start]);
    // Moved back, which takes the exception out of the object.
    await client.edit(name, (lines) => [
      ...lines.slice(0, lines.indexOf("END:VEVENT") + 1),
      "END:VCALENDAR",
      "",
    ]);
    await poll();
    expect(await busyAt()).toEqual([first.start, second.start]);
  });
});
