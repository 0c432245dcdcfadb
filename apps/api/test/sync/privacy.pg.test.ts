import { createSyncPreferences, type DestinationView } from "@calsync/calendar-sync";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
});

const event = () => world.eventOf(uid, host.calendarId);
const edit = async (fields: Parameters<typeof world.server.person.edit>[2]) =>
  world.server.person.edit(host.calendarId, (await event()).id, fields);

/** Chooses what the destination shows, as the settings page does. */
async function show(view: Partial<DestinationView>): Promise<void> {
  const preferences = createSyncPreferences({ prisma: world.prisma, now: world.clock });
  await preferences.updateDestinationView(host.userId, null, view);
  await world.settle();
}

describe("a calendar that is shown only that its host is busy", () => {
  test("is told nothing else, also of bookings that were written in full before, and is told it again when it may", async () => {
    const full = await event();
    expect(full.attendees).toHaveLength(1);
    await show({ privacy: "BUSY" });
    expect(await event()).toMatchObject({
      title: "Busy",
      description: "",
      location: "",
      attendees: [],
      visibility: "private",
      time: full.time,
    });
    const later = await world.book(host, "2030-01-09T10:00Z", "bob");
    await world.settle();
    expect(await world.eventOf(later, host.calendarId)).toMatchObject({ title: "Busy", attendees: [] });
    await show({ privacy: "FULL" });
    expect(await event()).toMatchObject({
      title: full.title,
      attendees: full.attendees,
      visibility: "default",
    });
  });

  test("is followed in its time and its deletion, and in nothing that it was not told", async () => {
    await show({ privacy: "BUSY" });
    const { title } = await world.booking(uid);
    await edit({
      title: "Dentist",
      description: "my own note",
      attendees: [{ email: "eve@guest.test", name: null, response: "accepted", optional: false }],
    });
    await world.settle();
    const booking = await world.booking(uid);
    expect(booking.title).toBe(title);
    expect(booking.description).not.toContain("my own note");
    expect(booking.attendees.filter(({ expected }) => expected)).toHaveLength(1);
    expect((await world.reasons(uid)).filter((reason) => reason === "field-not-mapped")).toHaveLength(3);

    await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    // The move is written; what the host has made of the event otherwise stays.
    expect(await event()).toMatchObject({
      title: "Dentist",
      description: "my own note",
      time: { start: "2030-01-08T12:00:00.000Z" },
    });
    await edit({ time: hourAt("2030-01-08T15:00Z") });
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
    world.server.person.delete(host.calendarId, (await event()).id);
    await world.settle();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });
});

describe("titles and descriptions by template", () => {
  test("follow the booking; an edit out there that tells no field is left alone and recorded", async () => {
    await show({ titleTemplate: "{guest} / {host}", descriptionTemplate: "See {link}" });
    expect(await event()).toMatchObject({
      title: "ann / host",
      description: `See https://calsync.test/booking/${uid}`,
      visibility: "default",
    });
    await edit({ title: "Ann, at last", location: "Room 9" });
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ location: "Room 9" });
    expect((await world.booking(uid)).title).not.toBe("Ann, at last");
    expect((await event()).title).toBe("Ann, at last");
    expect(await world.reasons(uid)).toContain("field-not-mapped");
  });

  test("the plain title is followed under every privacy that shows it", async () => {
    await show({ privacy: "TITLE_ONLY", titleTemplate: "{title}" });
    await edit({ title: "Renamed" });
    await world.settle();
    expect((await world.booking(uid)).title).toBe("Renamed");
  });
});

test("a person who makes the event private keeps it so", async () => {
  await edit({ visibility: "private" });
  await world.settle();
  await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
  await world.settle();
  expect(await event()).toMatchObject({ visibility: "private", time: { start: "2030-01-08T12:00:00.000Z" } });
});

test("a destination that was changed leaves its old bookings shown as they were", async () => {
  await show({ privacy: "BUSY" });
  const second = world.server.addCalendar(host.account, { name: "New" });
  await world.prisma.destinationCalendar.deleteMany({ where: { userId: host.userId } });
  await world.useCalendar(host, second, { destination: true });
  await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
  await world.settle();
  expect(await event()).toMatchObject({ title: "Busy", time: { start: "2030-01-08T12:00:00.000Z" } });
});
