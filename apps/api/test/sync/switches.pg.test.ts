import { createSyncPreferences } from "@calsync/calendar-sync";
import { describe, expect, test, vi } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

/** What can switch sync off, and on again. */
const switches: Record<string, (on: boolean) => Promise<unknown>> = {
  "the global kill switch": (on) =>
    world.prisma.globalSetting.update({ where: { id: 1 }, data: { twoWaySyncEnabled: on } }),
  "a team's flag": async (on) => {
    const team = await world.prisma.team.upsert({
      where: { slug: "team" },
      create: { name: "Team", slug: "team" },
      update: { twoWaySyncEnabled: on },
    });
    await world.prisma.team.update({ where: { id: team.id }, data: { twoWaySyncEnabled: on } });
    const id = { teamId: team.id, userId: host.userId };
    await world.prisma.membership.upsert({ where: { teamId_userId: id }, create: id, update: {} });
  },
  "the host's own preference": (on) =>
    world.prisma.syncPreference.upsert({
      where: { userId: host.userId },
      create: { userId: host.userId, enabled: on },
      update: { enabled: on },
    }),
  "a calendar's own switch": (on) =>
    world.prisma.calendarSync.update({ where: { id: host.calendarSyncId }, data: { enabled: on } }),
};

describe.each(Object.keys(switches))("%s", (name) => {
  test("stops every effect in both directions, and loses nothing when it is lifted", async () => {
    const moved = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const event = await world.eventOf(moved, host.calendarId);
    await switches[name]?.(false);

    world.server.resetCalls();
    world.server.person.move(host.calendarId, event.id, hourAt("2030-01-08T14:00Z"));
    const added = await world.book(host, "2030-01-09T10:00Z", "bob");
    await world.settle();
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-08T10:00Z"));
    // Whether the host is free may still be asked: times are never offered from a calendar that nobody reads.
    expect(world.server.callCount() - world.server.callCount("getFreeBusy")).toBe(0);

    await switches[name]?.(true);
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
    expect((await world.eventOf(added, host.calendarId)).time).toMatchObject({
      start: "2030-01-09T10:00:00.000Z",
    });
  });
});

test("after the kill switch, what was announced meanwhile is read with the next tick, however rarely its calendar is polled", async () => {
  const uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  const event = await world.eventOf(uid, host.calendarId);
  const preferences = createSyncPreferences({ prisma: world.prisma, now: world.clock });
  await preferences.switchAll(false);
  world.server.person.move(host.calendarId, event.id, hourAt("2030-01-08T14:00Z"));
  await world.settle();
  expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T10:00Z"));
  await preferences.switchAll(true);
  await world.tick();
  expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
});

describe("sync that is switched off while it works", () => {
  test.each(Object.keys(switches))(
    "%s stops a pull between two pages; what it had not read is read afterwards",
    async (name) => {
      ({ world, host } = await SyncHarness.withHost(world.database, { settings: { pageSize: 1 } }));
      const uids = [
        await world.book(host, "2030-01-08T10:00Z"),
        await world.book(host, "2030-01-08T12:00Z", "bob"),
      ];
      await world.settle();
      for (const uid of uids)
        world.server.person.edit(host.calendarId, (await world.eventOf(uid, host.calendarId)).id, {
          title: "Renamed",
        });
      const renamed = async () =>
        (await Promise.all(uids.map((uid) => world.booking(uid)))).filter(({ title }) => title === "Renamed")
          .length;
      world.wrapService = (service) => ({
        ...service,
        capabilities: service.capabilities,
        createEvent: service.createEvent.bind(service),
        updateEvent: service.updateEvent.bind(service),
        deleteEvent: service.deleteEvent.bind(service),
        getEvent: service.getEvent.bind(service),
        watchCalendar: service.watchCalendar.bind(service),
        unwatchCalendar: service.unwatchCalendar.bind(service),
        async *onWatchedCalendarChange(...input) {
          let yielded = 0;
          for await (const page of service.onWatchedCalendarChange(...input)) {
            // A page is read while the one before it is committed: the switch comes after that.
            if (yielded === 1) {
              await vi.waitFor(async () => expect(await renamed()).toBe(1), 20_000);
              await switches[name]?.(false);
            }
            yielded += 1;
            yield page;
          }
        },
      });
      await world.settle();
      expect(await renamed()).toBe(1);
      world.wrapService = (service) => service;
      await switches[name]?.(true);
      world.clock.advance({ hours: 1 });
      await world.tick();
      expect(await renamed()).toBe(2);
    },
  );
});

describe("an account that its provider refuses", () => {
  test("is not called again until it is connected again, and then goes on where it was", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const event = await world.eventOf(uid, host.calendarId);
    await world.prisma.credential.update({ where: { id: host.credentialId }, data: { status: "INVALID" } });
    world.server.resetCalls();
    world.server.person.delete(host.calendarId, event.id);
    await world.settle();
    world.clock.advance({ hours: 5 });
    await world.tick();
    expect(world.server.callCount()).toBe(0);
    expect((await world.sync.status(host.userId))[0]).toMatchObject({
      status: "failed",
      lastError: "CREDENTIAL_INVALID",
    });

    await world.prisma.$transaction(async (tx) => {
      await tx.credential.update({ where: { id: host.credentialId }, data: { status: "ACTIVE" } });
      await world.sync.credentialReconnected(tx, host.credentialId);
    });
    await world.settle();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    expect((await world.sync.status(host.userId))[0]).toMatchObject({ status: "healthy", lastError: null });
  });
});

