import { toNotificationRequest } from "@calsync/testing/memory-calendar";
import { beforeEach, describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

describe("invariant 8: a subscription row is never deleted before its end, and replacements overlap", () => {
  test("a channel is renewed before its end: the new one is active before the old one is stopped, and one change is one pull", async () => {
    const [first] = await subscriptions();
    expect(first).toMatchObject({ status: "ACTIVE" });
    world.clock.set(new Date((first?.expiresAt?.getTime() ?? 0) - 23 * 3_600_000));
    await world.sync.runCron("calendar-subscriptions");
    await world.runJobs();
    await world.sync.runCron("calendar-subscriptions");
    const order: string[] = [];
    world.server.faults.hook = ({ method, phase }) => void (phase === "answer" && order.push(method));
    await world.runJobs();
    expect(world.server.openChannels(host.calendarId)).toHaveLength(2);
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["REPLACED", "ACTIVE"]);

    // Both channels are open now: one change is announced twice and pulled once.
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    expect(world.notifications.filter(({ kind }) => kind === "change")).toHaveLength(2);
    world.server.resetCalls();
    await world.settle();
    expect(world.server.callCount("onWatchedCalendarChange")).toBe(1);

    await world.tick();
    expect(order.indexOf("watchCalendar")).toBeLessThan(order.indexOf("unwatchCalendar"));
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["STOPPED", "ACTIVE"]);
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
  });

  test("a calendar that nothing uses any more loses its channel at the provider and keeps the row", async () => {
    await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
    await world.prisma.selectedCalendar.deleteMany({ where: { userId: host.userId } });
    world.clock.advance({ minutes: 1 });
    await world.prisma.calendarSync.updateMany({ data: { usageCheckAt: world.clock() } });
    await world.tick();
    expect(world.server.openChannels(host.calendarId)).toEqual([]);
    expect(await subscriptions()).toMatchObject([{ status: "STOPPED" }]);
  });

  test("a calendar with a coming booking keeps its channel until the booking is over", async () => {
    await world.book(host, "2030-01-08T10:00Z");
    await world.settle();
    await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
    await world.prisma.selectedCalendar.deleteMany({ where: { userId: host.userId } });
    await world.prisma.calendarSync.updateMany({ data: { usageCheckAt: world.clock() } });
    await world.tick();
    expect(await subscriptions()).toMatchObject([{ status: "ACTIVE" }]);
    world.clock.set("2030-01-08T12:00:00.000Z");
    await world.tick();
    expect(await subscriptions()).toMatchObject([{ status: "STOPPED" }]);
  });

  test("a calendar that cannot be watched is marked so and polled", async () => {
    const plain = world.server.addCalendar(host.account, { watchable: false });
    const id = await world.useCalendar(host, plain, { selected: true });
    await world.tick();
    expect(await world.prisma.calendarSubscription.findMany({ where: { calendarSyncId: id } })).toMatchObject(
      [{ status: "UNSUPPORTED" }],
    );
    world.server.person.create(plain, { time: hourAt("2030-01-09T10:00Z") });
    world.clock.advance({ minutes: 10 });
    await world.tick();
    expect(await world.prisma.externalEvent.count({ where: { calendarSyncId: id } })).toBe(1);
  });

  test("a refused activation is tried again after a pause and then succeeds", async () => {
    const other = world.server.addCalendar(host.account);
    world.server.faults.next("watchCalendar", { kind: "server-error" });
    const id = await world.useCalendar(host, other, { selected: true });
    await world.tick();
    const where = { calendarSyncId: id };
    expect(await world.prisma.calendarSubscription.findFirst({ where })).toMatchObject({
      status: "ERROR",
      lastError: "CALENDAR_API_ERROR",
    });
    world.clock.advance({ minutes: 10 });
    await world.tick();
    expect(await world.prisma.calendarSubscription.findFirst({ where })).toMatchObject({
      status: "ACTIVE",
      lastError: null,
    });
  });

  test("an edit made between the last pull and the activation of the channel arrives at once, without a poll", async () => {
    const other = world.server.addCalendar(host.account);
    const id = await world.useCalendar(host, other, { selected: true });
    await world.sync.runCron("calendar-sync");
    await world.runJobs();
    world.server.person.create(other, { time: hourAt("2030-01-09T10:00Z") });
    await world.sync.runCron("calendar-subscriptions");
    await world.settle();
    expect(await world.prisma.externalEvent.count({ where: { calendarSyncId: id } })).toBe(1);
  });

  test("ticks that overlap make one subscription and one activation", async () => {
    const other = world.server.addCalendar(host.account);
    await world.useCalendar(host, other, { selected: true });
    await Promise.all(Array.from({ length: 8 }, () => world.sync.runCron("calendar-sync")));
    await Promise.all(Array.from({ length: 8 }, () => world.sync.runCron("calendar-subscriptions")));
    await world.settle();
    expect(world.server.openChannels(other)).toHaveLength(1);
  });

  test("a channel whose replacement is still being tried ends without a second replacement", async () => {
    const [first] = await subscriptions();
    world.clock.set(new Date((first?.expiresAt?.getTime() ?? 0) - 20 * 3_600_000));
    world.server.faults.next("watchCalendar", { kind: "server-error" }, 50);
    await world.tick();
    world.clock.set(new Date((first?.expiresAt?.getTime() ?? 0) + 60_000));
    for (let i = 0; i < 3; i++) await world.tick();
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["EXPIRED", "ERROR"]);
    world.server.faults.clear();
    world.clock.advance({ hours: 2 });
    await world.tick();
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["EXPIRED", "ACTIVE"]);
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
  });

  test("a subscription that has ended is kept until its provider's expiry is long past, then forgotten", async () => {
    await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
    await world.prisma.selectedCalendar.deleteMany({ where: { userId: host.userId } });
    await world.prisma.calendarSync.updateMany({ data: { usageCheckAt: world.clock() } });
    await world.tick();
    world.clock.advance({ days: 6 });
    await world.tick();
    expect(await subscriptions()).toMatchObject([{ status: "STOPPED" }]);
    world.clock.advance({ days: 40 });
    await world.tick();
    expect(await subscriptions()).toEqual([]);
  });

  const subscriptions = () =>
    world.prisma.calendarSubscription.findMany({
      where: { calendarSyncId: host.calendarSyncId },
      orderBy: { createdAt: "asc" },
    });
});

