import type { EventAttendee } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  world.mails.length = 0;
});

const person = (name: string, more: Partial<EventAttendee> = {}): EventAttendee => ({
  email: `${name}@guest.test`,
  name,
  response: "needs-action",
  optional: false,
  ...more,
});
const event = (calendarId = host.calendarId) => world.eventOf(uid, calendarId);

/** Somebody edits the event's attendees in the calendar's own page. */
async function invite(...attendees: EventAttendee[]): Promise<void> {
  const { id, attendees: known } = await event();
  world.server.person.edit(host.calendarId, id, { attendees: [...known, ...attendees] });
}

async function takeOff(email: string): Promise<void> {
  const { id, attendees } = await event();
  world.server.person.edit(host.calendarId, id, {
    attendees: attendees.filter((one) => one.email !== email),
  });
}

async function answer(email: string, response: EventAttendee["response"]): Promise<void> {
  world.server.person.respond(host.calendarId, (await event()).id, email, response);
}

/** Changes arrive, and the mails about them have waited for more. */
async function settleMails(): Promise<void> {
  await world.settle();
  await world.settle();
}

/** Everyone who is expected, as `address:ANSWER`. */
async function expected(): Promise<string[]> {
  const { attendees } = await world.booking(uid);
  return attendees
    .filter((one) => one.expected)
    .map((one) => `${one.email.split("@")[0]}:${one.response}${one.optional ? "?" : ""}`)
    .sort();
}

/** Who got which mail: `address method subject`. */
function mails(): string[] {
  return world.mails
    .map(({ to, subject, invitation }) => `${to.address} ${invitation?.method} ${subject.split(":")[0]}`)
    .sort();
}

const prefer = (preferences: object) =>
  world.prisma.syncPreference.upsert({
    where: { userId: host.userId },
    create: { userId: host.userId, ...preferences },
    update: preferences,
  });

describe("people added and taken off in the calendar", () => {
  test("somebody added joins the booking without a seat and alone gets an invitation; the host is told", async () => {
    await invite(person("bob", { optional: true }));
    await settleMails();
    expect(await expected()).toEqual(["ann:ACCEPTED", "bob:NEEDS_ACTION?"]);
    const booking = await world.booking(uid);
    expect(booking).toMatchObject({ seats: 1, seatsTaken: 1, status: "ACCEPTED" });
    expect(mails()).toEqual(["bob@guest.test REQUEST Invitation", `${hostAddress()} REQUEST Guests changed`]);
    expect(await world.reasons(uid)).toContain("remote-attendees-changed");
    const [invitation] = world.mails.filter(({ to }) => to.address === "bob@guest.test");
    expect(invitation?.invitation?.content).toContain("ROLE=OPT-PARTICIPANT");
    expect(invitation?.invitation?.content).not.toContain("ann@guest.test");
  });

  test("somebody added to an event that is moved at the same time is invited, and not told of a move as well", async () => {
    const { id, attendees } = await event();
    world.server.person.edit(host.calendarId, id, {
      attendees: [...attendees, person("bob")],
      time: hourAt("2030-01-08T14:00Z"),
    });
    await settleMails();
    expect(mails().filter((mail) => mail.startsWith("bob"))).toEqual(["bob@guest.test REQUEST Invitation"]);
    expect(mails().filter((mail) => mail.startsWith("ann"))).toEqual(["ann@guest.test REQUEST New time"]);
  });

  test("somebody taken off gives the seat back and alone gets a CANCEL; the booking stands", async () => {
    await invite(person("bob"));
    await settleMails();
    world.mails.length = 0;
    await takeOff("ann@guest.test");
    await settleMails();
    expect(await expected()).toEqual(["bob:NEEDS_ACTION"]);
    expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED", seatsTaken: 0 });
    expect(mails()).toEqual([
      "ann@guest.test CANCEL No longer invited",
      `${hostAddress()} REQUEST Guests changed`,
    ]);
  });

  test("somebody taken off and added again is told what is true in the end, once", async () => {
    await takeOff("ann@guest.test");
    await world.sync.requestPull([host.calendarSyncId]);
    await world.runJobs();
    await invite(person("ann"));
    await settleMails();
    expect(await expected()).toEqual(["ann:NEEDS_ACTION"]);
    expect(mails().filter((mail) => mail.startsWith("ann@"))).toEqual([]);
  });

  test("the host's own address is no guest, and neither is the organizer's", async () => {
    await invite(person("boss", { email: hostAddress() }), person("cal", { email: host.account }));
    await settleMails();
    expect(await expected()).toEqual(["ann:ACCEPTED"]);
    expect(mails()).toEqual([]);
  });

  test("both sides adding different people keep both, here and there", async () => {
    const shared = await world.prisma.eventType.create({
      data: {
        userId: host.userId,
        title: "Class",
        slug: "class",
        durationMinutes: 60,
        seats: 5,
        minimumNoticeMinutes: 0,
      },
    });
    host.slug = shared.slug;
    uid = await world.book(host, "2030-01-09T10:00Z", "carl");
    await world.settle();
    await invite(person("bob"));
    await world.book(host, "2030-01-09T10:00Z", "dora");
    await settleMails();
    expect(await expected()).toEqual(["bob:NEEDS_ACTION", "carl:ACCEPTED", "dora:ACCEPTED"]);
    expect((await event()).attendees.map(({ email }) => email.split("@")[0]).sort()).toEqual([
      "bob",
      "carl",
      "dora",
    ]);
    expect(await world.booking(uid)).toMatchObject({ seatsTaken: 2 });
  });

  test("a list that the provider hides takes nobody off", async () => {
    world.wrapService = (service) =>
      interceptPages(service, (page) => {
        page.changes = page.changes.map((change) =>
          change.type === "upsert"
            ? { ...change, event: { ...change.event, attendees: [], attendeesHidden: true } }
            : change,
        );
      });
    world.server.person.edit(host.calendarId, (await event()).id, { title: "Renamed" });
    await settleMails();
    expect(await world.booking(uid)).toMatchObject({ title: "Renamed" });
    expect(await expected()).toEqual(["ann:ACCEPTED"]);
    expect((await event()).attendees).toHaveLength(1);
  });
});

