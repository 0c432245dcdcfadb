import { expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const slots = (day = "2030-01-09", more: object = {}, viewer: { userId: number } | null = null) =>
  world.bookings.getSlots(
    {
      username: host.username,
      eventType: host.slug,
      from: `${day}T00:00:00.000Z`,
      to: `${day}T23:00:00.000Z`,
      timeZone: "UTC",
      ...more,
    },
    viewer,
  );
const starts = async (...input: Parameters<typeof slots>) =>
  (await slots(...input)).days.flatMap((day) => day.slots.map(({ start }) => start.slice(11, 16)));
const asked = () => world.server.callCount("getFreeBusy");

/** Nothing is announced, and nobody pulls, for so long that what is known is too old. */
function growOld(): void {
  world.server.faults.dropNotifications(1_000);
  world.clock.advance({ hours: 2 });
  world.server.resetCalls();
}

test("times are offered from the mirror while it is fresh, without a call to the provider", async () => {
  world.clock.advance({ minutes: 50 });
  world.server.resetCalls();
  expect(await slots()).toMatchObject({ closed: false, freshness: [{ source: "mirror", ok: true }] });
  expect(asked()).toBe(0);
});

test("the busy cache is not trusted whatever its age: what is too old is asked for, once a minute, and read again soon", async () => {
  growOld();
  world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
  expect(await starts()).not.toContain("10:00");
  expect(await slots()).toMatchObject({ closed: false, freshness: [{ source: "live", ok: true }] });
  expect(asked()).toBe(1);
  world.clock.advance({ seconds: 61 });
  await slots();
  expect(asked()).toBe(2);
  await world.settle();
  expect(await slots()).toMatchObject({ freshness: [{ source: "mirror" }] });
  expect(await starts()).not.toContain("10:00");
  expect(asked()).toBe(2);
});

test("several stale calendars of one account are one call", async () => {
  const other = world.server.addCalendar(host.account);
  await world.useCalendar(host, other, { selected: true });
  await world.tick();
  growOld();
  world.server.person.create(other, { time: hourAt("2030-01-09T11:00Z") });
  expect(await starts()).not.toContain("11:00");
  expect(asked()).toBe(1);
});

test("a calendar that cannot be read closes the slots, and nothing can be booked, unless the host prefers a warning", async () => {
  world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
  await world.settle();
  growOld();
  world.server.faults.next("getFreeBusy", { kind: "server-error" }, 100);
  expect(await slots()).toMatchObject({
    closed: true,
    days: [],
    freshness: [{ source: "unreadable", ok: false }],
  });
  await expect(world.book(host, "2030-01-09T12:00Z")).rejects.toMatchObject({ code: "calendar_unreadable" });

  await world.prisma.syncPreference.create({ data: { userId: host.userId, unreadableCalendar: "WARN" } });
  const warned = await slots();
  expect(warned).toMatchObject({ closed: false, freshness: [{ ok: false }] });
  // What was last known still counts.
  expect(await starts()).not.toContain("10:00");
  await world.book(host, "2030-01-09T12:00Z");
});

test("an account that was refused closes the slots without being called", async () => {
  await world.prisma.credential.updateMany({ data: { status: "INVALID" } });
  world.server.resetCalls();
  expect(await slots()).toMatchObject({ closed: true, freshness: [{ source: "unreadable" }] });
  expect(asked()).toBe(0);
});

test("a calendar that is gone spoils the answer of no other", async () => {
  const other = world.server.addCalendar(host.account);
  await world.useCalendar(host, other, { selected: true });
  await world.tick();
  growOld();
  world.server.removeCalendar(other);
  const { freshness } = await slots();
  expect(freshness.map(({ source }) => source).sort()).toEqual(["live", "unreadable"]);
});

test("a guest who books is checked against the same knowledge", async () => {
  growOld();
  world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T10:00Z") });
  await expect(world.book(host, "2030-01-09T10:00Z")).rejects.toMatchObject({ code: "slot_taken" });
});

test("a booking that is to be moved does not stand in its own way, also when the provider is asked", async () => {
  const uid = await world.book(host, "2030-01-09T10:00Z");
  await world.settle();
  await world.prisma.eventType.updateMany({ data: { slotIntervalMinutes: 30 } });
  growOld();
  const viewer = { userId: host.userId };
  expect(await starts("2030-01-09", { rescheduleUid: uid }, viewer)).toEqual(
    expect.arrayContaining(["09:30", "10:30"]),
  );
  expect(asked()).toBe(1);
  await world.bookings.reschedule(uid, { start: "2030-01-09T10:30:00.000Z" }, viewer);
});

test("how fresh each calendar is stands in its status", async () => {
  expect(await world.sync.status(host.userId)).toMatchObject([{ fresh: true }]);
  growOld();
  expect(await world.sync.status(host.userId)).toMatchObject([{ fresh: false }]);
});
