import type { CreateEntry, UpdateEntry } from "@calsync/bookings";
import type { EventTime } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const at = (start: string, end: string): CreateEntry["time"] => ({
  allDay: false,
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
});
const TEN = at("2030-01-08T10:00Z", "2030-01-08T11:00Z");

function make(fields: Partial<CreateEntry> = {}) {
  const usual = { title: "Dentist", time: TEN, description: "", location: "", attendees: [] };
  return world.entries.create(host.userId, { ...usual, ...fields });
}
const change = (uid: string, changes: UpdateEntry, version: string | null = null) =>
  world.entries.update(host.userId, uid, changes, version);
const live = (calendarId = host.calendarId) => world.liveEvents(calendarId);

async function secondCalendar(): Promise<{ calendarId: string; calendarSyncId: string }> {
  const calendarId = world.server.addCalendar(host.account, { name: "Private" });
  const calendarSyncId = await world.useCalendar(host, calendarId, { selected: true });
  await world.tick();
  return { calendarId, calendarSyncId };
}

describe("a host's own entry", () => {
  test("is written to the default destination, blocks its time for guests, and tells nobody", async () => {
    const entry = await make({ location: "Main Street 1" });
    await world.settle();
    expect(live()).toMatchObject([
      { title: "Dentist", location: "Main Street 1", time: hourAt("2030-01-08T10:00Z") },
    ]);
    expect((await world.entries.get(host.userId, entry.uid)).calendars).toMatchObject([
      { id: host.calendarSyncId, status: "synced" },
    ]);
    await expect(world.book(host, "2030-01-08T10:00Z")).rejects.toMatchObject({ code: "slot_taken" });
    expect(world.mails).toEqual([]);
    expect(await world.reasons(entry.uid)).toEqual(["entry-created-by-host", "event-created"]);
  });

  test("follows its event when the host moves, edits and deletes it in the calendar, and so do the other calendars", async () => {
    const other = await secondCalendar();
    const entry = await make({ calendars: [host.calendarSyncId, other.calendarSyncId] });
    await world.settle();
    const [event] = live();
    world.server.person.move(host.calendarId, event?.id ?? "", hourAt("2030-01-08T15:00Z", 2));
    await world.settle();
    expect((await world.entries.get(host.userId, entry.uid)).time).toEqual(hourAt("2030-01-08T15:00Z", 2));
    expect(live(other.calendarId)).toMatchObject([{ time: hourAt("2030-01-08T15:00Z", 2) }]);
    const [twin] = live(other.calendarId);
    world.server.person.edit(other.calendarId, twin?.id ?? "", { title: "Dentist!" });
    await world.settle();
    expect(live()).toMatchObject([{ title: "Dentist!" }]);
    world.server.person.delete(other.calendarId, twin?.id ?? "");
    await world.settle();
    // It may have moved to another calendar: it is looked for there before the deletion counts.
    world.clock.advance({ minutes: 3 });
    await world.tick();
    expect((await world.entries.get(host.userId, entry.uid)).status).toBe("cancelled");
    expect([live(), live(other.calendarId)]).toEqual([[], []]);
    expect(world.mails).toEqual([]);
    await world.book(host, "2030-01-08T15:00Z");
  });

  test("takes its events along when it is changed or deleted here", async () => {
    const entry = await make();
    await world.settle();
    await change(entry.uid, { title: "Dentist again", time: at("2030-01-09T08:00Z", "2030-01-09T09:30Z") });
    await world.settle();
    expect(live()).toMatchObject([{ title: "Dentist again", time: { start: "2030-01-09T08:00:00.000Z" } }]);
    await world.entries.remove(host.userId, entry.uid, null);
    await world.entries.remove(host.userId, entry.uid, null);
    await world.settle();
    expect(live()).toEqual([]);
    expect(await world.reasons(entry.uid)).toEqual([
      "entry-created-by-host",
      "event-created",
      "entry-changed-by-host",
      "event-updated",
      "entry-deleted-by-host",
      "event-deleted",
    ]);
  });

  test("that lasts all day goes from midnight to midnight of its zone, and comes back as days", async () => {
    const time: EventTime = { allDay: true, start: "2030-01-10", end: "2030-01-12" };
    const entry = await make({ time: { ...time, timeZone: "Europe/Berlin" } });
    await world.settle();
    expect(live()).toMatchObject([{ time }]);
    expect((await world.booking(entry.uid)).startTime).toEqual(new Date("2030-01-09T23:00:00Z"));
    world.server.person.move(host.calendarId, live()[0]?.id ?? "", { ...time, end: "2030-01-11" });
    await world.settle();
    expect((await world.entries.get(host.userId, entry.uid)).time).toEqual({
      ...time,
      end: "2030-01-11",
      timeZone: "Europe/Berlin",
    });
  });

  test("may lie over a guest's booking, which is told to the host", async () => {
    const uid = await world.book(host, "2030-01-08T10:00Z");
    await make();
    expect(await world.bookings.get(uid, { userId: host.userId })).toMatchObject({ overlaps: true });
  });

  test("with people sends them invitations, news of changes, and tells who left and who joined", async () => {
    const people = (...names: string[]) => names.map((name) => ({ name, email: `${name}@people.test` }));
    const entry = await make({ attendees: people("ann", "bob") });
    await world.settle();
    const told = () =>
      world.mails.splice(0).map(({ to, subject }) => `${to.address}: ${subject.split(":")[0]}`);
    expect(told()).toHaveLength(2);
    expect(live()[0]?.attendees.map(({ email }) => email)).toEqual(["ann@people.test", "bob@people.test"]);
    await change(entry.uid, { attendees: people("bob", "cid") });
    await world.settle();
    const news = told();
    expect(news.map((line) => line.split("@")[0]).sort()).toEqual(["ann", "cid"]);
    expect(news.find((line) => line.startsWith("ann"))).toContain("Cancelled");
    expect(live()[0]?.attendees.map(({ email }) => email)).toEqual(["bob@people.test", "cid@people.test"]);
    await change(entry.uid, { time: at("2030-01-08T12:00Z", "2030-01-08T13:00Z") });
    await world.settle();
    expect(
      told()
        .map((line) => line.split("@")[0])
        .sort(),
    ).toEqual(["bob", "cid"]);
  });

  test("moves from one calendar to another when the host chooses so, and back", async () => {
    const other = await secondCalendar();
    const entry = await make();
    await world.settle();
    await change(entry.uid, { calendars: [other.calendarSyncId] });
    await world.settle();
    expect([live().length, live(other.calendarId).length]).toEqual([0, 1]);
    expect((await world.entries.get(host.userId, entry.uid)).calendars.map(({ id }) => id)).toEqual([
      other.calendarSyncId,
    ]);
    await change(entry.uid, { title: "Elsewhere" });
    await world.settle();
    expect([live().length, live(other.calendarId)[0]?.title]).toEqual([0, "Elsewhere"]);
    await change(entry.uid, { calendars: [host.calendarSyncId] });
    await world.settle();
    expect([live()[0]?.title, live(other.calendarId).length]).toEqual(["Elsewhere", 0]);
    expect((await world.entries.get(host.userId, entry.uid)).status).toBe("accepted");
  });

  test("stays away from a calendar that it has left, also when its event is edited there meanwhile", async () => {
    const other = await secondCalendar();
    const entry = await make();
    await world.settle();
    world.server.person.edit(host.calendarId, live()[0]?.id ?? "", { title: "Edited out there" });
    await change(entry.uid, { calendars: [other.calendarSyncId] });
    await world.settle();
    await world.tick();
    expect([live().length, live(other.calendarId).length]).toEqual([0, 1]);
    expect((await world.entries.get(host.userId, entry.uid)).title).toBe("Dentist");
  });
});

