import { describe, expect, test } from "vitest";
import { type Host, hourAt, type SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";
import { SeriesStory } from "./series-story.ts";

let story: SeriesStory;
let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  story = await SeriesStory.begin(database);
  ({ world, host } = story);
});

describe("the series cancelled in the app", () => {
  test("from one date on cuts the event short, in one write and one mail to each person", async () => {
    const uids = await story.bookSeries();
    const mails = world.mails.length;
    world.server.resetCalls();
    await world.bookings.cancel(uids[2] ?? "", { scope: "following" }, { userId: host.userId });
    await world.settle();
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "cancelled", "cancelled"]);
    expect(story.master().recurrence).toEqual(["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=2"]);
    expect([world.server.callCount("updateEvent"), world.server.callCount("deleteEvent")]).toEqual([1, 0]);
    expect(world.mails.length - mails).toBe(2);
    expect(await world.reasons(uids[3] ?? "")).toContain("cancelled-by-host");
    expect(await story.writeReasons()).toEqual(["series-created", "series-updated"]);
  });

  test("as a whole deletes its event", async () => {
    const uids = await story.bookSeries();
    await world.bookings.cancel(uids[1] ?? "", { scope: "all" }, { userId: host.userId });
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["cancelled", "cancelled", "cancelled", "cancelled"]);
    expect(world.liveEvents(host.calendarId)).toEqual([]);
    expect(world.mails.at(-1)?.invitation?.content).toContain("METHOD:CANCEL");
    expect(await story.writeReasons()).toEqual(["series-created", "series-event-deleted"]);
    await world.pull(host);
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });
});

