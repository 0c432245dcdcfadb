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

describe("booking a series", () => {
  test("makes a booking per occurrence, one recurring event, and one mail to each person", async () => {
    world.server.resetCalls();
    const uids = await story.bookSeries();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    expect(world.liveEvents(host.calendarId)).toMatchObject([
      { recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4"], time: hourAt("2030-01-08T10:00Z") },
    ]);
    expect(world.server.callCount("createEvent")).toBe(1);
    expect(world.server.callCount("updateEvent")).toBe(0);
    expect(new Set(world.mails.map(({ to }) => to.address)).size).toBe(2);
    expect(world.mails).toHaveLength(2);
    const [mail] = world.mails;
    expect(mail?.text).toContain("4 dates");
    expect(mail?.invitation?.content).toContain("RRULE:FREQ=WEEKLY");
    expect(mail?.invitation?.content.match(/BEGIN:VEVENT/g)).toHaveLength(1);
    for (const uid of uids) {
      const { references } = await world.booking(uid);
      expect(references).toMatchObject([
        { status: "SYNCED", externalEventId: story.master().id, pushRequestedAt: null },
      ]);
    }
    expect(await story.writeReasons()).toEqual(["series-created"]);
  });

  test("is all or nothing, and says which times are taken", async () => {
    await world.book(host, "2030-01-22T10:00Z", "bob");
    await expect(story.bookSeries()).rejects.toMatchObject({
      code: "occurrences_taken",
      message: expect.stringContaining("2030-01-22T10:00:00.000Z"),
      errors: [{ path: "occurrences.2", message: "2030-01-22T10:00:00.000Z is taken" }],
    });
    expect(await world.prisma.booking.count()).toBe(1);
  });

  test("is refused where guests share appointments", async () => {
    await world.prisma.eventType.updateMany({ data: { seats: 3, recurrenceFrequency: null } });
    await expect(story.bookSeries()).rejects.toMatchObject({ kind: "invalid", code: "not_recurring" });
    expect(await world.prisma.booking.count()).toBe(0);
  });

  test("opens each of its dates to the guest who holds the secret of one", async () => {
    const booked = await story.bookWithTokens();
    const [first, , , last] = booked;
    const found = await world.bookings.occurrences(first?.uid ?? "", {
      guestToken: first?.guestToken ?? "",
    });
    expect(found.map(({ uid, guestToken }) => [uid, guestToken])).toEqual(
      booked.map(({ uid, guestToken }) => [uid, guestToken]),
    );
    const viewer = { guestToken: found[3]?.guestToken ?? "" };
    expect(await world.bookings.get(last?.uid ?? "", viewer)).toMatchObject({ uid: last?.uid });
  });

  test("can be looked at as a whole by its host, and by nobody else", async () => {
    const uids = await story.bookSeries();
    const found = await world.bookings.occurrences(uids[1] ?? "", { userId: host.userId });
    expect(found.map(({ uid, guestToken }) => [uid, guestToken])).toEqual(uids.map((uid) => [uid, null]));
    const stranger = { userId: host.userId + 1 };
    await expect(world.bookings.occurrences(uids[1] ?? "", stranger)).rejects.toMatchObject({
      code: "unknown_booking",
    });
  });

  test("comes back unchanged by our own write", async () => {
    const uids = await story.bookSeries();
    await world.pull(host);
    for (const uid of uids) expect(await world.reasons(uid)).not.toContain("series-moved");
    expect(world.mails).toHaveLength(2);
    expect(await world.prisma.externalEvent.count()).toBe(0);
  });
});

describe("one date changed in the calendar", () => {
  test("moves its booking alone", async () => {
    const uids = await story.bookSeries();
    world.server.person.moveInstance(
      host.calendarId,
      story.master().id,
      "2030-01-15T10:00:00.000Z",
      hourAt("2030-01-16T14:00Z"),
    );
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-16T14:00", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-moved");
    expect(await world.reasons(uids[2] ?? "")).not.toContain("occurrence-moved");
    await world.settle();
    expect(world.mails.at(-1)?.invitation?.content).toContain("RECURRENCE-ID:20300115T100000Z");
  });

  test("cancels its booking alone, and brings it back", async () => {
    const uids = await story.bookSeries();
    const { person } = world.server;
    const id = person.cancelInstance(host.calendarId, story.master().id, "2030-01-15T10:00:00.000Z");
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "cancelled", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-deleted");
    person.restore(host.calendarId, id);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-restored");
  });
});

