import type { ExternalEventView } from "@calsync/calendar-sync";
import type { PersonFields } from "@calsync/testing/memory-calendar";
import type { CalendarService } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const WEEK = { start: new Date("2030-01-07T00:00Z"), end: new Date("2030-01-14T00:00Z") };
const events = () => world.sync.externalEvents;
const list = () => events().list(host.userId, WEEK);
const stored = (id: string) => world.server.events(host.calendarId).find((event) => event.id === id);
const live = () => world.liveEvents(host.calendarId);

/** A person makes an event in the calendar, and it is mirrored. */
async function byHand(
  fields: PersonFields & { hour?: string } = {},
): Promise<{ eventId: string; view: ExternalEventView }> {
  const { hour = "2030-01-08T10:00Z", ...rest } = fields;
  const eventId = world.server.person.create(host.calendarId, {
    title: "Lunch",
    time: hourAt(hour),
    ...rest,
  });
  await world.settle();
  const view = (await list()).find(({ title }) => title === (rest.title ?? "Lunch"));
  if (!view) throw new Error("the event is not in the view");
  return { eventId, view };
}

const edit = (id: string, fields: object, more: object = {}) =>
  events().edit(host.userId, id, { fields, ifVersion: null, ...more });
const records = () =>
  world.prisma.changeRecord.findMany({
    where: { userId: host.userId, bookingId: null },
    orderBy: { createdAt: "asc" },
  });

