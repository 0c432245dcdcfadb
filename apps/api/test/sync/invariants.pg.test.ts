import { RetryLater } from "@calsync/jobs";
import { toNotificationRequest } from "@calsync/testing/memory-calendar";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const lostAnswer = { kind: "lost-answer" } as const;

describe("invariant 1: cursor and effects commit together", () => {
  test("a crash while a page is applied leaves bookings and cursor as they were, and the page is applied once afterwards", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const before = await world.calendarSync(host);
    world.server.person.move(
      host.calendarId,
      (await world.eventOf(uid, host.calendarId)).id,
      hourAt("2030-01-08T14:00Z"),
    );
    world.wrapStore = (store) => ({
      ...store,
      async applyActions(...input) {
        await store.applyActions(...input);
        throw new Error("the process died here");
      },
    });
    await world.settle();
    const crashed = await world.calendarSync(host);
    expect(crashed.cursor).toBe(before.cursor);
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T10:00Z"));

    world.wrapStore = (store) => store;
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
    expect((await world.reasons(uid)).filter((reason) => reason === "remote-time-changed")).toHaveLength(1);
    expect(world.mails.filter((mail) => mail.to.address === "ann@guest.test")).toHaveLength(2);
  });

  test("a pull that breaks off between two pages goes on after the last one that was committed", async () => {
    ({ world, host } = await SyncHarness.withHost(world.database, { settings: { pageSize: 2 } }));
    for (let hour = 10; hour < 15; hour++)
      world.server.person.create(host.calendarId, { time: hourAt(`2030-01-09T${hour}:00Z`) });
    let pages = 0;
    world.wrapService = (service) =>
      interceptPages(service, () => {
        if (++pages === 2) throw new Error("the process died here");
      });
    await world.sync.requestPull([host.calendarSyncId]);
    await world.runJobs();
    expect(await world.prisma.externalEvent.count({ where: { calendarSyncId: host.calendarSyncId } })).toBe(
      2,
    );
    const seen: number[] = [];
    world.wrapService = (service) => interceptPages(service, (page) => void seen.push(page.changes.length));
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect(await world.prisma.externalEvent.count({ where: { calendarSyncId: host.calendarSyncId } })).toBe(
      5,
    );
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

describe("invariant 2: one worker per calendar", () => {
  const pulling = () => world.runPullJob(host.calendarSyncId);

  test("a calendar that another worker has is left to it, and asked for again shortly after", async () => {
    await world.prisma.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = 'somebody', "leaseUntil" = clock_timestamp() + interval '1 minute', "pullRequestedAt" = now()
       WHERE "id" = ${host.calendarSyncId}::uuid`;
    world.server.resetCalls();
    await expect(pulling()).rejects.toBeInstanceOf(RetryLater);
    expect(world.server.callCount("onWatchedCalendarChange")).toBe(0);
  });

  test("a calendar that is set free just while somebody asks for it is asked for again, and not taken for switched off", async () => {
    const free = () => world.prisma.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = NULL, "leaseUntil" = NULL WHERE "id" = ${host.calendarSyncId}::uuid`;
    await world.prisma.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = 'somebody', "leaseUntil" = clock_timestamp() + interval '1 minute', "pullRequestedAt" = now()
       WHERE "id" = ${host.calendarSyncId}::uuid`;
    const { database } = world;
    const prisma = database.prisma.$extends({
      query: {
        async $queryRaw({ args, query }) {
          const rows: unknown = await query(args);
          if (Array.isArray(rows) && rows.length === 0 && args.sql.includes(`SET "leaseOwner"`)) await free();
          return rows;
        },
      },
    });
    world = new SyncHarness({ ...database, prisma: prisma as unknown as typeof database.prisma });
    await expect(pulling()).rejects.toBeInstanceOf(RetryLater);
  });

  test("a lease that was not renewed is taken over", async () => {
    await world.prisma.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = 'dead', "leaseUntil" = clock_timestamp() - interval '1 second', "pullRequestedAt" = now()
       WHERE "id" = ${host.calendarSyncId}::uuid`;
    world.server.resetCalls();
    await pulling();
    expect(world.server.callCount("onWatchedCalendarChange")).toBe(1);
  });

  test("a worker that has lost its lease commits nothing", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.server.person.delete(host.calendarId, (await world.eventOf(uid, host.calendarId)).id);
    world.notifications.splice(0);
    world.wrapService = (service) =>
      interceptPages(service, async () => {
        await world.prisma.$executeRaw`
        UPDATE "CalendarSync" SET "leaseOwner" = 'somebody else', "leaseUntil" = clock_timestamp() + interval '1 minute'
         WHERE "id" = ${host.calendarSyncId}::uuid`;
      });
    await world.sync.requestPull([host.calendarSyncId]);
    await expect(pulling()).rejects.toThrow("lease");
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("pulls of different calendars run side by side", async () => {
    const other = await world.host("other");
    await world.tick();
    // Each waits in its page for the other, which would never come if one had to be over first.
    let inside = 0;
    let meet = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    world.wrapService = (service) =>
      interceptPages(service, () => {
        if (++inside === 2) meet();
        return met;
      });
    await world.sync.requestPull([host.calendarSyncId, other.calendarSyncId]);
    await Promise.all([host, other].map(({ calendarSyncId }) => world.runPullJob(calendarSyncId)));
    expect(inside).toBe(2);
  });
});

describe("invariant 3: enqueue with the change", () => {
  test("a change that is rolled back leaves no reference and no job", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    const { id } = await world.booking(uid);
    const broken = world.prisma.$transaction(async (tx) => {
      await tx.booking.update({ where: { id }, data: { title: "Changed" } });
      await world.sync.bookingsChanged(tx, [
        { bookingId: id, hostId: host.userId, reason: "rescheduled-by-host", before: null, after: null },
      ]);
      throw new Error("the process died here");
    });
    await expect(broken).rejects.toThrow("died");
    expect(await world.prisma.bookingReference.count({ where: { pushRequestedAt: { not: null } } })).toBe(0);
    expect(await world.runJobs()).toEqual([]);
  });
});

describe("invariant 4: writes are idempotent at the provider", () => {
  test("a create whose answer is lost makes one event", async () => {
    world.server.faults.next("createEvent", lostAnswer);
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toHaveLength(1);
    expect((await world.booking(uid)).references).toMatchObject([
      { status: "SYNCED", pushRequestedAt: null },
    ]);
  });

  test("a person's edit of an event whose create got no answer is kept", async () => {
    world.server.faults.next("createEvent", lostAnswer);
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.runJobs();
    const [event] = world.liveEvents(host.calendarId);
    world.server.person.move(host.calendarId, event?.id ?? "", hourAt("2030-01-08T15:00Z"));
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
    expect(world.liveEvents(host.calendarId)).toHaveLength(1);
  });

  test("a booking that is cancelled while its create got no answer leaves no event behind", async () => {
    world.server.faults.next("createEvent", lostAnswer);
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.runJobs();
    await world.bookings.cancel(uid, {}, { userId: host.userId });
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });

  test("an update whose answer is lost is no change of the calendar's", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.server.faults.next("updateEvent", lostAnswer);
    await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
    await world.runJobs();
    // The booking moves on before the lost write is seen.
    await world.bookings.reschedule(uid, { start: "2030-01-08T13:00:00.000Z" }, { userId: host.userId });
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T13:00Z"));
    expect((await world.eventOf(uid, host.calendarId)).time).toMatchObject({
      start: "2030-01-08T13:00:00.000Z",
    });
    expect(await world.reasons(uid)).not.toContain("remote-time-changed");
  });
});

describe("invariant 9: notifications are a hint", () => {
  test("with every notification dropped, a change still arrives by polling", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    world.server.person.delete(host.calendarId, (await world.eventOf(uid, host.calendarId)).id);
    world.notifications.splice(0);
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("a burst of notifications is one pull", async () => {
    for (let minute = 10; minute < 30; minute++)
      world.server.person.create(host.calendarId, { time: hourAt(`2030-01-09T10:${minute}Z`) });
    expect(world.notifications).toHaveLength(20);
    world.server.resetCalls();
    await world.settle();
    expect(world.server.callCount("onWatchedCalendarChange")).toBe(1);
  });
});

describe("invariant 13: notification endpoints change nothing without a valid secret", () => {
  test.each([
    ["a wrong secret", { secret: "wrong" }],
    ["a channel that does not exist", { providerSubscriptionId: "unknown" }],
  ])("%s is refused", async (_name, change) => {
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    const [notification] = world.notifications.splice(0);
    if (!notification) throw new Error("no notification");
    const answer = await world.sync.handleNotification(
      "memorycalendar",
      toNotificationRequest({ ...notification, ...change }),
    );
    expect(answer).toMatchObject({ type: "refused", status: 404 });
    expect(await world.runJobs()).toEqual([]);
  });

  test("the secret is stored as a hash", async () => {
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    const [notification] = world.notifications;
    const row = await world.prisma.calendarSubscription.findFirstOrThrow({
      where: { calendarSyncId: host.calendarSyncId },
    });
    expect(JSON.stringify(row)).not.toContain(notification?.secret);
    expect(row.secretHash).toHaveLength(32);
  });
});

describe("invariant 14: a tenant sees only its own", () => {
  test("history, status and busy times of another user stay theirs", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
    await world.settle();
    const stranger = await world.host("stranger");
    const range = { start: new Date("2030-01-01T00:00Z"), end: new Date("2030-02-01T00:00Z") };
    expect(await world.sync.history(stranger.userId, uid)).toEqual([]);
    expect((await world.sync.status(stranger.userId)).map(({ id }) => id)).toEqual([stranger.calendarSyncId]);
    expect((await world.sync.busyIntervals(stranger.userId, range)).intervals).toEqual([]);
    expect((await world.sync.busyIntervals(host.userId, range)).intervals).toHaveLength(1);
    expect(await world.sync.standingOf(stranger.userId, host.calendarSyncId)).toBeNull();
  });
});