describe("channels that can be renewed where they stand", () => {
  const subscriptions = () =>
    world.prisma.calendarSubscription.findMany({
      where: { calendarSyncId: host.calendarSyncId },
      orderBy: { createdAt: "asc" },
    });
  const channel = () => world.server.openChannels(host.calendarId)[0] ?? "";

  beforeEach(() => {
    world.server.renewable = true;
    world.server.resetCalls();
  });

  test("a renewal lets the one channel live on, without a second one, and reads what may have been held back", async () => {
    const [before] = await subscriptions();
    const end = before?.expiresAt?.getTime() ?? 0;
    world.clock.set(new Date(end - 20 * 3_600_000));
    await world.tick();
    const after = await subscriptions();
    expect(after).toMatchObject([{ id: before?.id, status: "ACTIVE" }]);
    expect(after[0]?.lastRenewedAt).not.toEqual(before?.lastRenewedAt);
    expect(after[0]?.expiresAt?.getTime()).toBeGreaterThan(end);
    expect(world.server.callCount("watchCalendar")).toBe(0);
    expect(world.server.callCount("onWatchedCalendarChange")).toBeGreaterThan(0);
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    await world.settle();
    expect(await world.prisma.externalEvent.count()).toBe(1);
  });

  test("a renewal that fails is tried again while the channel stands, and nothing is doubled", async () => {
    const [before] = await subscriptions();
    world.clock.set(new Date((before?.expiresAt?.getTime() ?? 0) - 20 * 3_600_000));
    world.server.faults.next("renewChannel", { kind: "server-error" });
    await world.tick();
    expect(await subscriptions()).toMatchObject([{ status: "ACTIVE", lastError: "CALENDAR_API_ERROR" }]);
    world.clock.advance({ minutes: 10 });
    await world.tick();
    const [after, ...others] = await subscriptions();
    expect(others).toEqual([]);
    expect(after).toMatchObject({ status: "ACTIVE", lastError: null, errorCount: 0 });
    expect(after?.expiresAt?.getTime()).toBeGreaterThan(before?.expiresAt?.getTime() ?? 0);
  });

  test("a channel that its provider does not want to renew is replaced, the new one first", async () => {
    const [before] = await subscriptions();
    world.clock.set(new Date((before?.expiresAt?.getTime() ?? 0) - 20 * 3_600_000));
    world.server.faults.next("renewChannel", { kind: "error", code: "INVALID_REQUEST" });
    await world.tick();
    await world.tick();
    await world.tick();
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["STOPPED", "ACTIVE"]);
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
  });

  test("a channel that is to be authorized again is renewed with the next tick", async () => {
    const [before] = await subscriptions();
    world.clock.advance({ hours: 5 });
    world.server.tellLife(channel(), "reauthorize");
    await world.settle();
    await world.tick();
    expect(world.server.callCount("renewChannel")).toBe(1);
    const [after, ...others] = await subscriptions();
    expect(others).toEqual([]);
    expect(after?.expiresAt?.getTime()).toBeGreaterThan(before?.expiresAt?.getTime() ?? 0);
  });

  test("a channel that was taken away is replaced at once, and what changed meanwhile is read", async () => {
    const old = channel();
    world.server.tellLife(old, "removed");
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    await world.settle();
    expect(await world.prisma.externalEvent.count()).toBe(1);
    await world.tick();
    await world.tick();
    expect((await subscriptions()).map(({ status }) => status)).toEqual(["STOPPED", "ACTIVE"]);
    expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
    expect(channel()).not.toBe(old);
  });

  test("notifications that were missed are made up for by a pull, and the channel stays as it is", async () => {
    world.server.faults.dropNotifications(1);
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    world.server.faults.clear();
    world.server.tellLife(channel(), "missed");
    await world.settle();
    expect(await world.prisma.externalEvent.count()).toBe(1);
    await world.tick();
    expect(world.server.callCount("renewChannel")).toBe(0);
  });

  test("what a stranger says of a channel's life changes nothing", async () => {
    const stranger = {
      providerSubscriptionId: channel(),
      address: "https://calsync.test/notifications",
      secret: "a guess",
      kind: "removed" as const,
      calendarId: host.calendarId,
    };
    const answer = await world.sync.handleNotification("memorycalendar", toNotificationRequest(stranger));
    expect(answer).toMatchObject({ type: "refused", status: 404 });
    world.clock.advance({ minutes: 1 });
    await world.tick();
    expect(world.server.callCount("renewChannel")).toBe(0);
    expect(await subscriptions()).toMatchObject([{ status: "ACTIVE" }]);
  });
});

