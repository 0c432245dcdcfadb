import type { CalendarService } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

describe("invariant 5: no echo", () => {
  test("our own writes come back in a pull and change nothing", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    const mails = world.mails.length;
    world.server.resetCalls();
    await world.pull(host);
    expect(world.server.callCount("updateEvent")).toBe(0);
    expect(await world.reasons(uid)).toEqual([
      "booked-by-guest",
      "event-created",
      "rescheduled-by-host",
      "event-updated",
    ]);
    expect(world.mails).toHaveLength(mails);
  });

  test("a provider that touches each event after a write causes no change and no endless writing", async () => {
    world.server.faults.touchAfterWrite = true;
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    await world.pull(host);
    world.server.resetCalls();
    await world.pull(host);
    expect(world.server.callCount("updateEvent")).toBe(0);
    expect((await world.eventOf(uid, host.calendarId)).time).toMatchObject({
      start: "2030-01-08T12:00:00.000Z",
    });
  });
});

describe("invariant 6: nothing is inferred from silence", () => {
  test("after a lost cursor everything is compared, and nothing that is still there is cancelled", async () => {
    const uids = [];
    for (const hour of [10, 11, 12])
      uids.push(await world.book(host, `2030-01-08T${hour}:00Z`, `guest${hour}`));
    await world.settle();
    world.server.expireCursors();
    await world.pull(host);
    for (const uid of uids) expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect((await world.calendarSync(host)).fullPullRunning).toBe(false);
  });

  test("an event that a full listing does not show is read directly, and counts as there when it is", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.wrapService = (service) =>
      interceptPages(service, (page) => {
        page.changes = [];
      });
    world.server.expireCursors();
    await world.pull(host);
    expect(world.server.callCount("getEvent")).toBe(1);
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("an event that was deleted while the cursor was lost cancels its booking, after a direct read", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const { id } = await world.eventOf(uid, host.calendarId);
    world.server.person.delete(host.calendarId, id);
    world.server.purge(host.calendarId, id);
    world.notifications.splice(0);
    world.server.expireCursors();
    await world.pull(host);
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("a full listing that leaves out somebody's event opens no slot until that event was read directly", async () => {
    const kept = world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    const gone = world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T12:00Z") });
    await world.settle();
    world.server.person.delete(host.calendarId, gone);
    world.server.purge(host.calendarId, gone);
    world.notifications.splice(0);
    world.wrapService = (service) => hiding(service, [kept]);
    world.server.expireCursors();
    world.server.faults.next("getEvent", { kind: "server-error" }, 2);
    await world.pull(host);
    expect(await busyHours()).toEqual([10, 12]);
    world.clock.advance({ hours: 1 });
    await world.settle();
    expect(await busyHours()).toEqual([10]);
  });

  test("a listing that leaves out many events which are all there is not believed about the others", async () => {
    ({ world, host } = await SyncHarness.withHost(world.database, { settings: { pushBatchSize: 10 } }));
    const ids: string[] = [];
    for (let minute = 10; minute < 25; minute++)
      ids.push(world.server.person.create(host.calendarId, { time: hourAt(`2030-01-09T10:${minute}Z`) }));
    await world.settle();
    world.wrapService = (service) => hiding(service, ids);
    world.server.expireCursors();
    await world.pull(host);
    world.clock.advance({ minutes: 5 });
    await world.settle();
    expect(world.server.callCount("getEvent")).toBe(10);
    expect(await world.prisma.busyInterval.count()).toBe(15);
    expect(await world.prisma.externalEvent.count({ where: { missingSince: { not: null } } })).toBe(0);
  });

  test("an event that cannot be read is set aside alone, recorded, and the rest of its page goes on", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    const other = await world.book(host, "2030-01-08T12:00Z", "bob");
    await world.settle();
    const odd = await world.eventOf(uid, host.calendarId);
    world.server.person.move(host.calendarId, odd.id, hourAt("2030-01-08T14:00Z"));
    world.server.person.move(
      host.calendarId,
      (await world.eventOf(other, host.calendarId)).id,
      hourAt("2030-01-08T16:00Z"),
    );
    world.wrapService = (service) =>
      interceptPages(service, (page) => {
        page.changes = page.changes.map((change) =>
          change.type === "upsert" && change.event.id === odd.id
            ? { type: "unreadable", eventId: odd.id, reason: "odd zone" }
            : change,
        );
      });
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T10:00Z"));
    expect((await world.booking(other)).startTime).toEqual(new Date("2030-01-08T16:00Z"));
    expect(await world.prisma.changeRecord.findMany({ where: { reason: "unreadable" } })).toMatchObject([
      { result: "HELD", externalEventId: odd.id },
    ]);
    // It is tried again when it changes.
    world.wrapService = (service) => service;
    world.server.person.edit(host.calendarId, odd.id, { title: "Readable again" });
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({
      title: "Readable again",
      startTime: new Date("2030-01-08T14:00Z"),
    });
  });
});

describe("invariant 10: the past is left alone", () => {
  test("a booking that has ended follows neither a move nor a deletion of its event", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const { id } = await world.eventOf(uid, host.calendarId);
    world.clock.set("2030-01-08T12:00:00.000Z");
    world.server.person.move(host.calendarId, id, hourAt("2030-01-20T10:00Z"));
    await world.settle();
    world.server.person.delete(host.calendarId, id);
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({
      status: "ACCEPTED",
      startTime: new Date("2030-01-08T10:00Z"),
    });
    expect(await world.reasons(uid)).toEqual([
      "booked-by-guest",
      "event-created",
      "past-booking",
      "past-booking",
    ]);
  });
});

