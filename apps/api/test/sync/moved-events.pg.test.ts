import { CalendarError } from "@calsync/lib";
import type { CalendarService } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
/** Another connected calendar of the host's, read for busy times. */
let other: string;
let otherSyncId: string;

onEmptyDatabase(async (database) => {
  world = new SyncHarness(database);
  host = await world.host();
  other = world.server.addCalendar(host.account, { name: "Private" });
  otherSyncId = await world.useCalendar(host, other, { selected: true });
  await world.tick();
});

const booked = () => world.booked(host, "2030-01-08T10:00Z");

async function expectInOneCalendar(uid: string, calendarId: string, syncId: string): Promise<void> {
  const booking = await world.booking(uid);
  expect(booking.status).toBe("ACCEPTED");
  expect(booking.references).toMatchObject([
    { calendarSyncId: syncId, status: "SYNCED", deletedSeenAt: null, recheckAt: null, pushRequestedAt: null },
  ]);
  for (const id of [host.calendarId, other])
    expect(world.liveEvents(id)).toHaveLength(id === calendarId ? 1 : 0);
  // Our own event makes nobody busy in the mirror.
  expect(await world.prisma.externalEvent.count()).toBe(0);
}

describe("an event moved to another connected calendar keeps its booking", () => {
  test("when the deletion is seen first", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    await world.pullOnly(host.calendarSyncId);
    expect((await world.booking(uid)).references).toMatchObject([{ deletedSeenAt: expect.any(Date) }]);
    expect(await world.reasons(uid)).toContain("deletion-unconfirmed");
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
    expect(await world.reasons(uid)).toContain("moved-to-other-calendar");
    expect(world.mails.filter(({ to }) => to.address === "ann@guest.test")).toHaveLength(1);
  });

  test("when the event is seen in its new calendar first", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    await world.pullOnly(otherSyncId);
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
    await world.pullOnly(host.calendarSyncId);
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
    expect(await world.reasons(uid)).not.toContain("remote-deleted");
  });

  test("when both are announced at once", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
  });

  test("when it moves there and back, seen at each step or only at the end", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    await world.rest();
    world.server.person.moveToCalendar(other, eventId, host.calendarId);
    await world.rest();
    await expectInOneCalendar(uid, host.calendarId, host.calendarSyncId);
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    world.server.person.moveToCalendar(other, eventId, host.calendarId);
    await world.rest();
    await expectInOneCalendar(uid, host.calendarId, host.calendarSyncId);
  });

  test("and follows what is done to it there: moved in time on the way, then deleted", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    world.server.person.move(other, eventId, hourAt("2030-01-08T15:00Z"));
    await world.rest();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
    await expectInOneCalendar(uid, other, otherSyncId);
    world.server.person.delete(other, eventId);
    await world.rest();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("and is written where it is now when the booking changes, also while the move is not understood yet", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    world.notifications.splice(0);
    await world.bookings.reschedule(uid, { start: "2030-01-08T16:00:00.000Z" }, { userId: host.userId });
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
    expect(world.liveEvents(other)[0]?.time).toEqual(hourAt("2030-01-08T16:00Z"));
  });

  test("and is deleted where it is now when the booking was cancelled here meanwhile", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    world.notifications.splice(0);
    await world.bookings.cancel(uid, {}, { userId: host.userId });
    await world.rest();
    await world.pullOnly(otherSyncId);
    await world.rest();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    expect(world.liveEvents(other)).toEqual([]);
  });

  test("when the new calendar already holds another event of the booking", async () => {
    const { userId, credentialId } = host;
    await world.prisma.destinationCalendar.create({
      data: { userId, credentialId, externalCalendarId: other, name: "Private", calendarSyncId: otherSyncId },
    });
    const { uid, eventId } = await booked();
    expect(world.liveEvents(other)).toHaveLength(1);
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    await world.rest();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect(await world.reasons(uid)).toContain("moved-to-other-calendar");
    // The deletion is told once more: the host has taken the event away from there, and no other one is made.
    const again = { type: "delete", eventId, seriesId: null, originalStart: null, version: null } as const;
    world.wrapService = (service) =>
      interceptPages(service, (page) => {
        if (!page.changes.some((change) => change.type === "delete")) page.changes.push(again);
      });
    await world.pullOnly(host.calendarSyncId);
    await world.rest();
    expect(world.liveEvents(host.calendarId)).toEqual([]);
    expect((await world.reasons(uid)).filter((one) => one === "moved-to-other-calendar")).toHaveLength(1);
  });

  test("when the new calendar could not be read for longer than the deletion waits", async () => {
    const { uid, eventId } = await booked();
    world.server.person.moveToCalendar(host.calendarId, eventId, other);
    world.wrapService = (service) =>
      Object.assign(Object.create(service), {
        onWatchedCalendarChange: (...input: Parameters<CalendarService["onWatchedCalendarChange"]>) => {
          if (input[0] === other) throw new CalendarError("CALENDAR_API_ERROR", "cannot be read now");
          return service.onWatchedCalendarChange(...input);
        },
        getEvent: service.getEvent.bind(service),
        createEvent: service.createEvent.bind(service),
        updateEvent: service.updateEvent.bind(service),
        deleteEvent: service.deleteEvent.bind(service),
      });
    await world.rest();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    world.clock.advance({ minutes: 3 });
    await world.tick();
    expect((await world.booking(uid)).status).toBe("CANCELLED");

    world.wrapService = (service) => service;
    world.clock.advance({ minutes: 30 });
    await world.tick();
    await world.rest();
    await expectInOneCalendar(uid, other, otherSyncId);
    expect(await world.reasons(uid)).toContain("remote-restored");
  });
});

