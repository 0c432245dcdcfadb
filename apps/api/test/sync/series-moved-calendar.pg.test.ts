import { MemoryCalendar } from "@calsync/testing/memory-calendar";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, type SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";
import { SeriesStory } from "./series-story.ts";

let story: SeriesStory;
let world: SyncHarness;
let host: Host;
/** Another connected calendar of the host's, read for busy times. */
let other: string;
let otherSyncId: string;
let uids: string[];
let eventId: string;

onEmptyDatabase(async (database) => {
  story = await SeriesStory.begin(database);
  ({ world, host } = story);
  other = world.server.addCalendar(host.account, { name: "Private" });
  otherSyncId = await world.useCalendar(host, other, { selected: true });
  await world.tick();
  uids = await story.bookSeries();
  eventId = story.master().id;
  world.server.person.moveInstance(
    host.calendarId,
    eventId,
    "2030-01-15T10:00:00.000Z",
    hourAt("2030-01-16T14:00Z"),
  );
  await world.settle();
});

describe("a series moved to another connected calendar keeps its bookings", () => {
  test.each(["the deletion", "the new calendar", "both"])("when %s is seen first", async (first) => {
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    if (first === "the deletion") await world.pullOnly(host.calendarSyncId);
    if (first === "the new calendar") await world.pullOnly(otherSyncId);
    await world.rest();
    const stand = ["01-08T10:00", "01-16T14:00", "01-22T10:00", "01-29T10:00"];
    expect(await story.startsOf(uids)).toEqual(stand);
    const reasons = await Promise.all(uids.map((uid) => world.reasons(uid)));
    expect(reasons.flat()).toContain("moved-to-other-calendar");
    expect(reasons.flat()).not.toContain("series-deleted");
    for (const uid of uids) {
      const { references } = await world.booking(uid);
      expect(references).toMatchObject([
        { calendarSyncId: otherSyncId, externalEventId: eventId, status: "SYNCED" },
      ]);
    }
    // Our own event makes nobody busy in the mirror.
    expect(await world.prisma.externalEvent.count()).toBe(0);
    // From now on both sides are kept in step there.
    world.server.person.move(other, eventId, hourAt("2030-01-09T12:00Z"));
    await world.rest();
    expect((await story.startsOf(uids))[2]).toBe("01-23T12:00");
    const change = { start: "2030-01-31T09:00:00.000Z" };
    await world.bookings.reschedule(uids[3] ?? "", change, { userId: host.userId });
    await world.rest();
    const moved = world.server.locate(world.server.calendar(other), {
      calendarId: other,
      eventId,
      seriesId: eventId,
      originalStart: "2030-01-30T12:00:00.000Z",
    });
    expect(moved?.event.time).toEqual(hourAt("2030-01-31T09:00Z"));
  });
});

test("a series that gets another id when it is moved stays one series", async () => {
  const { title, description, location, time, attendees, recurrence, marker } = story.master();
  const { event: moved } = await new MemoryCalendar(world.server, host.account).createEvent(
    other,
    {
      ...{ title, description, location, time, attendees, recurrence, marker, sequence: 0 },
      ...{ transparency: "busy", visibility: "default", iCalUid: "moved@calendar.test" },
    },
    "moved-event",
  );
  world.server.person.delete(host.calendarId, eventId);
  await world.pullOnly(otherSyncId);
  await world.rest();
  world.clock.advance({ minutes: 3 });
  await world.rest();
  expect(await story.startsOf(uids)).not.toContain("cancelled");
  expect(await world.prisma.seriesReference.findMany()).toMatchObject([
    { calendarSyncId: otherSyncId, externalEventId: moved.id },
  ]);
  for (const uid of uids)
    expect((await world.booking(uid)).references).toMatchObject([
      { calendarSyncId: otherSyncId, externalEventId: moved.id },
    ]);
});

test("a series that is cut in the other calendar, and whose first half is moved back, loses no booking", async () => {
  const { person } = world.server;
  person.moveToCalendar(host.calendarId, eventId, other);
  person.splitSeries(other, eventId, "2030-01-22T10:00:00.000Z", { time: hourAt("2030-01-23T12:00Z") });
  person.moveToCalendar(other, eventId, host.calendarId);
  // The copy's calendar is read last, and only because the first one asks for it.
  await world.pullOnly(host.calendarSyncId);
  await world.settle();
  world.clock.advance({ minutes: 1 });
  await world.rest();
  expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-16T14:00", "01-23T12:00", "01-30T12:00"]);
  const places = await Promise.all(uids.map(async (uid) => (await world.booking(uid)).references[0]));
  expect(places.map((one) => one?.calendarSyncId)).toEqual([
    host.calendarSyncId,
    host.calendarSyncId,
    otherSyncId,
    otherSyncId,
  ]);
  const reasons = await Promise.all(uids.map((uid) => world.reasons(uid)));
  expect(reasons.flat()).not.toContain("series-shortened");
  expect(await world.prisma.externalEvent.count()).toBe(0);
  // From now on the second half is kept in step where it is.
  person.move(other, places[2]?.externalEventId ?? "", hourAt("2030-01-23T15:00Z"));
  await world.rest();
  expect((await story.startsOf(uids)).slice(2)).toEqual(["01-23T15:00", "01-30T15:00"]);
});

test("a series that is deleted and in no other calendar is cancelled when these have been read", async () => {
  world.server.person.delete(host.calendarId, eventId);
  await world.pullOnly(host.calendarSyncId);
  expect((await world.booking(uids[0] ?? "")).status).toBe("ACCEPTED");
  expect(await world.reasons(uids[0] ?? "")).toContain("deletion-unconfirmed");
  await world.rest();
  expect(await story.startsOf(uids)).toEqual(Array(4).fill("cancelled"));
  expect(await world.reasons(uids[3] ?? "")).toContain("series-deleted");
});
