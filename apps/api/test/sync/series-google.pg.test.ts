import type { GoogleEvent, GoogleSandbox } from "@calsync/provider-sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpCalendar, type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { startGoogle } from "./remote/google.ts";

let world: HttpWorld;
let google: GoogleSandbox;
let host: HttpHost;
let calendar: HttpCalendar;
let uids: string[];

beforeAll(async () => {
  world = await HttpWorld.start([
    async (clock) => {
      const remote = await startGoogle(clock);
      ({ google } = remote);
      return remote;
    },
  ]);
}, 120_000);
afterAll(() => world?.close());
beforeEach(async () => {
  if (host) await world.leave(host);
  host = await world.host({ calendars: 1, destinations: 1 });
  calendar = world.calendarAt(host, 0);
  await world.database.prisma.eventType.updateMany({
    where: { userId: host.userId },
    data: { recurrenceFrequency: "WEEKLY", maximumDaysAhead: 365 },
  });
});

/** Books `count` weekly dates. The host is in UTC unless told otherwise. */
async function bookSeries(start = "2030-01-08T10:00:00.000Z", timeZone = "UTC"): Promise<void> {
  await world.database.prisma.schedule.updateMany({ where: { userId: host.userId }, data: { timeZone } });
  const { occurrences } = await world.container.bookings.book({
    username: host.username,
    eventType: host.slug,
    start,
    timeZone: "UTC",
    guest: { name: "ann", email: "ann@guest.test" },
    recurrence: { count: 4 },
  });
  uids = occurrences?.map(({ uid }) => uid) ?? [];
  await settle();
}

/** Time goes on a little, and everything that follows is done. */
async function settle(seconds = 10): Promise<void> {
  world.clock.advance({ seconds });
  await world.settle();
}

async function startsOf(): Promise<string[]> {
  const rows = await world.database.prisma.booking.findMany({ where: { uid: { in: uids } } });
  return uids.map((uid) => {
    const row = rows.find((one) => one.uid === uid);
    return row?.status === "ACCEPTED" ? row.startTime.toISOString().slice(5, 16) : "cancelled";
  });
}

const masters = () =>
  google
    .events(calendar.account.email)
    .filter(({ recurrence, status }) => recurrence && status !== "cancelled");
const masterId = () => String(masters()[0]?.["id"]);
const hour = (start: string): GoogleEvent => ({
  start: { dateTime: start },
  end: { dateTime: new Date(Date.parse(start) + 3_600_000).toISOString() },
});
const patch = (id: string, change: GoogleEvent) =>
  google.patchEvent(calendar.account.email, calendar.calendarId, id, change);
const shown = (id: string) => {
  const { status, start } = google.event(calendar.account.email, calendar.calendarId, id);
  return status === "cancelled" ? "cancelled" : new Date(start?.dateTime ?? 0).toISOString().slice(5, 16);
};