describe("a deletion that is none of these", () => {
  test("cancels the booking as soon as the other calendars have been read", async () => {
    const { uid, eventId } = await booked();
    world.server.person.delete(host.calendarId, eventId);
    await world.rest();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    expect((await world.reasons(uid)).slice(-2)).toEqual(["deletion-unconfirmed", "remote-deleted"]);
  });

  test("cancels the booking at once when the host has no other calendar", async () => {
    await world.prisma.calendarSync.delete({ where: { id: otherSyncId } });
    const { uid, eventId } = await booked();
    world.server.person.delete(host.calendarId, eventId);
    await world.pullOnly(host.calendarSyncId);
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    expect(await world.reasons(uid)).not.toContain("deletion-unconfirmed");
  });

  test("is taken back when the event returns from the bin before it counted", async () => {
    const { uid, eventId } = await booked();
    world.server.person.delete(host.calendarId, eventId);
    await world.pullOnly(host.calendarSyncId);
    world.server.person.restore(host.calendarId, eventId);
    await world.rest();
    await expectInOneCalendar(uid, host.calendarId, host.calendarSyncId);
    expect(await world.reasons(uid)).not.toContain("remote-deleted");
  });

  test("still counts when a crash has taken the job that was to look again", async () => {
    const { uid, eventId } = await booked();
    world.server.person.delete(host.calendarId, eventId);
    await world.pullOnly(host.calendarSyncId);
    await world.prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;
    world.clock.advance({ minutes: 5 });
    await world.tick();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("of a copy in another calendar leaves the booking alone", async () => {
    const { uid, eventId } = await booked();
    const event = await world.eventOf(uid, host.calendarId);
    world.server.store(world.server.calendar(other), { ...event, calendarId: other, id: "a-copy" }, {});
    await world.rest();
    expect((await world.booking(uid)).references).toMatchObject([{ calendarSyncId: host.calendarSyncId }]);
    world.server.person.delete(other, "a-copy");
    await world.rest();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect((await world.eventOf(uid, host.calendarId)).id).toBe(eventId);
  });
});