describe("changing an entry", () => {
  test("that has changed since it was read is refused, and done when it is read again", async () => {
    const entry = await make();
    await world.settle();
    world.server.person.edit(host.calendarId, live()[0]?.id ?? "", { title: "Orthodontist" });
    await world.settle();
    await expect(change(entry.uid, { title: "Mine" }, entry.version)).rejects.toMatchObject({
      kind: "outdated",
      code: "entry_changed",
    });
    await expect(world.entries.remove(host.userId, entry.uid, entry.version)).rejects.toMatchObject({
      code: "entry_changed",
    });
    const { version } = await world.entries.get(host.userId, entry.uid);
    expect((await change(entry.uid, { title: "Mine" }, version)).title).toBe("Mine");
  });

  test("to what it is already changes nothing", async () => {
    const entry = await make();
    expect(await change(entry.uid, { title: "Dentist", time: TEN })).toEqual(entry);
  });

  test("is refused when it is over, deleted, another host's, or no entry", async () => {
    const entry = await make();
    const other = await world.host("other");
    const unknown = { code: "unknown_entry" };
    await expect(world.entries.get(other.userId, entry.uid)).rejects.toMatchObject(unknown);
    await expect(world.entries.update(other.userId, entry.uid, { title: "x" }, null)).rejects.toMatchObject(
      unknown,
    );
    await expect(world.entries.remove(other.userId, entry.uid, null)).rejects.toMatchObject(unknown);
    const booking = await world.book(host, "2030-01-09T10:00Z");
    await expect(change(booking, { title: "x" })).rejects.toMatchObject(unknown);
    const past = at("2030-01-01T10:00Z", "2030-01-01T11:00Z");
    await expect(change(entry.uid, { time: past })).rejects.toMatchObject({ code: "time_in_past" });
    await expect(make({ time: past })).rejects.toMatchObject({ code: "time_in_past" });
    world.clock.advance({ days: 2 });
    await expect(change(entry.uid, { title: "x" })).rejects.toMatchObject({ code: "booking_ended" });
  });

  test("finds only calendars that are the host's and may be written to", async () => {
    const other = await world.host("other");
    await expect(make({ calendars: [other.calendarSyncId] })).rejects.toMatchObject({
      code: "unknown_calendar",
    });
    await world.prisma.calendarSync.update({
      where: { id: host.calendarSyncId },
      data: { direction: "FROM_CALENDAR" },
    });
    await expect(make({ calendars: [host.calendarSyncId] })).rejects.toMatchObject({
      code: "calendar_read_only",
    });
  });

  test("made twice with one key is one entry", async () => {
    const fields = { title: "Dentist", time: TEN, description: "", location: "", attendees: [] };
    const options = { idempotencyKey: "a-key-of-this-form" };
    const [first, second] = await Promise.all([
      world.entries.create(host.userId, fields, options),
      world.entries.create(host.userId, fields, options),
    ]);
    expect(second.uid).toBe(first.uid);
    await expect(
      world.entries.create(host.userId, { ...fields, title: "Another" }, options),
    ).rejects.toMatchObject({ code: "idempotency_key_reused" });
  });
});