describe("invariant 12: every change is explained", () => {
  test("a write that the calendar refuses for good is on record", async () => {
    world.server.faults.next("createEvent", { kind: "error", code: "PERMISSION_DENIED" }, 100);
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    expect(await world.reasons(uid)).toEqual(["booked-by-guest", "push-refused"]);
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("what people do in the app is on record with who did it: the guest or the host", async () => {
    await world.prisma.eventType.updateMany({ data: { seats: 2 } });
    const join = (name: string, start: string) => {
      world.clock.advance({ seconds: 1 });
      return world.bookings.book({
        username: host.username,
        eventType: host.slug,
        start,
        timeZone: "UTC",
        guest: { name, email: `${name}@guest.test` },
      });
    };
    const shared = await join("ann", "2030-01-08T10:00:00.000Z");
    const { guestToken } = await join("bob", "2030-01-08T10:00:00.000Z");
    world.clock.advance({ seconds: 1 });
    await world.bookings.cancel(shared.booking.uid, {}, { guestToken });
    await world.prisma.eventType.updateMany({ data: { seats: 1 } });
    const own = await join("cid", "2030-01-08T12:00:00.000Z");
    const cid = { guestToken: own.guestToken };
    world.clock.advance({ seconds: 1 });
    await world.bookings.reschedule(own.booking.uid, { start: "2030-01-08T14:00:00.000Z" }, cid);
    world.clock.advance({ seconds: 1 });
    await world.bookings.reschedule(
      own.booking.uid,
      { start: "2030-01-08T15:00:00.000Z" },
      { userId: host.userId },
    );
    world.clock.advance({ seconds: 1 });
    await world.bookings.cancel(own.booking.uid, {}, cid);
    world.clock.advance({ seconds: 1 });
    await world.bookings.cancel(shared.booking.uid, {}, { userId: host.userId });
    expect(await world.reasons(shared.booking.uid)).toEqual([
      "booked-by-guest",
      "seat-taken-by-guest",
      "seat-given-up-by-guest",
      "cancelled-by-host",
    ]);
    expect(await world.reasons(own.booking.uid)).toEqual([
      "booked-by-guest",
      "rescheduled-by-guest",
      "rescheduled-by-host",
      "cancelled-by-guest",
    ]);
  });

  test("a move, an edit and a deletion out there are on record with who, where, why, before and after", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const { id } = await world.eventOf(uid, host.calendarId);
    world.server.person.move(host.calendarId, id, hourAt("2030-01-08T14:00Z"));
    await world.settle();
    world.server.person.edit(host.calendarId, id, { title: "New title" });
    await world.settle();
    world.server.person.delete(host.calendarId, id);
    await world.settle();
    const history = await world.sync.history(host.userId, uid);
    expect(history.map(({ reason, source, result }) => [reason, source, result])).toEqual([
      ["remote-deleted", "calendar", "applied"],
      ["remote-details-changed", "calendar", "applied"],
      ["remote-time-changed", "calendar", "applied"],
      ["event-created", "sync", "applied"],
      ["booked-by-guest", "app", "applied"],
    ]);
    expect(history[2]).toMatchObject({
      calendar: { provider: "memorycalendar" },
      explanation: expect.stringContaining("moved in the calendar"),
      before: { time: { start: "2030-01-08T10:00:00.000Z" } },
      after: { time: { start: "2030-01-08T14:00:00.000Z" } },
    });
    expect((await world.booking(uid)).cancellationReason).toContain("deleted");
  });
});

/** A listing that leaves out these events, which are there. */
const hiding = (service: CalendarService, ids: readonly string[]) =>
  interceptPages(service, (page) => {
    page.changes = page.changes.filter(
      (change) => change.type !== "upsert" || !ids.includes(change.event.id),
    );
  });

/** The hours of the host's busy times. */
async function busyHours(): Promise<number[]> {
  const range = { start: new Date("2030-01-09T00:00Z"), end: new Date("2030-01-10T00:00Z") };
  const { intervals } = await world.sync.busyIntervals(host.userId, range);
  return intervals.map(({ start }) => start.getUTCHours());
}