describe("an event of a connected calendar", () => {
  test("is shown with what can be done about it, and edited through to its provider", async () => {
    const { eventId, view } = await byHand({ attendees: [] });
    world.server.person.setForeign(host.calendarId, eventId, "colour", "red");
    expect(view).toMatchObject({ editable: true, recurring: false, originalStart: null, edit: null });
    const made = await edit(view.id, { title: "Brunch", time: hourAt("2030-01-08T11:00Z") });
    expect(made).toMatchObject({ status: "pending", kind: "edit", wanted: { title: "Brunch" } });
    expect((await list())[0]?.edit).toMatchObject({ id: made.id, status: "pending" });
    await world.settle();
    expect(stored(eventId)).toMatchObject({
      title: "Brunch",
      time: hourAt("2030-01-08T11:00Z"),
      marker: null,
    });
    expect(world.server.person.foreign(host.calendarId, eventId)).toEqual({ colour: "red" });
    expect(await events().findEdit(host.userId, made.id)).toMatchObject({ status: "applied" });
    expect(await list()).toMatchObject([{ id: view.id, title: "Brunch", edit: null }]);
    expect(await records()).toMatchObject([
      { source: "APP", result: "APPLIED", reason: "external-edit-written", action: "edit-external" },
    ]);
    expect(await world.prisma.bookingReference.count()).toBe(0);
  });

  test("makes its host busy at the new time as soon as the provider has answered", async () => {
    const { view } = await byHand();
    await edit(view.id, { time: hourAt("2030-01-08T14:00Z") });
    await world.runJobs();
    const { intervals } = await world.sync.busyIntervals(host.userId, WEEK);
    expect(intervals).toEqual([{ start: new Date("2030-01-08T14:00Z"), end: new Date("2030-01-08T15:00Z") }]);
  });

  test("keeps what was changed in the calendar meanwhile, field by field", async () => {
    const { eventId, view } = await byHand();
    world.notifications.length = 0;
    world.server.faults.dropNotifications(1);
    world.server.person.edit(host.calendarId, eventId, { location: "Roof" });
    await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(stored(eventId)).toMatchObject({ title: "Brunch", location: "Roof" });
    expect((await records()).map(({ reason }) => reason)).toEqual(["external-edit-merged"]);
  });

  test("is merged anew when it changes while it is written", async () => {
    const { eventId, view } = await byHand();
    let interrupted = false;
    world.wrapService = (service) =>
      new Proxy(service, {
        get(target, name: keyof CalendarService) {
          if (name === "updateEvent" && !interrupted) {
            interrupted = true;
            world.server.person.edit(host.calendarId, eventId, { description: "With cake" });
          }
          const member = target[name];
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
    await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(stored(eventId)).toMatchObject({ title: "Brunch", description: "With cake" });
  });

  test("is written once when an answer is lost", async () => {
    const { eventId, view } = await byHand();
    world.server.faults.next("updateEvent", { kind: "lost-answer" });
    const made = await edit(view.id, { title: "Brunch" });
    await world.runJobs();
    const version = stored(eventId)?.version;
    expect(await events().findEdit(host.userId, made.id)).toMatchObject({
      status: "pending",
      lastError: expect.any(String),
    });
    world.clock.advance({ minutes: 1 });
    await world.settle();
    expect(await events().findEdit(host.userId, made.id)).toMatchObject({ status: "applied" });
    expect(stored(eventId)?.version).toBe(version);
    expect(live()).toHaveLength(1);
  });

  test("takes two edits in a row in their order, the second on top of the first", async () => {
    const { eventId, view } = await byHand();
    await edit(view.id, { time: hourAt("2030-01-08T12:00Z") });
    await edit(view.id, { time: hourAt("2030-01-08T13:00Z") });
    await world.settle();
    expect(stored(eventId)?.time).toEqual(hourAt("2030-01-08T13:00Z"));
    expect((await records()).map(({ reason }) => reason)).toEqual([
      "external-edit-written",
      "external-edit-written",
    ]);
  });

  test("is deleted through to its provider", async () => {
    const { view } = await byHand();
    const made = await events().remove(host.userId, view.id, { ifVersion: null });
    await expect(edit(view.id, { title: "x" })).rejects.toMatchObject({ code: "event_being_deleted" });
    await world.settle();
    expect(live()).toEqual([]);
    expect(await list()).toEqual([]);
    expect(await events().findEdit(host.userId, made.id)).toMatchObject({ status: "applied" });
  });

  test("that has gone meanwhile cannot be edited, and its host is told why", async () => {
    const { eventId, view } = await byHand();
    world.server.faults.dropNotifications(1);
    world.server.person.delete(host.calendarId, eventId);
    const made = await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(await events().findEdit(host.userId, made.id)).toMatchObject({
      status: "refused",
      explanation: "The event is not in the calendar any more, so it could not be changed.",
    });
    expect([live(), await list()]).toEqual([[], []]);
  });

  test("that its calendar refuses to change says so beside the event", async () => {
    const { view } = await byHand();
    world.server.faults.next("updateEvent", { kind: "error", code: "PERMISSION_DENIED" });
    await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(await list()).toMatchObject([
      { title: "Lunch", edit: { status: "refused", explanation: "The calendar refused the host's change." } },
    ]);
    expect((await records()).map(({ reason }) => reason)).toEqual(["external-edit-refused"]);
  });

  test("waits while the account fails or sync is off, and is written when it works again", async () => {
    const { eventId, view } = await byHand();
    world.server.faults.next("getEvent", { kind: "rate-limit", retryAfterMs: 120_000 });
    await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(stored(eventId)?.title).toBe("Lunch");
    await world.prisma.globalSetting.update({ where: { id: 1 }, data: { twoWaySyncEnabled: false } });
    world.clock.advance({ minutes: 5 });
    await world.settle();
    expect(stored(eventId)?.title).toBe("Lunch");
    await world.prisma.globalSetting.update({ where: { id: 1 }, data: { twoWaySyncEnabled: true } });
    const tend = world.sync.jobs.find(({ job }) => job.name === "tend-external-edits");
    await tend?.handler({} as never, {} as never);
    await world.settle();
    expect(stored(eventId)?.title).toBe("Brunch");
  });
});

describe("when host and calendar disagree", () => {
  test("a host who wants to be asked chooses the side", async () => {
    await world.prisma.syncPreference.create({ data: { userId: host.userId, conflictPolicy: "ASK" } });
    const { eventId, view } = await byHand();
    world.server.faults.dropNotifications(1);
    world.server.person.edit(host.calendarId, eventId, { title: "Dinner" });
    const first = await edit(view.id, { title: "Brunch" });
    await world.settle();
    expect(await list()).toMatchObject([{ title: "Dinner", edit: { id: first.id, status: "conflict" } }]);
    await events().resolve(host.userId, first.id, "mine");
    await world.settle();
    expect(stored(eventId)?.title).toBe("Brunch");
    world.server.faults.dropNotifications(1);
    world.server.person.edit(host.calendarId, eventId, { title: "Supper" });
    const second = await edit(view.id, { title: "Snack" });
    await world.settle();
    expect(await events().resolve(host.userId, second.id, "calendar")).toMatchObject({ status: "discarded" });
    expect(await world.prisma.externalEdit.findUniqueOrThrow({ where: { id: second.id } })).toMatchObject({
      reason: "external-edit-discarded",
    });
    await world.settle();
    expect(stored(eventId)?.title).toBe("Supper");
    await expect(events().resolve(host.userId, second.id, "mine")).rejects.toMatchObject({
      code: "edit_not_asking",
    });
  });
});

describe("a series", () => {
  const weekdays = { recurrence: ["RRULE:FREQ=DAILY;COUNT=4"], title: "Standup" };
  const starts = async () =>
    (await list()).map(({ title, start }) => `${title} ${start.toISOString().slice(8, 13)}`);

  test("is shown by its occurrences, and one of them can be edited alone", async () => {
    const { view } = await byHand(weekdays);
    const occurrence = (await list())[1];
    expect(occurrence).toMatchObject({
      id: view.id,
      recurring: true,
      originalStart: "2030-01-09T10:00:00.000Z",
    });
    await expect(edit(view.id, { title: "x" })).rejects.toMatchObject({ code: "scope_needed" });
    const which = { scope: "occurrence", originalStart: occurrence?.originalStart };
    await edit(view.id, { title: "Retro", time: hourAt("2030-01-09T12:00Z") }, which);
    expect((await list()).map((one) => one.edit?.status ?? null)).toEqual([null, "pending", null, null]);
    await world.settle();
    expect(await starts()).toEqual(["Standup 08T10", "Retro 09T12", "Standup 10T10", "Standup 11T10"]);
    await world.tick();
    const [, moved] = await list();
    expect(moved).toMatchObject({
      title: "Retro",
      recurring: true,
      originalStart: "2030-01-09T10:00:00.000Z",
    });
    await edit(moved?.id ?? "", { title: "Review" });
    await world.settle();
    expect(await starts()).toEqual(["Standup 08T10", "Review 09T12", "Standup 10T10", "Standup 11T10"]);
  });

  test("loses one occurrence, or all of them", async () => {
    const { view } = await byHand(weekdays);
    const which = { scope: "occurrence", originalStart: "2030-01-10T10:00:00.000Z" } as const;
    await events().remove(host.userId, view.id, { ...which, ifVersion: null });
    await world.settle();
    await world.tick();
    expect(await starts()).toEqual(["Standup 08T10", "Standup 09T10", "Standup 11T10"]);
    await events().remove(host.userId, view.id, { scope: "series", ifVersion: null });
    await world.settle();
    expect(await starts()).toEqual([]);
  });

  test("is edited as a whole, also from one of its exceptions", async () => {
    const { view } = await byHand(weekdays);
    await edit(view.id, { title: "Daily", time: hourAt("2030-01-08T09:00Z") }, { scope: "series" });
    await world.settle();
    expect(await starts()).toEqual(["Daily 08T09", "Daily 09T09", "Daily 10T09", "Daily 11T09"]);
    await expect(
      edit(view.id, { title: "x" }, { scope: "occurrence", originalStart: "2030-01-08T10:30:00.000Z" }),
    ).rejects.toMatchObject({ code: "unknown_occurrence" });
  });
});

describe("what cannot be edited is refused at once", () => {
  test("another's event, a declined one, a past one, and one in a calendar that is only read", async () => {
    const other = { email: "boss@example.org", self: false };
    const invited = await byHand({ title: "Invited", organizer: other });
    expect(invited.view).toMatchObject({ editable: false, notEditableReason: "not-organizer" });
    await expect(edit(invited.view.id, { title: "x" })).rejects.toMatchObject({ code: "not_editable" });
    const past = await byHand({ title: "Past", hour: "2030-01-07T03:00Z" });
    expect(past.view).toMatchObject({ editable: false, notEditableReason: "past" });
    const own = await byHand({ title: "Own" });
    await world.prisma.calendarSync.update({
      where: { id: host.calendarSyncId },
      data: { direction: "FROM_CALENDAR" },
    });
    await expect(edit(own.view.id, { title: "x" })).rejects.toMatchObject({
      code: "not_editable",
      message: "This calendar is only read here; edit the event in the calendar itself.",
    });
    await world.prisma.calendarSync.update({
      where: { id: host.calendarSyncId },
      data: { direction: null, enabled: false },
    });
    expect((await events().get(host.userId, own.view.id, {})).notEditableReason).toBe("calendar-not-in-step");
  });

  test("a change on an old version, and anything of another user's", async () => {
    const { eventId, view } = await byHand();
    world.server.person.edit(host.calendarId, eventId, { title: "Dinner" });
    await world.settle();
    await expect(edit(view.id, { title: "x" }, { ifVersion: view.version })).rejects.toMatchObject({
      kind: "outdated",
      code: "external_event_changed",
    });
    const fresh = await events().get(host.userId, view.id, {});
    const made = await edit(view.id, { title: "Mine" }, { ifVersion: fresh.version });
    const stranger = (await world.host("stranger")).userId;
    const unknown = { code: "unknown_external_event" };
    await expect(events().get(stranger, view.id, {})).rejects.toMatchObject(unknown);
    await expect(
      events().edit(stranger, view.id, { fields: { title: "x" }, ifVersion: null }),
    ).rejects.toMatchObject(unknown);
    await expect(events().remove(stranger, view.id, { ifVersion: null })).rejects.toMatchObject(unknown);
    await expect(events().findEdit(stranger, made.id)).rejects.toMatchObject({
      code: "unknown_external_edit",
    });
    expect(await events().list(stranger, WEEK)).toEqual([]);
  });
});