describe("calendars that are not announced", () => {
  const calendar = (id = host.calendarSyncId) =>
    world.prisma.calendarSync.findUniqueOrThrow({ where: { id } });

  /** A change that the provider announces to nobody, found by a poll an hour later. */
  async function missAChange(): Promise<void> {
    world.clock.advance({ minutes: 10 });
    world.server.faults.dropNotifications(10);
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    world.server.faults.clear();
    world.clock.advance({ hours: 5 });
    await world.tick();
  }

  test("a silent channel is found and replaced: its changes arrive by polls, the new channel stands before the old one goes", async () => {
    const [old] = world.server.openChannels(host.calendarId);
    await missAChange();
    expect(await calendar()).toMatchObject({ missedChanges: 1 });
    expect(world.server.openChannels(host.calendarId)).toEqual([old]);
    const order: string[] = [];
    world.server.faults.hook = ({ method, phase }) => void (phase === "answer" && order.push(method));
    world.clock.advance({ minutes: 10 });
    world.server.faults.dropNotifications(1);
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T12:00Z") });
    world.clock.advance({ minutes: 10 });
    await world.tick();
    await world.tick();
    const channels = world.server.openChannels(host.calendarId);
    expect(channels).toHaveLength(1);
    expect(channels).not.toContain(old);
    expect(order.indexOf("watchCalendar")).toBeLessThan(order.indexOf("unwatchCalendar"));
    expect(await calendar()).toMatchObject({ missedChanges: 0 });
    expect(await world.prisma.externalEvent.count()).toBe(2);
  });

  test("a notification clears a channel of what it left out before", async () => {
    await missAChange();
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T14:00Z") });
    await world.settle();
    expect(await calendar()).toMatchObject({ missedChanges: 0 });
  });

  test("polls are rare while notifications arrive, and minutes apart as soon as one was left out", async () => {
    const pause = async () => {
      const { nextPollAt, lastPulledAt } = await calendar();
      return Math.round((nextPollAt.getTime() - (lastPulledAt?.getTime() ?? 0)) / 60_000);
    };
    world.clock.advance({ minutes: 1 });
    world.server.person.create(host.calendarId, { time: hourAt("2030-02-01T10:00Z") });
    await world.settle();
    const pauses = [await pause()];
    for (let i = 0; i < 4; i++) {
      world.clock.advance({ hours: 5 });
      await world.tick();
      pauses.push(await pause());
    }
    expect(pauses).toEqual([60, 120, 240, 240, 240]);
    await missAChange();
    expect(await pause()).toBe(2);
  });

  test("calendars that were connected together are not polled together for long", async () => {
    let turn = 0;
    world = new SyncHarness(world.database, { reachable: false, random: () => (turn++ % 4) / 4 });
    for (const name of ["ann", "bob", "cyd"]) await world.host(name);
    await world.tick();
    const rows = await world.prisma.calendarSync.findMany({
      where: { NOT: { id: host.calendarSyncId } },
      orderBy: { nextPollAt: "asc" },
    });
    const seconds = rows.map(({ nextPollAt }) => (nextPollAt.getTime() - world.clock().getTime()) / 1_000);
    // Three draws in a row lie half of the jitter's width apart at least, a quarter of two minutes.
    expect((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)).toBeGreaterThanOrEqual(30);
  });

  test("a pause between polls that the host has chosen holds, for the calendar before all calendars", async () => {
    const pause = async () => {
      await world.pull(host);
      const { nextPollAt, lastPulledAt } = await calendar();
      return (nextPollAt.getTime() - (lastPulledAt?.getTime() ?? 0)) / 60_000;
    };
    const { userId } = host;
    await world.prisma.syncPreference.create({ data: { userId, pollIntervalMinutes: 45 } });
    expect(await pause()).toBe(45);
    await world.prisma.calendarSync.updateMany({ data: { pollIntervalMinutes: 3 } });
    expect(await pause()).toBe(3);
  });

  test("a calendar that could not be watched is asked again after a week, in case its provider has learned it", async () => {
    const plain = world.server.addCalendar(host.account, { watchable: false });
    const id = await world.useCalendar(host, plain, { selected: true });
    await world.tick();
    world.server.makeWatchable(plain);
    world.clock.advance({ days: 5 });
    await world.tick();
    expect(world.server.openChannels(plain)).toEqual([]);
    world.clock.advance({ days: 3 });
    await world.tick();
    expect(world.server.openChannels(plain)).toHaveLength(1);
    const where = { calendarSyncId: id };
    expect(await world.prisma.calendarSubscription.findMany({ where })).toMatchObject([{ status: "ACTIVE" }]);
  });
});