describe("a destination chosen after bookings were made", () => {
  test("gets the bookings to come, and not those that are over or stand in another calendar", async () => {
    const elsewhere = await world.book(host, "2030-01-09T10:00Z");
    await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
    const over = await world.book(host, "2030-01-07T10:00Z");
    const coming = await world.book(host, "2030-01-10T10:00Z");
    await world.settle();
    world.clock.set("2030-01-07T12:00:00.000Z");
    const second = world.server.addCalendar(host.account, { name: "New" });
    await world.useCalendar(host, second, { destination: true });
    await world.prisma.$transaction((tx) => world.sync.destinationChosen(tx, host.userId));
    await world.settle();
    expect(world.liveEvents(second).map(({ time }) => time.start)).toEqual(["2030-01-10T10:00:00.000Z"]);
    expect((await world.booking(coming)).references).toMatchObject([{ status: "SYNCED" }]);
    expect((await world.booking(over)).references).toEqual([]);
    expect((await world.eventOf(elsewhere, host.calendarId)).status).toBe("confirmed");
  });
});

describe("a calendar that is disconnected and connected again", () => {
  test("finds its bookings' events: none is doubled, and what was edited meanwhile is followed", async () => {
    const moved = await world.book(host, "2030-01-09T10:00Z");
    const deleted = await world.book(host, "2030-01-09T12:00Z", "bob");
    await world.settle();
    world.server.person.move(
      host.calendarId,
      (await world.eventOf(moved, host.calendarId)).id,
      hourAt("2030-01-09T15:00Z"),
    );
    world.server.person.delete(host.calendarId, (await world.eventOf(deleted, host.calendarId)).id);
    await world.prisma.credential.delete({ where: { id: host.credentialId } });
    expect((await world.booking(moved)).references).toEqual([]);

    await world.connect(host);
    host.calendarSyncId = await world.useCalendar(host, host.calendarId, { selected: true });
    await world.tick();
    await world.useCalendar(host, host.calendarId, { destination: true });
    await world.prisma.$transaction((tx) => world.sync.destinationChosen(tx, host.userId));
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toHaveLength(2);
    expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-09T15:00Z"));
    // Deleted while nobody was listening: the booking stands, so its event comes back.
    expect((await world.eventOf(deleted, host.calendarId)).time).toMatchObject({
      start: "2030-01-09T12:00:00.000Z",
    });
    // None of them is taken for somebody else's appointment.
    expect(await world.prisma.externalEvent.count()).toBe(0);
  });
});

describe("two calendars of one host", () => {
  test("an event moved in one is followed by the booking and by the event in the other", async () => {
    const second = world.server.addCalendar(host.account, { name: "Family" });
    await world.useCalendar(host, second, { destination: true });
    await world.tick();
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.server.person.move(
      host.calendarId,
      (await world.eventOf(uid, host.calendarId)).id,
      hourAt("2030-01-08T15:00Z"),
    );
    await world.settle();
    expect((await world.eventOf(uid, second)).time).toMatchObject({ start: "2030-01-08T15:00:00.000Z" });
    world.server.person.delete(second, (await world.eventOf(uid, second)).id);
    await world.settle();
    // The event might have been moved to the host's other calendar: that one is looked through first.
    await world.settle();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });
});

describe("events that are not ours", () => {
  test("make the host busy: single ones, series and their exceptions; transparent and declined ones do not", async () => {
    const { person } = world.server;
    const range = { start: new Date("2030-01-14T00:00Z"), end: new Date("2030-01-28T00:00Z") };
    const busy = async () =>
      (await world.sync.busyIntervals(host.userId, range)).intervals.map(({ start }) => start.toISOString());
    const single = person.create(host.calendarId, { time: hourAt("2030-01-14T10:00Z") });
    person.create(host.calendarId, { time: hourAt("2030-01-14T12:00Z"), transparency: "free" });
    const weekly = person.create(host.calendarId, {
      time: hourAt("2030-01-15T09:00Z"),
      recurrence: ["RRULE:FREQ=WEEKLY"],
    });
    await world.settle();
    expect(await busy()).toEqual([
      "2030-01-14T10:00:00.000Z",
      "2030-01-15T09:00:00.000Z",
      "2030-01-22T09:00:00.000Z",
    ]);

    person.moveInstance(host.calendarId, weekly, "2030-01-15T09:00:00.000Z", hourAt("2030-01-16T11:00Z"));
    person.cancelInstance(host.calendarId, weekly, "2030-01-22T09:00:00.000Z");
    person.delete(host.calendarId, single);
    await world.settle();
    expect(await busy()).toEqual(["2030-01-16T11:00:00.000Z"]);

    person.delete(host.calendarId, weekly);
    await world.settle();
    expect(await busy()).toEqual([]);
  });

  test("a busy time is not offered and cannot be booked", async () => {
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-14T10:00Z") });
    await world.settle();
    await expect(world.book(host, "2030-01-14T10:00Z")).rejects.toMatchObject({ code: "slot_taken" });
  });

  test("series reach further as time goes on", async () => {
    world.server.person.create(host.calendarId, {
      time: hourAt("2030-01-15T09:00Z"),
      recurrence: ["RRULE:FREQ=WEEKLY"],
    });
    await world.settle();
    world.clock.advance({ days: 250 });
    await world.tick();
    const range = { start: new Date("2031-07-01T00:00Z"), end: new Date("2031-07-29T00:00Z") };
    expect((await world.sync.busyIntervals(host.userId, range)).intervals).toHaveLength(4);
  });
});
