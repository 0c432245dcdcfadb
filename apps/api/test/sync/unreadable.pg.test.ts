import { CalendarError } from "@calsync/lib";
import type { CalendarService } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
});

const DAY = { start: new Date("2030-01-09T00:00Z"), end: new Date("2030-01-10T00:00Z") };
const busyHours = async () =>
  (await world.sync.busyIntervals(host.userId, DAY)).intervals.map(({ start }) => start.getUTCHours());

/** From now on these events are in no list, and cannot be read or written: hidden, or gone for good, nobody says which. */
function hide(...ids: string[]): void {
  const unreadable = () => new CalendarError("EVENT_UNREADABLE", "hidden, or gone for good");
  world.wrapService = (service) => {
    const hidden = Object.create(service) as CalendarService;
    hidden.getEvent = async (ref) => {
      if (ids.includes(ref.eventId)) throw unreadable();
      return service.getEvent(ref);
    };
    hidden.updateEvent = async (ref, event, version) => {
      if (ids.includes(ref.eventId)) throw unreadable();
      return service.updateEvent(ref, event, version);
    };
    hidden.onWatchedCalendarChange = async function* (...input) {
      for await (const page of service.onWatchedCalendarChange(...input)) {
        const changes = page.changes.filter(
          (one) => !ids.includes(one.type === "upsert" ? one.event.id : (one.eventId ?? "")),
        );
        yield { ...page, changes };
      }
    };
    for (const name of ["createEvent", "deleteEvent", "watchCalendar", "unwatchCalendar"] as const)
      hidden[name] = service[name].bind(service) as never;
    return hidden;
  };
}

async function booked(start = "2030-01-09T10:00Z", guest = "ann") {
  const uid = await world.book(host, start, guest);
  await world.settle();
  await world.settle();
  const { id } = await world.eventOf(uid, host.calendarId);
  world.clock.advance({ seconds: 120 });
  return { uid, eventId: id };
}

const lateReads = () =>
  world.prisma.calendarSync.update({ where: { id: host.calendarSyncId }, data: { cursor: null } });
const setAside = async () =>
  (await world.prisma.changeRecord.findMany({ where: { reason: "unreadable" } })).map(
    ({ externalEventId, result }) => [externalEventId, result],
  );

describe("an event that cannot be read", () => {
  test("keeps its booking after a full pull, and is told as set aside", async () => {
    const { uid, eventId } = await booked();
    hide(eventId);
    await lateReads();
    await world.pull(host);
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect(await setAside()).toEqual([[eventId, "HELD"]]);
  });

  test("of somebody else goes on making its host busy when a full listing leaves it out, until it can be read", async () => {
    const theirs = world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T12:00Z") });
    await world.settle();
    hide(theirs);
    await lateReads();
    await world.pull(host);
    await world.settle();
    expect(await setAside()).toEqual([[theirs, "HELD"]]);
    expect(await busyHours()).toEqual([12]);

    world.wrapService = (service) => service;
    world.server.person.move(host.calendarId, theirs, hourAt("2030-01-09T14:00Z"));
    await world.settle();
    expect(await busyHours()).toEqual([14]);
  });

  test("stops no push of the others: its own is given up with the reason", async () => {
    const [hidden, other] = [await booked(), await booked("2030-01-09T13:00Z", "bob")];
    hide(hidden.eventId);
    const viewer = { userId: host.userId };
    await world.bookings.reschedule(hidden.uid, { start: "2030-01-09T17:00:00.000Z" }, viewer);
    await world.bookings.reschedule(other.uid, { start: "2030-01-09T15:00:00.000Z" }, viewer);
    await world.settle();
    const [reference] = (await world.booking(hidden.uid)).references;
    expect(reference).toMatchObject({ status: "ERROR", lastError: "EVENT_UNREADABLE" });
    expect((await world.eventOf(other.uid, host.calendarId)).time.start).toBe("2030-01-09T15:00:00.000Z");
  });

  test("is what the doctor says of it, and nothing that it heals", async () => {
    const { uid, eventId } = await booked();
    hide(eventId);
    const { findings, outcome } = await world.sync.checkCalendar(host.calendarSyncId, "all");
    expect(outcome).toBe("checked");
    expect(findings).toMatchObject([{ kind: "event-unreadable", eventId, healing: "by-hand" }]);
    await world.settle();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("is shown by a dry run of everything as set aside, beside what the others would change", async () => {
    const [hidden, other] = [await booked(), await booked("2030-01-09T13:00Z", "bob")];
    world.server.person.move(host.calendarId, other.eventId, hourAt("2030-01-09T15:00Z"));
    world.notifications.length = 0;
    hide(hidden.eventId);
    await lateReads();
    const request = {
      kind: "sync",
      direction: "both",
      dryRun: true,
      calendarIds: [host.calendarSyncId],
    } as const;
    const { id } = await world.sync.runs.start(host.userId, request, { inline: true });
    await world.sync.runs.carryOut(id, host.calendarSyncId);
    const [calendar] = (await world.sync.runs.find(host.userId, id)).calendars;
    const { result } = calendar ?? {};
    if (result?.type !== "plan") throw new Error("a dry run gives a plan");
    const planned = result.changes.map(({ action, eventId, result: outcome }) => [action, eventId, outcome]);
    expect(planned.sort()).toEqual([
      ["reschedule", other.eventId, "applied"],
      ["set-aside", hidden.eventId, "held"],
    ]);
  });

  test("refuses its host's edit in the app at once, and says why", async () => {
    const theirs = world.server.person.create(host.calendarId, { time: hourAt("2030-01-09T12:00Z") });
    await world.settle();
    const [view] = await world.sync.externalEvents.list(host.userId, DAY);
    hide(theirs);
    const edit = await world.sync.externalEvents.edit(host.userId, view?.id ?? "", {
      fields: { title: "Brunch" },
      ifVersion: null,
    });
    await world.settle();
    const ended = await world.sync.externalEvents.findEdit(host.userId, edit.id);
    expect(ended).toMatchObject({ status: "refused", lastError: "hidden, or gone for good" });
  });
});
