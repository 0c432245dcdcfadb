import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HttpCalendar, type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { googleSeries } from "./remote/google-series.ts";
import { office365Series } from "./remote/office365-series.ts";
import type { SeriesHand, StartSeriesRemote } from "./series-over-http.ts";

let world: HttpWorld;
let host: HttpHost;
let uids: string[];
/** By provider. */
const hands = new Map<string, SeriesHand>();

const withHand =
  (start: StartSeriesRemote) =>
  async (...[clock]: Parameters<StartSeriesRemote>) => {
    const { remote, hand } = await start(clock);
    hands.set(remote.provider, hand);
    return remote;
  };

beforeAll(async () => {
  world = await HttpWorld.start([withHand(googleSeries), withHand(office365Series)]);
}, 120_000);
afterAll(() => world?.close());

/** A series of four Tuesdays at ten, from 8 January on, in a calendar of each provider. */
beforeEach(async () => {
  if (host) await world.leave(host);
  host = await world.host({ calendars: 1, destinations: 2 });
  await world.database.prisma.eventType.updateMany({
    where: { userId: host.userId },
    data: { recurrenceFrequency: "WEEKLY", maximumDaysAhead: 365 },
  });
  const { occurrences } = await world.container.bookings.book({
    username: host.username,
    eventType: host.slug,
    start: at("01-08T10:00"),
    timeZone: "UTC",
    guest: { name: "ann", email: "ann@guest.test" },
    recurrence: { count: 4 },
  });
  uids = occurrences?.map(({ uid }) => uid) ?? [];
  await settle();
});

const at = (short: string) => `2030-${short}:00.000Z`;
const TUESDAYS = ["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"];

async function settle(seconds = 10): Promise<void> {
  world.clock.advance({ seconds });
  await world.settle();
}

/** One of the host's calendars, with the hand on it and the series in it. */
function sideOf(provider: string): { calendar: HttpCalendar; hand: SeriesHand; id: string } {
  const calendar = host.calendars.find(({ remote }) => remote.provider === provider);
  const hand = hands.get(provider);
  const [series] = (calendar && hand?.series(calendar)) || [];
  if (!calendar || !hand || !series) throw new Error(`The host has no series at ${provider}.`);
  return { calendar, hand, id: series.id };
}

async function startsOf(): Promise<string[]> {
  const rows = await world.database.prisma.booking.findMany({ where: { uid: { in: uids } } });
  return uids.map((uid) => {
    const row = rows.find((one) => one.uid === uid);
    return row?.status === "ACCEPTED" ? row.startTime.toISOString().slice(5, 16) : "cancelled";
  });
}

/** What a calendar shows for the dates that the series was given by its rule. */
async function shownAt(provider: string, originals: readonly string[]): Promise<string[]> {
  const { calendar, hand, id } = sideOf(provider);
  return Promise.all(originals.map((original) => hand.shown(calendar, id, at(original))));
}

test.each([
  ["office365calendar", "googlecalendar"],
  ["googlecalendar", "office365calendar"],
])("a date moved and one deleted in %s reach the bookings and the series of %s", async (edited, other) => {
  const { calendar, hand, id } = sideOf(edited);
  await hand.moveDate(calendar, id, at("01-15T10:00"), at("01-16T14:00"));
  await hand.deleteDate(calendar, id, at("01-22T10:00"));
  await settle();
  const expected = ["01-08T10:00", "01-16T14:00", "cancelled", "01-29T10:00"];
  expect(await startsOf()).toEqual(expected);
  expect(await shownAt(other, TUESDAYS)).toEqual(expected);
  expect(await shownAt(edited, TUESDAYS)).toEqual(expected);
});

test.each([
  ["office365calendar", "googlecalendar"],
  ["googlecalendar", "office365calendar"],
])(
  "a series moved as a whole in %s is moved in %s, which has one date moved after it",
  async (edited, other) => {
    const { calendar, hand, id } = sideOf(edited);
    hand.edit(calendar, id, { start: at("01-09T12:00"), title: "Coaching" });
    await settle();
    const moved = ["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"];
    expect(await startsOf()).toEqual(moved);
    expect(await shownAt(other, moved)).toEqual(moved);

    const there = sideOf(other);
    await there.hand.moveDate(there.calendar, there.id, at("01-23T12:00"), at("01-24T08:00"));
    await settle();
    const expected = moved.with(2, "01-24T08:00");
    expect(await startsOf()).toEqual(expected);
    expect(await shownAt(edited, moved)).toEqual(expected);
  },
);

test("a series edited in both at once takes both edits", async () => {
  const google = sideOf("googlecalendar");
  const outlook = sideOf("office365calendar");
  await google.hand.moveDate(google.calendar, google.id, at("01-15T10:00"), at("01-16T14:00"));
  await outlook.hand.moveDate(outlook.calendar, outlook.id, at("01-29T10:00"), at("01-30T08:00"));
  await settle();
  await settle();
  const expected = ["01-08T10:00", "01-16T14:00", "01-22T10:00", "01-30T08:00"];
  expect(await startsOf()).toEqual(expected);
  expect(await shownAt("googlecalendar", TUESDAYS)).toEqual(expected);
  expect(await shownAt("office365calendar", TUESDAYS)).toEqual(expected);
});

/** Where the event of a date stands in each calendar, wherever its booking has got to; each calendar must have one at most. */
async function eventsOf(uid: string): Promise<Record<string, string[]>> {
  const { prisma } = world.database;
  const references = await prisma.bookingReference.findMany({ where: { booking: { uid } } });
  const found: Record<string, string[]> = {};
  for (const { calendarSyncId, externalEventId, originalStart } of references) {
    const calendar = host.calendars.find((one) => one.calendarSyncId === calendarSyncId);
    const hand = hands.get(calendar?.remote.provider ?? "");
    if (!calendar || !hand || externalEventId === null) continue;
    const single = (await world.liveEvents(calendar)).filter(({ id }) => id === externalEventId);
    found[calendar.remote.provider] =
      originalStart === ""
        ? single.map(({ start }) => start.slice(5, 16))
        : [await hand.shown(calendar, externalEventId, originalStart)];
  }
  return found;
}

test("a date deleted in Outlook and moved here meanwhile goes on as an event of its own, since Graph brings no date back", async () => {
  const { calendar, hand, id } = sideOf("office365calendar");
  await hand.deleteDate(calendar, id, at("01-22T10:00"));
  const change = { start: at("01-23T09:00") };
  await world.container.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
  for (let round = 0; round < 3; round++) await settle(60);
  expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T09:00", "01-29T10:00"]);
  expect(await eventsOf(uids[2] ?? "")).toEqual({
    googlecalendar: ["01-23T09:00"],
    office365calendar: ["01-23T09:00"],
  });
  // The series goes on without it: the others move, and its event is the same in both.
  const google = sideOf("googlecalendar");
  google.hand.edit(google.calendar, google.id, { start: at("01-08T12:00") });
  for (let round = 0; round < 2; round++) await settle(60);
  const starts = await startsOf();
  expect(starts.toSpliced(2, 1)).toEqual(["01-08T12:00", "01-15T12:00", "01-29T12:00"]);
  expect(await eventsOf(uids[2] ?? "")).toEqual({
    googlecalendar: [starts[2]],
    office365calendar: [starts[2]],
  });
});
