import { countStatements } from "@calsync/prisma/testing";
import { toNotificationRequest } from "@calsync/testing/memory-calendar";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

/* What other calendar syncs are known to get wrong, by name: read in public code and in the threads of its users. */

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

describe("the sync token", () => {
  test("is not saved before the changes are applied: a change that could not be applied comes again", async () => {
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    const { cursor } = await world.calendarSync(host);
    world.server.person.move(host.calendarId, eventId, hourAt("2030-01-08T14:00Z"));
    world.wrapStore = (store) => ({
      ...store,
      applyActions: async () => {
        throw new Error("bookings cannot be written at the moment");
      },
    });
    await world.settle();
    expect((await world.calendarSync(host)).cursor).toBe(cursor);
    world.wrapStore = (store) => store;
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
    expect((await world.calendarSync(host)).cursor).not.toBe(cursor);
  });

  test("that is no longer accepted (410) does not stop the calendar: everything is listed anew and nothing is lost or done twice", async () => {
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    world.server.expireCursors();
    world.server.person.move(host.calendarId, eventId, hourAt("2030-01-08T14:00Z"));
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
    world.server.person.move(host.calendarId, eventId, hourAt("2030-01-08T15:00Z"));
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
    expect(await world.calendarSync(host)).toMatchObject({ status: "HEALTHY", errorCount: 0 });
    expect((await world.reasons(uid)).filter((one) => one === "remote-time-changed")).toHaveLength(2);
  });

  test("is each calendar's own: what one calendar's pull has seen, another's pull still gets", async () => {
    const other = world.server.addCalendar(host.account);
    const otherSync = await world.useCalendar(host, other, { selected: true });
    await world.tick();
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    world.server.person.create(other, { time: hourAt("2030-01-09T12:00Z") });
    const toldOfTheFirst = world.notifications.filter(({ calendarId }) => calendarId === host.calendarId);
    world.notifications.splice(0, Number.POSITIVE_INFINITY, ...toldOfTheFirst);
    await world.settle();
    const mirrored = (calendarSyncId: string) =>
      world.prisma.externalEvent.count({ where: { calendarSyncId } });
    expect([await mirrored(host.calendarSyncId), await mirrored(otherSync)]).toEqual([1, 0]);
    await world.sync.requestPull([otherSync]);
    await world.settle();
    expect([await mirrored(host.calendarSyncId), await mirrored(otherSync)]).toEqual([1, 1]);
  });
});

describe("a moved event", () => {
  test("keeps its booking: the second move and a deletion after a move meet the same one, and there is no other", async () => {
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    const { id } = await world.booking(uid);
    for (const start of ["2030-01-08T12:00Z", "2030-01-08T15:00Z"]) {
      world.server.person.move(host.calendarId, eventId, hourAt(start));
      await world.settle();
      expect(await world.booking(uid)).toMatchObject({ id, status: "ACCEPTED", startTime: new Date(start) });
    }
    world.server.person.delete(host.calendarId, eventId);
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ id, status: "CANCELLED" });
    expect(await world.prisma.booking.count()).toBe(1);
  });

  test("gives its booking its end as well as its start: no old duration is forced back on it", async () => {
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    for (const hours of [2.5, 0.5]) {
      const time = hourAt("2030-01-08T13:00Z", hours);
      world.server.person.move(host.calendarId, eventId, time);
      await world.settle();
      expect((await world.booking(uid)).endTime).toEqual(new Date(time.end));
      expect((await world.eventOf(uid, host.calendarId)).time).toMatchObject({
        start: time.start,
        end: time.end,
      });
    }
  });
});

describe("an event that its host moves to another calendar", () => {
  test("does not look deleted: the booking goes with it, keeps its reference, and nobody is told of a cancellation", async () => {
    const other = world.server.addCalendar(host.account);
    const otherSync = await world.useCalendar(host, other, { selected: true });
    await world.tick();
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    for (let round = 0; round < 3; round++) await world.settle();
    expect(await world.booking(uid)).toMatchObject({
      status: "ACCEPTED",
      references: [{ calendarSyncId: otherSync, status: "SYNCED" }],
    });
    expect(world.liveEvents(host.calendarId)).toEqual([]);
    expect(world.liveEvents(other)).toHaveLength(1);
    expect(world.mails.some(({ invitation }) => invitation?.method === "CANCEL")).toBe(false);
  });
});