describe("answers", () => {
  test("are kept with the booking, written to the other calendar once, and told to nobody", async () => {
    const second = world.server.addCalendar(host.account, { name: "Family" });
    await world.useCalendar(host, second, { destination: true });
    await world.tick();
    uid = await world.book(host, "2030-01-09T10:00Z", "bob");
    await world.settle();
    world.mails.length = 0;
    const sequence = (await world.booking(uid)).sequence;
    world.server.resetCalls();
    await answer("bob@guest.test", "tentative");
    await world.settle();
    await world.settle();
    expect(await expected()).toEqual(["bob:TENTATIVE"]);
    expect((await event(second)).attendees).toMatchObject([{ response: "tentative" }]);
    expect(mails()).toEqual([]);
    expect((await world.booking(uid)).sequence).toBe(sequence);
    // One write, in the other calendar; none where the answer came from.
    expect(world.server.callCount("updateEvent")).toBe(1);
    expect(await world.reasons(uid)).toContain("remote-answer-changed");
  });
});

describe("declining", () => {
  test("everyone declining is recorded, and the booking stands", async () => {
    await answer("ann@guest.test", "declined");
    await world.settle();
    expect(await expected()).toEqual(["ann:DECLINED"]);
    expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED" });
    const records = await world.prisma.changeRecord.findMany({ where: { reason: "all-attendees-declined" } });
    expect(records).toMatchObject([{ result: "REFUSED", action: "cancel" }]);
  });

  test("everyone declining cancels where the host prefers it, and only when the last one has", async () => {
    await prefer({ allDeclined: "CANCEL" });
    await invite(person("bob"));
    await world.settle();
    await answer("bob@guest.test", "declined");
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED" });
    await answer("ann@guest.test", "declined");
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({
      status: "CANCELLED",
      cancelledFor: "all-attendees-declined",
    });
    expect(world.liveEvents(host.calendarId)).toEqual([]);
    expect(await world.reasons(uid)).toContain("all-attendees-declined");
  });

  test("the host declining their own event is recorded once, and cancels where they prefer it", async () => {
    world.server.person.edit(host.calendarId, (await event()).id, { selfResponse: "declined" });
    await world.settle();
    await world.pull(host);
    world.server.person.edit(host.calendarId, (await event()).id, { title: "Still here" });
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED", title: "Still here" });
    expect((await world.reasons(uid)).filter((reason) => reason === "host-declined")).toHaveLength(1);

    await prefer({ hostDeclined: "CANCEL" });
    uid = await world.book(host, "2030-01-09T10:00Z", "bob");
    await world.settle();
    world.mails.length = 0;
    world.server.person.edit(host.calendarId, (await event()).id, { selfResponse: "declined" });
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "CANCELLED", cancelledFor: "host-declined" });
    expect(mails()).toContain("bob@guest.test CANCEL Cancelled");
  });

  test("who comes after all brings the booking back while its event is there and the time is free", async () => {
    await prefer({ allDeclined: "CANCEL", direction: "FROM_CALENDAR" });
    await answer("ann@guest.test", "declined");
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "CANCELLED" });
    await answer("ann@guest.test", "accepted");
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "ACCEPTED", cancelledFor: null });
    expect(await expected()).toEqual(["ann:ACCEPTED"]);
    expect(await world.reasons(uid)).toContain("remote-undeclined");

    await answer("ann@guest.test", "declined");
    await world.settle();
    await world.book(host, "2030-01-08T10:00Z", "eve");
    await answer("ann@guest.test", "accepted");
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ status: "CANCELLED" });
    expect(await world.reasons(uid)).toContain("time-taken");
  });
});

describe("fields that the host does not want followed", () => {
  test("are left alone out there until the booking changes them itself", async () => {
    await prefer({ fields: ["time"] });
    const { id, attendees } = await event();
    world.server.person.edit(host.calendarId, id, {
      title: "Mine",
      attendees: [...attendees, person("bob")],
    });
    await world.settle();
    expect((await world.booking(uid)).title).not.toBe("Mine");
    expect(await expected()).toEqual(["ann:ACCEPTED"]);
    expect((await world.reasons(uid)).filter((reason) => reason === "field-not-followed")).toHaveLength(2);
    await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    expect(await event()).toMatchObject({ title: "Mine", time: { start: "2030-01-08T12:00:00.000Z" } });
    expect((await event()).attendees).toHaveLength(2);
  });
});

function hostAddress(): string {
  return `${host.username}@calsync.test`;
}