describe("a series in Google's calendar, over HTTP", () => {
  test("is one recurring event, and comes back as it was written", async () => {
    await bookSeries();
    expect(masters()).toMatchObject([{ recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4"] }]);
    await world.container.sync.requestPull([calendar.calendarSyncId]);
    await settle();
    expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    const applied = { userId: host.userId, source: "CALENDAR" as const };
    expect(await world.database.prisma.changeRecord.count({ where: applied })).toBe(0);
  });

  test("has one date moved and one deleted: those bookings follow, and a date moved in the app is moved there", async () => {
    await bookSeries();
    const id = masterId();
    patch(`${id}_20300115T100000Z`, hour("2030-01-16T14:00:00Z"));
    google.deleteEvent(calendar.account.email, calendar.calendarId, `${id}_20300122T100000Z`);
    await settle();
    expect(await startsOf()).toEqual(["01-08T10:00", "01-16T14:00", "cancelled", "01-29T10:00"]);
    const change = { start: "2030-01-30T09:00:00.000Z" };
    await world.container.bookings.reschedule(uids[3] ?? "", change, { userId: host.userId });
    await settle();
    expect(shown(`${id}_20300129T100000Z`)).toBe("01-30T09:00");
  });

  test("is moved and renamed as a whole, deleted, and brought back", async () => {
    await bookSeries();
    const id = masterId();
    patch(id, { ...hour("2030-01-09T12:00:00Z"), summary: "Coaching" });
    await settle();
    expect(await startsOf()).toEqual(["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"]);
    const titles = await world.database.prisma.booking.findMany({ where: { uid: { in: uids } } });
    expect(new Set(titles.map(({ title }) => title))).toEqual(new Set(["Coaching"]));
    google.deleteEvent(calendar.account.email, calendar.calendarId, id);
    await settle();
    expect(await startsOf()).toEqual(Array(4).fill("cancelled"));
    patch(id, { status: "confirmed" });
    await settle();
    expect(await startsOf()).toEqual(["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"]);
  });

  test("is changed from one date on: the later bookings follow the new series", async () => {
    await bookSeries();
    const [old = {}] = masters();
    const id = String(old["id"]);
    patch(id, { recurrence: ["RRULE:FREQ=WEEKLY;UNTIL=20300122T095959Z"] });
    const later = google.putEvent(calendar.account.email, calendar.calendarId, {
      summary: "The second half",
      ...(old.extendedProperties ? { extendedProperties: old.extendedProperties } : {}),
      start: { dateTime: "2030-01-23T15:00:00Z", timeZone: "UTC" },
      end: { dateTime: "2030-01-23T16:00:00Z", timeZone: "UTC" },
      recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"],
    });
    await settle();
    await settle(60);
    expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "01-30T15:00"]);
    const { prisma } = world.database;
    const booking = { uid: uids[3] ?? "" };
    expect(await prisma.bookingReference.findFirst({ where: { booking } })).toMatchObject({
      externalEventId: String(later["id"]),
      status: "SYNCED",
    });
  });

  test("is moved from one date on in the app: its event ends there, and a second one goes on", async () => {
    await bookSeries();
    const id = masterId();
    const change = { start: "2030-01-23T15:00:00.000Z", scope: "following" } as const;
    await world.container.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
    await settle();
    expect(masters().map(({ recurrence }) => recurrence)).toEqual([
      ["RRULE:FREQ=WEEKLY;INTERVAL=1;UNTIL=20300115T100000Z"],
      ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=2"],
    ]);
    const later = String(masters()[1]?.["id"]);
    expect(later).not.toBe(id);
    expect([`${later}_20300123T150000Z`, `${later}_20300130T150000Z`].map(shown)).toEqual([
      "01-23T15:00",
      "01-30T15:00",
    ]);
    await settle(60);
    expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "01-30T15:00"]);
  });

  test.each([
    // Clocks change on 31 March in Berlin, and on 10 March in New York.
    [
      "Europe/Berlin",
      "2030-03-19T09:00:00.000Z",
      ["03-19T09:00", "03-26T09:00", "04-02T08:00", "04-09T08:00"],
      "20300402T080000Z",
      ["03-19T10:30", "03-26T10:30", "04-02T09:30", "04-09T09:30"],
    ],
    [
      "America/New_York",
      "2030-03-05T15:00:00.000Z",
      ["03-05T15:00", "03-12T14:00", "03-19T14:00", "03-26T14:00"],
      "20300312T140000Z",
      ["03-05T16:30", "03-12T15:30", "03-19T15:30", "03-26T15:30"],
    ],
  ])(
    "keeps the hour of %s across a change of clocks, also when it is moved there",
    async (zone, start, starts, stamp, moved) => {
      await bookSeries(start, zone);
      expect(await startsOf()).toEqual(starts);
      const id = masterId();
      expect(masters()).toMatchObject([{ start: { timeZone: zone } }]);
      expect(shown(`${id}_${stamp}`)).toBe(
        starts[stamp.startsWith("202") || zone === "Europe/Berlin" ? 2 : 1],
      );
      const at = (time: string) => ({ dateTime: time, timeZone: zone });
      const first = new Date(Date.parse(start) + 5_400_000).toISOString();
      const end = new Date(Date.parse(first) + 3_600_000).toISOString();
      patch(id, { start: at(first), end: at(end) });
      await settle();
      expect(await startsOf()).toEqual(moved);
    },
  );
});