describe("a push channel", () => {
  test("is renewed well before it ends, so that no moment is without one", async () => {
    const [first] = await world.prisma.calendarSubscription.findMany();
    world.clock.set(new Date((first?.expiresAt?.getTime() ?? 0) - 23 * 3_600_000));
    await world.tick();
    await world.tick();
    const active = await world.prisma.calendarSubscription.findMany({ where: { status: "ACTIVE" } });
    expect(active).toHaveLength(1);
    expect(active[0]?.id).not.toBe(first?.id);
    world.clock.set(new Date((first?.expiresAt?.getTime() ?? 0) + 1_000));
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
  });

  test("is the calendar's only one, however many event types, destinations and selections use the calendar", async () => {
    const eventTypes = await Promise.all(
      ["a", "b", "c"].map((slug) =>
        world.prisma.eventType.create({
          data: { userId: host.userId, title: slug, slug, durationMinutes: 30 },
        }),
      ),
    );
    for (const { id: eventTypeId } of eventTypes) {
      await world.prisma.destinationCalendar.create({
        data: {
          userId: host.userId,
          eventTypeId,
          credentialId: host.credentialId,
          externalCalendarId: host.calendarId,
          name: "Work",
        },
      });
    }
    for (let tick = 0; tick < 3; tick++) await world.tick();
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
    expect(await world.prisma.calendarSync.count()).toBe(1);
    expect(world.server.callCount("watchCalendar")).toBe(1);
  });

  test("has its notifications answered before any work: the request calls no provider, changes no booking, and enqueues one pull", async () => {
    const { uid, eventId } = await world.booked(host, "2030-01-08T10:00Z");
    world.server.person.move(host.calendarId, eventId, hourAt("2030-01-08T14:00Z"));
    world.server.resetCalls();
    const [notification] = world.notifications.splice(0);
    if (!notification) throw new Error("the calendar sent no notification");
    const { result, count } = await countStatements(world.prisma, () =>
      world.sync.handleNotification("memorycalendar", toNotificationRequest(notification)),
    );
    expect(result).toEqual({ type: "accepted", status: 204, pulls: 1 });
    expect(count).toBeLessThanOrEqual(3);
    expect(world.server.callCount()).toBe(0);
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T10:00Z"));
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
  });
});

describe("the busy cache", () => {
  const slots = () =>
    world.bookings.getSlots(
      {
        username: host.username,
        eventType: host.slug,
        from: "2030-01-09T00:00:00.000Z",
        to: "2030-01-09T23:00:00.000Z",
        timeZone: "UTC",
      },
      null,
    );
  const starts = async () =>
    (await slots()).days.flatMap((day) => day.slots.map(({ start }) => start.slice(11, 16)));

  test("is not trusted whatever its age: a stale one gives way to what the provider says now, and to closed slots when it says nothing", async () => {
    expect(await slots()).toMatchObject({ closed: false, freshness: [{ source: "mirror", ok: true }] });
    expect(await starts()).toContain("10:00");
    // Nothing is announced and nobody pulls: the mirror still says that the host is free at ten.
    world.server.faults.dropNotifications(1_000);
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    world.clock.advance({ hours: 2 });
    expect(await world.prisma.externalEvent.count()).toBe(0);
    expect(await slots()).toMatchObject({ closed: false, freshness: [{ source: "live", ok: true }] });
    expect(await starts()).not.toContain("10:00");
    expect(await starts()).toContain("11:00");
    await expect(world.book(host, "2030-01-09T10:00Z")).rejects.toMatchObject({ code: "slot_taken" });

    world.clock.advance({ hours: 2 });
    world.server.faults.next("getFreeBusy", { kind: "server-error" }, 100);
    expect(await slots()).toMatchObject({
      closed: true,
      days: [],
      freshness: [{ source: "unreadable", ok: false }],
    });
    await expect(world.book(host, "2030-01-09T12:00Z")).rejects.toMatchObject({
      code: "calendar_unreadable",
    });
    expect(await world.prisma.booking.count()).toBe(0);
  });
});