describe("the series moved in the app", () => {
  const eventsOf = () =>
    world
      .liveEvents(host.calendarId)
      .filter((event) => event.recurrence !== null)
      .map(({ time, recurrence }) => [time.start, ...(recurrence ?? [])]);
  test("as a whole is one write and one mail to each person, and every date takes the time that the one before it leaves", async () => {
    const uids = await story.bookSeries();
    const mails = world.mails.length;
    world.server.resetCalls();
    const change = { start: "2030-01-22T12:00:00.000Z", scope: "all" } as const;
    await world.bookings.reschedule(uids[1] ?? "", change, { userId: host.userId });
    await world.settle();
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-15T12:00", "01-22T12:00", "01-29T12:00", "02-05T12:00"]);
    expect(eventsOf()).toEqual([["2030-01-15T12:00:00.000Z", "RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4"]]);
    expect([world.server.callCount("createEvent"), world.server.callCount("updateEvent")]).toEqual([0, 1]);
    expect(world.mails.length - mails).toBe(2);
    expect(world.mails.at(-1)?.text).toContain("has a new time");
    expect(await world.reasons(uids[3] ?? "")).toContain("rescheduled-by-host");
    await world.pull(host);
    expect(await story.startsOf(uids)).toEqual(["01-15T12:00", "01-22T12:00", "01-29T12:00", "02-05T12:00"]);
  });

  test("from one date on is cut in two, in the calendar and in people's invitations", async () => {
    const uids = await story.bookSeries();
    await world.bookings.cancel(uids[3] ?? "", {}, { userId: host.userId });
    await world.settle();
    const [old = ""] = world.liveEvents(host.calendarId).map(({ id }) => id);
    const mails = world.mails.length;
    const change = { start: "2030-01-23T15:00:00.000Z", scope: "following" } as const;
    await world.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
    await world.settle();
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "cancelled"]);
    expect(eventsOf()).toEqual([
      ["2030-01-08T10:00:00.000Z", "RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=2"],
      ["2030-01-23T15:00:00.000Z", "RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=2"],
    ]);
    const { references } = await world.booking(uids[2] ?? "");
    const later = references[0]?.externalEventId ?? "";
    expect(later).not.toBe(old);
    // The date that was cancelled stays cancelled at its new place.
    expect(story.instanceAt(later, "2030-01-30T15:00:00.000Z")?.status).toBe("cancelled");
    const told = world.mails.slice(mails).map((mail) => mail.invitation?.content ?? "");
    expect(told).toHaveLength(4);
    expect(new Set(told.map((content) => /UID:(.*)/.exec(content)?.[1])).size).toBe(2);
    // The later series is one of its own from now on.
    world.server.person.move(host.calendarId, later, hourAt("2030-01-24T09:00Z"));
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-24T09:00", "cancelled"]);
  });

  test("cut in two, is a later version for the date that its people are told by: what it says afterwards is told too", async () => {
    const uids = await story.bookSeries();
    const [old = ""] = world.liveEvents(host.calendarId).map(({ id }) => id);
    const change = { start: "2030-01-23T15:00:00.000Z", scope: "following" } as const;
    await world.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
    for (let i = 0; i < 2; i++) await world.settle();
    for (const slot of ["2030-01-08T10:00:00.000Z", "2030-01-15T10:00:00.000Z"]) {
      const mails = world.mails.length;
      world.server.person.editInstance(host.calendarId, old, slot, { title: `Renamed ${slot.slice(5, 10)}` });
      for (let i = 0; i < 2; i++) await world.settle();
      const told = world.mails.slice(mails).filter(({ to }) => to.address === "ann@guest.test");
      expect(told.map(({ text }) => text.includes(`Renamed ${slot.slice(5, 10)}`))).toEqual([true]);
    }
  });

  test("leaves what is over, and a date that has a time of its own", async () => {
    const uids = await story.bookSeries();
    const moved = { start: "2030-01-17T09:00:00.000Z" };
    await world.bookings.reschedule(uids[1] ?? "", moved, { userId: host.userId });
    await world.settle();
    world.clock.advance({ days: 2 });
    const change = { start: "2030-01-22T12:00:00.000Z", scope: "all" } as const;
    await world.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-17T09:00", "01-22T12:00", "01-29T12:00"]);
    const { references } = await world.booking(uids[1] ?? "");
    const later = references[0]?.externalEventId ?? "";
    expect(story.instanceAt(later, "2030-01-15T12:00:00.000Z")?.time).toEqual(hourAt("2030-01-17T09:00Z"));
  });

  test("is refused with the dates that do not fit, for the host and for guests", async () => {
    const occurrences = await story.bookWithTokens();
    const [, { uid, guestToken } = { uid: "", guestToken: "" }] = occurrences;
    await world.book(host, "2030-01-23T12:00Z", "bob");
    const change = { start: "2030-01-16T12:00:00.000Z", scope: "following" } as const;
    const taken = { path: "occurrences.1", message: "2030-01-23T12:00:00.000Z is taken" };
    const refusal = { code: "occurrences_taken", errors: [taken] };
    for (const viewer of [{ userId: host.userId }, { guestToken }])
      await expect(world.bookings.reschedule(uid, change, viewer)).rejects.toMatchObject(refusal);
    const slots = await world.bookings.getSlots(
      {
        username: host.username,
        eventType: host.slug,
        from: "2030-01-16T11:00:00.000Z",
        to: "2030-01-16T14:00:00.000Z",
        timeZone: "UTC",
        rescheduleUid: uid,
        scope: "following",
      },
      { guestToken },
    );
    const starts = slots.days.flatMap((day) => day.slots.map(({ start }) => start.slice(11, 16)));
    expect(starts).toEqual(["11:00", "13:00"]);
    await world.bookings.reschedule(uid, { ...change, start: "2030-01-16T13:00:00.000Z" }, { guestToken });
    const uids = occurrences.map((one) => one.uid);
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-16T13:00", "01-23T13:00", "01-30T13:00"]);
  });
});

test("slots are those from which every date of a series is free", async () => {
  await world.book(host, "2030-01-16T10:00Z", "bob");
  const query = {
    username: host.username,
    eventType: host.slug,
    from: "2030-01-09T09:00:00.000Z",
    to: "2030-01-09T12:00:00.000Z",
    timeZone: "UTC",
  };
  const startsAt = async (more: { count?: number }) =>
    (await world.bookings.getSlots({ ...query, ...more })).days.flatMap(({ slots }) =>
      slots.map(({ start }) => start.slice(11, 16)),
    );
  expect(await startsAt({})).toEqual(["09:00", "10:00", "11:00"]);
  expect(await startsAt({ count: 2 })).toEqual(["09:00", "11:00"]);
  await expect(startsAt({ count: 50 })).rejects.toMatchObject({ code: "too_many_occurrences" });
});
