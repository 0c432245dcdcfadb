import { expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const calendar = (id = host.calendarSyncId) => world.prisma.calendarSync.findUniqueOrThrow({ where: { id } });

async function pass(minutes: number): Promise<void> {
  world.clock.advance({ minutes });
  await world.tick();
  await world.settle();
}

/** What a person does to the calendar, and how often the account is asked for it while it is away. */
async function loseCalendar(): Promise<void> {
  world.server.removeCalendar(host.calendarId);
  for (let i = 0; i < 4; i++) await pass(120);
  expect(await calendar()).toMatchObject({ status: "FAILED", lastError: "CALENDAR_NOT_FOUND" });
  expect(await world.prisma.hostMail.count({ where: { kind: "calendar-deleted" } })).toBe(1);
}

async function threeBookings(): Promise<string[]> {
  const uids = [];
  for (const hour of ["10", "12", "14"]) uids.push(await world.book(host, `2030-01-08T${hour}:00Z`));
  await world.settle();
  return uids;
}

test("a calendar deleted at its provider keeps its bookings, tells its host once, and is written again when it is back empty", async () => {
  const uids = await threeBookings();
  await loseCalendar();
  for (const uid of uids) expect((await world.booking(uid)).status).toBe("ACCEPTED");

  world.server.addCalendar(host.account, { id: host.calendarId });
  for (let i = 0; i < 3; i++) await pass(30);
  expect(await calendar()).toMatchObject({ status: "HEALTHY", lostAt: null });
  expect(world.liveEvents(host.calendarId)).toHaveLength(3);
  for (const uid of uids) {
    expect(await world.booking(uid)).toMatchObject({
      status: "ACCEPTED",
      references: [{ status: "SYNCED" }],
    });
    expect(await world.reasons(uid)).toContain("calendar-came-back");
  }
  expect(world.mails.filter(({ to }) => to.address === "ann@guest.test")).toHaveLength(3);
  expect(await world.prisma.hostMail.count({ where: { kind: "calendar-deleted" } })).toBe(1);
  expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
});

test("a calendar restored from the bin goes on with the events that are in it: edits meet, what is missing is written again", async () => {
  const [kept = "", moved = "", gone = ""] = await threeBookings();
  const idOf = async (uid: string) => (await world.eventOf(uid, host.calendarId)).id;
  const [keptId, movedId, goneId] = [await idOf(kept), await idOf(moved), await idOf(gone)];
  await loseCalendar();
  await world.bookings.reschedule(kept, { start: "2030-01-09T10:00:00.000Z" }, { userId: host.userId });
  await pass(60);

  world.server.restoreCalendar(host.calendarId);
  world.server.person.move(host.calendarId, movedId, hourAt("2030-01-09T12:00Z"));
  world.server.person.delete(host.calendarId, goneId);
  for (let i = 0; i < 3; i++) await pass(30);
  expect(await calendar()).toMatchObject({ status: "HEALTHY", lostAt: null });
  expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-09T12:00Z"));
  expect(await world.eventOf(kept, host.calendarId)).toMatchObject({
    id: keptId,
    time: hourAt("2030-01-09T10:00Z"),
  });
  expect((await world.booking(gone)).status).toBe("ACCEPTED");
  expect((await world.eventOf(gone, host.calendarId)).time).toEqual(hourAt("2030-01-08T14:00Z"));
  expect(world.liveEvents(host.calendarId)).toHaveLength(3);

  // From here on a deletion is a deletion again, and announced by a channel.
  expect(world.server.openChannels(host.calendarId)).toHaveLength(1);
  world.server.person.delete(host.calendarId, movedId);
  await world.settle();
  expect((await world.booking(moved)).status).toBe("CANCELLED");
});

test("a write finds the calendar gone: the booking stays, its host is told once, and it is written when the calendar is back", async () => {
  const other = world.server.addCalendar(host.account);
  await world.useCalendar(host, other, { selected: true });
  await world.tick();
  world.server.removeCalendar(host.calendarId);
  const uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  expect(await calendar()).toMatchObject({ status: "FAILED", lastError: "CALENDAR_NOT_FOUND" });
  for (let i = 0; i < 3; i++) await pass(120);
  expect((await world.booking(uid)).status).toBe("ACCEPTED");
  expect(await world.prisma.hostMail.count({ where: { kind: "calendar-deleted" } })).toBe(1);
  world.server.restoreCalendar(host.calendarId);
  for (let i = 0; i < 3; i++) await pass(30);
  expect((await world.booking(uid)).references).toMatchObject([{ status: "SYNCED" }]);
  expect(world.liveEvents(host.calendarId)).toHaveLength(1);
});

test("a series whose calendar comes back empty is written again as a whole", async () => {
  await world.allowSeries();
  const uids = await world.bookSeries(host, { count: 3 });
  await world.settle();
  await loseCalendar();
  world.server.addCalendar(host.account, { id: host.calendarId });
  for (let i = 0; i < 3; i++) await pass(30);
  expect(await calendar()).toMatchObject({ status: "HEALTHY", lostAt: null });
  for (const uid of uids) expect((await world.booking(uid)).status).toBe("ACCEPTED");
  expect(world.liveEvents(host.calendarId)).toMatchObject([
    { recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=3"], time: hourAt("2030-01-08T10:00Z") },
  ]);
});

test("an event that was moved away before its calendar went is found where it is, and not written a second time", async () => {
  const other = world.server.addCalendar(host.account);
  await world.useCalendar(host, other, { selected: true });
  await world.tick();
  const uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  world.server.person.moveToCalendar(host.calendarId, (await world.eventOf(uid, host.calendarId)).id, other);
  await loseCalendar();
  world.server.restoreCalendar(host.calendarId);
  for (let i = 0; i < 3; i++) await pass(30);
  expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED", references: [{ status: "SYNCED" }] });
  expect(world.liveEvents(host.calendarId)).toEqual([]);
  expect(world.liveEvents(other)).toHaveLength(1);
});

test("an account that was revoked and is connected again loses nothing: edits of both sides meet, deletions count, channels are new", async () => {
  const moved = await world.book(host, "2030-01-08T10:00Z");
  const deleted = await world.book(host, "2030-01-08T12:00Z");
  const rescheduled = await world.book(host, "2030-01-08T14:00Z");
  await world.settle();
  const channels = world.server.openChannels(host.calendarId);
  await world.prisma.credential.updateMany({ data: { status: "INVALID" } });
  const idOf = async (uid: string) => (await world.eventOf(uid, host.calendarId)).id;
  world.server.person.move(host.calendarId, await idOf(moved), hourAt("2030-01-09T10:00Z"));
  world.server.person.edit(host.calendarId, await idOf(rescheduled), { title: "Bring the plans" });
  world.server.person.delete(host.calendarId, await idOf(deleted));
  await world.bookings.reschedule(
    rescheduled,
    { start: "2030-01-09T14:00:00.000Z" },
    { userId: host.userId },
  );
  await pass(60);
  expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-08T10:00Z"));

  await world.prisma.$transaction(async (tx) => {
    await tx.credential.updateMany({ data: { status: "ACTIVE" } });
    await world.sync.credentialReconnected(tx, host.credentialId);
  });
  for (let i = 0; i < 3; i++) await pass(2);
  expect((await world.booking(moved)).startTime).toEqual(new Date("2030-01-09T10:00Z"));
  expect((await world.booking(deleted)).status).toBe("CANCELLED");
  expect(await world.booking(rescheduled)).toMatchObject({
    status: "ACCEPTED",
    title: "Bring the plans",
    startTime: new Date("2030-01-09T14:00Z"),
  });
  expect((await world.eventOf(rescheduled, host.calendarId)).time).toEqual(hourAt("2030-01-09T14:00Z"));
  const open = world.server.openChannels(host.calendarId);
  expect(open).toHaveLength(1);
  expect(open).not.toEqual(channels);
});

test("an account whose cursor expired while it was revoked is listed in full: what is missing counts after a direct read", async () => {
  const deleted = await world.book(host, "2030-01-08T10:00Z");
  const hidden = await world.book(host, "2030-01-08T12:00Z");
  await world.settle();
  const hiddenId = (await world.eventOf(hidden, host.calendarId)).id;
  await world.prisma.credential.updateMany({ data: { status: "INVALID" } });
  world.server.person.delete(host.calendarId, (await world.eventOf(deleted, host.calendarId)).id);
  world.server.expireCursors(host.calendarId);
  await pass(60);
  // A listing that leaves out an event that is there.
  world.wrapService = (service) =>
    interceptPages(service, (page) => {
      page.changes = page.changes.filter(
        (change) => change.type !== "upsert" || change.event.id !== hiddenId,
      );
    });
  await world.prisma.$transaction(async (tx) => {
    await tx.credential.updateMany({ data: { status: "ACTIVE" } });
    await world.sync.credentialReconnected(tx, host.credentialId);
  });
  for (let i = 0; i < 2; i++) await pass(2);
  expect((await world.booking(deleted)).status).toBe("CANCELLED");
  expect((await world.booking(hidden)).status).toBe("ACCEPTED");
  expect(await calendar()).toMatchObject({ status: "HEALTHY" });
});

test("a changed destination leaves old bookings in step where they are until they are over; new ones go to the new one", async () => {
  const old = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  const next = world.server.addCalendar(host.account);
  await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
  await world.prisma.selectedCalendar.deleteMany({ where: { userId: host.userId } });
  await world.useCalendar(host, next, { destination: true });
  await world.prisma.$transaction((tx) => world.sync.destinationChosen(tx, host.userId));
  const fresh = await world.book(host, "2030-01-08T12:00Z");
  await world.prisma.calendarSync.updateMany({
    where: { usageCheckAt: { not: null } },
    data: { usageCheckAt: world.clock() },
  });
  await world.tick();
  expect(await world.eventOf(fresh, next)).toBeDefined();
  expect(world.liveEvents(host.calendarId)).toHaveLength(1);
  world.server.person.move(
    host.calendarId,
    (await world.eventOf(old, host.calendarId)).id,
    hourAt("2030-01-08T15:00Z"),
  );
  await world.settle();
  expect((await world.booking(old)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
  expect(world.server.openChannels(host.calendarId)).toHaveLength(1);

  world.clock.set("2030-01-08T17:00:00.000Z");
  for (let i = 0; i < 3; i++) await pass(1);
  expect(world.server.openChannels(host.calendarId)).toEqual([]);
  expect(world.server.openChannels(next)).toHaveLength(1);
});