test("one date edited in the calendar changes its booking alone", async () => {
  const uids = await story.bookSeries();
  const title = "With cake";
  world.server.person.editInstance(host.calendarId, story.master().id, "2030-01-15T10:00:00.000Z", { title });
  await world.settle();
  expect(await world.booking(uids[1] ?? "")).toMatchObject({ title });
  expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-changed");
  expect((await world.booking(uids[2] ?? "")).title).not.toBe(title);
});

describe("the series changed in the calendar", () => {
  test("moves all its bookings, with one call and one mail to each person", async () => {
    const uids = await story.bookSeries();
    const mails = world.mails.length;
    world.server.resetCalls();
    world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-09T12:00Z"));
    await world.settle();
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"]);
    expect(await world.reasons(uids[3] ?? "")).toContain("series-moved");
    expect(world.server.callCount("getEvent") + world.server.callCount("updateEvent")).toBe(0);
    expect(world.mails.length - mails).toBe(2);
    expect(world.mails.at(-1)?.text).toContain("has a new time");
  });

  test("renames all its bookings, but for one that has a title of its own", async () => {
    const uids = await story.bookSeries();
    const { person } = world.server;
    const { id } = story.master();
    person.editInstance(host.calendarId, id, "2030-01-15T10:00:00.000Z", { title: "The odd one" });
    await world.settle();
    person.edit(host.calendarId, id, { title: "Coaching" });
    await world.settle();
    const titles = await Promise.all(uids.map(async (uid) => (await world.booking(uid)).title));
    expect(titles).toEqual(["Coaching", "The odd one", "Coaching", "Coaching"]);
    expect(await world.reasons(uids[0] ?? "")).toContain("series-changed");
  });

  test("in another rhythm gives the next dates to the next bookings, and cancels what is left over after a while", async () => {
    const uids = await story.bookSeries();
    world.server.person.changeRule(host.calendarId, story.master().id, [
      "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3",
    ]);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-22T10:00", "02-05T10:00", "01-29T10:00"]);
    world.clock.advance({ minutes: 1 });
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-22T10:00", "02-05T10:00", "cancelled"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("series-rule-changed");
    expect(await world.reasons(uids[3] ?? "")).toContain("series-shortened");
  });

  test("cut short cancels the bookings beyond its end, once it is clear that they are nowhere else", async () => {
    const uids = await story.bookSeries();
    world.server.person.splitSeries(
      host.calendarId,
      story.master().id,
      "2030-01-22T10:00:00.000Z",
      {},
      "cut",
    );
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    world.clock.advance({ minutes: 1 });
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "cancelled", "cancelled"]);
    expect(await world.reasons(uids[2] ?? "")).toContain("series-shortened");
  });

  test("deleted cancels all its bookings to come, leaves the past alone, and comes back as a whole", async () => {
    const uids = await story.bookSeries();
    const { person } = world.server;
    const { id } = story.master();
    person.cancelInstance(host.calendarId, id, "2030-01-22T10:00:00.000Z");
    await world.settle();
    world.clock.advance({ days: 2 });
    await world.tick();
    person.delete(host.calendarId, id);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "cancelled", "cancelled", "cancelled"]);
    expect(await world.reasons(uids[3] ?? "")).toContain("series-deleted");
    person.restore(host.calendarId, id);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "cancelled", "01-29T10:00"]);
    expect(await world.reasons(uids[3] ?? "")).toContain("series-restored");
  });

  test("made longer invites nobody, and makes the host busy", async () => {
    const uids = await story.bookSeries();
    world.server.person.changeRule(host.calendarId, story.master().id, ["RRULE:FREQ=WEEKLY;COUNT=6"]);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    const range = { start: new Date("2030-01-01"), end: new Date("2030-03-01") };
    const { intervals } = await world.sync.busyIntervals(host.userId, range);
    expect(intervals.map(({ start }) => start.toISOString().slice(5, 16))).toEqual([
      "02-05T10:00",
      "02-12T10:00",
    ]);
  });

  test("across a change of clocks changes nothing by itself", async () => {
    await world.prisma.schedule.updateMany({ data: { timeZone: "Europe/Berlin" } });
    const uids = await story.bookSeries(4, "2030-03-19T09:00:00.000Z");
    expect(await story.startsOf(uids)).toEqual(["03-19T09:00", "03-26T09:00", "04-02T08:00", "04-09T08:00"]);
    await world.pull(host);
    world.server.person.edit(host.calendarId, story.master().id, { title: "Coaching" });
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["03-19T09:00", "03-26T09:00", "04-02T08:00", "04-09T08:00"]);
  });
});

