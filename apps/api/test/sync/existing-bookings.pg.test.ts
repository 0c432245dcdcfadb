import type { ExternalEvent } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;

/** A host whose calendar is not chosen yet, and a booking of theirs. */
onEmptyDatabase(async (database) => {
  world = new SyncHarness(database);
  host = await world.host();
  await world.prisma.destinationCalendar.deleteMany();
  await world.prisma.selectedCalendar.deleteMany();
  await world.prisma.calendarSync.deleteMany();
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  world.mails.splice(0);
});

const ann = { email: "ann@guest.test", name: "ann", response: "accepted", optional: false } as const;

/** Puts an event into the calendar that carries the booking's UID, as an accepted invitation or an import does. */
async function place(fields: Partial<ExternalEvent> = {}): Promise<string> {
  const { title, iCalUid } = await world.booking(uid);
  const time = hourAt("2030-01-08T10:00Z");
  return world.server.person.create(host.calendarId, { title, time, attendees: [ann], iCalUid, ...fields });
}

/** Chooses the calendar for bookings, as the settings page does. */
async function switchOn(): Promise<void> {
  host.calendarSyncId = await world.useCalendar(host, host.calendarId, { destination: true });
  await world.prisma.$transaction((tx) => world.sync.destinationChosen(tx, host.userId));
  await world.tick();
  await world.settle();
}

/** Reads the calendar for busy times before bookings are written to it. */
async function selectFirst(): Promise<void> {
  host.calendarSyncId = await world.useCalendar(host, host.calendarId, { selected: true });
  await world.tick();
  expect(await world.prisma.externalEvent.count()).toBe(1);
}

async function expectLinked(eventId: string): Promise<void> {
  expect(world.liveEvents(host.calendarId).map(({ id }) => id)).toEqual([eventId]);
  expect((await world.booking(uid)).references).toMatchObject([
    { status: "SYNCED", externalEventId: eventId, pushRequestedAt: null },
  ]);
  expect(await world.prisma.externalEvent.count()).toBe(0);
}

describe("a booking that exists before its calendar is chosen", () => {
  test("is written there, after the calendar was read for the first time", async () => {
    host.calendarSyncId = await world.useCalendar(host, host.calendarId, { destination: true });
    await world.prisma.$transaction((tx) => world.sync.destinationChosen(tx, host.userId));
    const push = world.sync.jobs.find(({ job }) => job.name === "push-calendar");
    await push?.handler({ calendarSyncId: host.calendarSyncId } as never, {} as never);
    expect(world.liveEvents(host.calendarId)).toEqual([]);
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toHaveLength(1);
    expect((await world.booking(uid)).references).toMatchObject([
      { status: "SYNCED", pushRequestedAt: null },
    ]);
  });

  test("is linked to the event that carries its UID, and both are kept in step from then on", async () => {
    const eventId = await place();
    await switchOn();
    await expectLinked(eventId);
    expect(world.mails).toEqual([]);

    world.server.person.move(host.calendarId, eventId, hourAt("2030-01-08T14:00Z"));
    await world.settle();
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T14:00Z"));
    await world.bookings.reschedule(uid, { start: "2030-01-08T16:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    expect(world.liveEvents(host.calendarId)[0]?.time.start).toBe("2030-01-08T16:00:00.000Z");
    await world.bookings.cancel(uid, {}, { userId: host.userId });
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });

  test("is linked to an event that was somebody else's for us while the calendar was only read", async () => {
    const eventId = await place();
    await selectFirst();
    await switchOn();
    await expectLinked(eventId);
  });

  test("is linked to an event of an earlier connection, by the mark that it carries", async () => {
    await switchOn();
    const [event] = world.liveEvents(host.calendarId);
    await world.prisma.destinationCalendar.deleteMany();
    await world.prisma.bookingReference.deleteMany();
    await world.prisma.calendarSync.deleteMany();
    await selectFirst();
    await switchOn();
    await expectLinked(event?.id ?? "");
  });

  test("and differs from the event follows whoever changed last; people of both stay", async () => {
    const bob = { email: "bob@x.test", name: "Bob", response: "needs-action", optional: false } as const;
    world.clock.advance({ minutes: 5 });
    const eventId = await place({ time: hourAt("2030-01-08T12:00Z"), attendees: [bob] });
    await switchOn();
    await expectLinked(eventId);
    const booking = await world.booking(uid);
    expect(booking.startTime).toEqual(new Date("2030-01-08T12:00Z"));
    expect(booking.attendees.map(({ email }) => email).sort()).toEqual([ann.email, bob.email]);
    const [event] = world.liveEvents(host.calendarId);
    expect(event?.attendees.map(({ email }) => email).sort()).toEqual([ann.email, bob.email]);
    expect(await world.reasons(uid)).toContain("remote-wins-last-write");
  });

  test("and was changed after the event keeps its own, and the event takes it", async () => {
    const eventId = await place({ title: "Old title" });
    world.clock.advance({ minutes: 5 });
    await world.bookings.reschedule(uid, { start: "2030-01-08T15:00:00.000Z" }, { userId: host.userId });
    await switchOn();
    await expectLinked(eventId);
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T15:00Z"));
    expect(world.liveEvents(host.calendarId)[0]?.time.start).toBe("2030-01-08T15:00:00.000Z");
  });

  test("is written when the event that was read before has gone meanwhile, and is not cancelled", async () => {
    const eventId = await place();
    await selectFirst();
    world.server.person.delete(host.calendarId, eventId);
    world.notifications.splice(0);
    await switchOn();
    const [event, ...others] = world.liveEvents(host.calendarId);
    expect(others).toEqual([]);
    expect(event?.id).not.toBe(eventId);
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("is not touched by what another host does with an event that carries its UID or its mark", async () => {
    await switchOn();
    const event = await world.eventOf(uid, host.calendarId);
    const other = await world.host("other");
    await world.tick();
    const { iCalUid } = await world.booking(uid);
    const time = hourAt("2030-01-08T10:00Z");
    const { person } = world.server;
    const accepted = person.create(other.calendarId, { title: "Accepted", time, iCalUid });
    const copy = person.create(other.calendarId, { title: "Copy", time });
    person.mark(other.calendarId, copy, event.marker);
    await world.settle();
    person.move(other.calendarId, accepted, hourAt("2030-01-09T10:00Z"));
    person.edit(other.calendarId, copy, { title: "Edited" });
    await world.settle();
    for (const id of [accepted, copy]) person.delete(other.calendarId, id);
    for (let i = 0; i < 3; i++) await world.settle();
    expect(await world.booking(uid)).toMatchObject({
      status: "ACCEPTED",
      startTime: new Date("2030-01-08T10:00Z"),
      references: [{ calendarSyncId: host.calendarSyncId, externalEventId: event.id, status: "SYNCED" }],
    });
    expect((await world.eventOf(uid, host.calendarId)).title).toBe(event.title);
    expect(await world.prisma.changeRecord.count({ where: { userId: other.userId } })).toBe(0);
  });

  test("takes no event of another booking, no series, and no event that is cancelled", async () => {
    const { iCalUid } = await world.booking(uid);
    await place({ iCalUid: "somebody-else@x.test" });
    await place({ status: "cancelled" });
    world.server.person.create(host.calendarId, {
      iCalUid,
      time: hourAt("2030-01-08T10:00Z"),
      recurrence: ["RRULE:FREQ=DAILY;COUNT=3"],
    });
    await switchOn();
    expect(world.liveEvents(host.calendarId)).toHaveLength(3);
    expect((await world.booking(uid)).startTime).toEqual(new Date("2030-01-08T10:00Z"));
  });
});