describe("this and following in the calendar", () => {
  const following = "2030-01-22T10:00:00.000Z";
  const expectSplit = async (uids: readonly string[], newId: string) => {
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "01-30T15:00"]);
    expect(await world.reasons(uids[2] ?? "")).toContain("series-split-moved");
    expect(await world.reasons(uids[2] ?? "")).toContain("series-split-changed");
    expect(await world.reasons(uids[2] ?? "")).not.toContain("series-shortened");
    const { references, recurringGroup } = await world.booking(uids[3] ?? "");
    expect(references).toMatchObject([{ externalEventId: newId, status: "SYNCED" }]);
    expect(recurringGroup).not.toBe((await world.booking(uids[0] ?? "")).recurringGroup);
    // The later change finds the bookings under the new series.
    world.server.person.move(host.calendarId, newId, hourAt("2030-01-23T16:00Z"));
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-23T16:00", "01-30T16:00"]);
    expect(await world.prisma.booking.count()).toBe(4);
  };
  const id = () => world.liveEvents(host.calendarId).find((event) => event.recurrence !== null)?.id ?? "";
  const changes = { time: hourAt("2030-01-23T15:00Z"), title: "The second half" };

  test("is followed when both steps are seen at once", async () => {
    const uids = await story.bookSeries();
    const newId = world.server.person.splitSeries(host.calendarId, id(), following, changes);
    await world.settle();
    await expectSplit(uids, newId);
  });

  test("ends the invitation that people hold, as a later version of it, and invites them to the new series", async () => {
    await story.bookSeries();
    const linesOf = (mail: (typeof world.mails)[number]) => {
      const text = (mail.invitation?.content ?? "").replaceAll(/\r?\n /g, "");
      const line = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
      return {
        uid: line("UID"),
        rule: line("RRULE"),
        sequence: Number(line("SEQUENCE")),
        method: line("METHOD"),
      };
    };
    await world.settle();
    const first = world.mails.map(linesOf).find(({ rule }) => rule !== "");
    const before = world.mails.length;
    world.server.person.splitSeries(host.calendarId, id(), following, changes);
    await world.settle();
    world.clock.advance({ minutes: 2 });
    await world.settle();
    const told = world.mails
      .slice(before)
      .filter(({ to }) => to.address.endsWith("guest.test"))
      .map(linesOf);
    const old = told.filter(({ uid }) => uid === first?.uid);
    expect(old).toHaveLength(1);
    expect(old[0]).toMatchObject({
      method: "REQUEST",
      rule: expect.stringContaining("UNTIL=20300122T095959Z"),
    });
    expect(old[0]?.sequence).toBeGreaterThan(first?.sequence ?? Number.NaN);
    expect(told.filter(({ uid }) => uid !== first?.uid)).toHaveLength(1);
  });

  test("is followed when the new series is seen first", async () => {
    const uids = await story.bookSeries();
    const old = id();
    const newId = world.server.person.splitSeries(host.calendarId, old, following, changes, "copy");
    await world.settle();
    world.server.person.splitSeries(host.calendarId, old, following, {}, "cut");
    await world.settle();
    await expectSplit(uids, newId);
  });

  test("is followed when the old series is cut first", async () => {
    const uids = await story.bookSeries();
    const old = id();
    const recurrence = ["RRULE:FREQ=WEEKLY;COUNT=2"];
    const { person } = world.server;
    const marker = world.server.event(host.calendarId, old)?.marker ?? null;
    person.splitSeries(host.calendarId, old, following, {}, "cut");
    await world.settle();
    const newId = person.create(host.calendarId, { ...changes, recurrence });
    person.mark(host.calendarId, newId, marker);
    await world.settle();
    await expectSplit(uids, newId);
    world.clock.advance({ minutes: 2 });
    await world.settle();
    expect(await story.startsOf(uids)).not.toContain("cancelled");
  });
});

test("a date cancelled here is gone at the series' new time too, when another date is moved here in the same breath", async () => {
  const uids = await story.bookSeries();
  const [first = "", second = ""] = uids;
  await world.bookings.cancel(first, {}, { userId: host.userId });
  world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-09T13:00Z"));
  world.clock.advance({ minutes: 1 });
  await world.bookings.reschedule(second, { start: "2030-01-17T11:00:00.000Z" }, { userId: host.userId });
  await world.settle();
  await world.pull(host);
  const at = (slot: string) => story.instanceAt(story.master().id, slot);
  expect(at("2030-01-09T13:00:00.000Z")?.status).toBe("cancelled");
  expect(at("2030-01-16T13:00:00.000Z")?.time).toEqual(hourAt("2030-01-17T11:00Z"));
});
