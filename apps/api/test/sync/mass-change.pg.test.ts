import type { TestDatabase } from "@calsync/testing";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { interceptPages } from "./intercept-pages.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let database: TestDatabase;
let world: SyncHarness;
let host: Host;

onEmptyDatabase(async (empty) => {
  database = empty;
});

/** A host with a limit (`undefined`: who has chosen none), and bookings on the days from the 8th on that stand in their calendar. */
async function start(options: {
  bookings: number;
  limit: number | null | undefined;
  pageSize?: number;
}): Promise<string[]> {
  world = new SyncHarness(database, { settings: { pageSize: options.pageSize ?? 250 } });
  host = await world.host();
  if (options.limit !== undefined)
    await world.prisma.syncPreference.create({
      data: { userId: host.userId, massChangeLimit: options.limit },
    });
  await world.tick();
  const uids: string[] = [];
  for (let index = 0; index < options.bookings; index++) {
    const hour = String(9 + (index % 7)).padStart(2, "0");
    const day = String(8 + Math.floor(index / 7)).padStart(2, "0");
    uids.push(await world.book(host, `2030-01-${day}T${hour}:00Z`, `guest${index}`));
  }
  await world.settle();
  world.mails.splice(0);
  return uids;
}

/** The same host with a limit of ten and one series of twelve weeks. */
async function startSeries(): Promise<string[]> {
  await start({ bookings: 0, limit: 10 });
  await world.prisma.eventType.updateMany({
    data: { recurrenceFrequency: "WEEKLY", recurrenceMaxCount: 12 },
  });
  const uids = await world.bookSeries(host, { count: 12, guest: "guest" });
  await world.settle();
  await world.settle();
  world.mails.splice(0);
  return uids;
}

async function eventIds(uids: readonly string[]): Promise<string[]> {
  return Promise.all(uids.map(async (uid) => (await world.eventOf(uid, host.calendarId)).id));
}

async function deleteAll(uids: readonly string[]): Promise<void> {
  for (const id of await eventIds(uids)) world.server.person.delete(host.calendarId, id);
}

const statuses = async (uids: readonly string[]) =>
  Promise.all(uids.map(async (uid) => (await world.booking(uid)).status));
const guestMails = () => world.mails.filter(({ to }) => to.address.startsWith("guest"));
const questions = () => world.sync.massChanges.list(host.userId, { state: "open" });

describe("invariant 7: mass-change guard", () => {
  test("a pull that would cancel more bookings than the host allows cancels none and asks", async () => {
    const uids = await start({ bookings: 4, limit: 3 });
    await deleteAll(uids);
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    expect(guestMails()).toEqual([]);
    const [question] = await questions();
    expect(question).toMatchObject({ status: "open", cancellations: 4, moves: 0, limit: 3 });
    const { items } = await world.sync.massChanges.get(host.userId, question?.id ?? "");
    expect(items.map(({ bookingUid, action }) => [bookingUid, action])).toEqual(
      uids.map((uid) => [uid, "cancel"]),
    );
    const [asked] = await world.prisma.changeRecord.findMany({ where: { result: "HELD" } });
    expect(asked?.reason).toBe("mass-change-held");
  });

  test("as many as the host allows are applied without a question, over several pages too", async () => {
    const uids = await start({ bookings: 4, limit: 4, pageSize: 2 });
    await deleteAll(uids);
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["CANCELLED"]));
    expect(await questions()).toEqual([]);
    expect(await world.prisma.heldChange.count()).toBe(0);
  });

  test("pages are counted together: none of them alone goes over the limit", async () => {
    const uids = await start({ bookings: 6, limit: 4, pageSize: 2 });
    await deleteAll(uids.slice(0, 3));
    for (const id of await eventIds(uids.slice(3)))
      world.server.person.move(host.calendarId, id, hourAt("2030-02-01T10:00Z"));
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    expect(await questions()).toMatchObject([{ cancellations: 3, moves: 3 }]);
    expect((await world.booking(uids[5] ?? "")).startTime).not.toEqual(new Date("2030-02-01T10:00Z"));
  });

  test("a lost cursor is no way around it", async () => {
    const uids = await start({ bookings: 4, limit: 3 });
    await deleteAll(uids);
    world.notifications.splice(0);
    world.server.expireCursors(host.calendarId);
    await world.pull(host);
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    expect(await questions()).toMatchObject([{ cancellations: 4 }]);
  });

  test("a limit of none asks always", async () => {
    const [uid = ""] = await start({ bookings: 1, limit: 0 });
    await deleteAll([uid]);
    await world.settle();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect(await questions()).toMatchObject([{ cancellations: 1, limit: 0 }]);
  });

  test("without a limit nothing is asked", async () => {
    const uids = await start({ bookings: 12, limit: null });
    await deleteAll(uids);
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["CANCELLED"]));
  });

  test("a host who has chosen nothing is asked from eleven on, and is told by mail once", async () => {
    await deleteAll(await start({ bookings: 11, limit: undefined }));
    await world.settle();
    await world.pull(host);
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect(world.mails.map(({ subject }) => subject)).toEqual(["Many bookings would change: is that right?"]);
  });

  test("foreign events, edits and new bookings go on while a question is open; further moves join it", async () => {
    const uids = await start({ bookings: 5, limit: 3 });
    await deleteAll(uids.slice(0, 4));
    await world.settle();
    const last = uids[4] ?? "";
    const [lastEvent = ""] = await eventIds([last]);
    world.server.person.edit(host.calendarId, lastEvent, { title: "Edited" });
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-25T10:00Z") });
    const added = await world.book(host, "2030-01-24T10:00Z", "zoe");
    await world.settle();
    expect((await world.booking(last)).title).toBe("Edited");
    expect(await world.prisma.externalEvent.count()).toBe(1);
    expect((await world.eventOf(added, host.calendarId)).status).toBe("confirmed");

    world.server.person.move(host.calendarId, lastEvent, hourAt("2030-01-26T10:00Z"));
    await world.settle();
    expect((await world.booking(last)).startTime).not.toEqual(new Date("2030-01-26T10:00Z"));
    expect(await questions()).toMatchObject([{ cancellations: 4, moves: 1 }]);
  });

  test("confirmed, everything is carried out, people are told, and both sides are equal", async () => {
    const uids = await start({ bookings: 6, limit: 3, pageSize: 2 });
    await deleteAll(uids.slice(0, 4));
    for (const id of await eventIds(uids.slice(4, 5)))
      world.server.person.move(host.calendarId, id, hourAt("2030-02-01T10:00Z"));
    await world.settle();
    const [question] = await questions();
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "confirm");
    await world.settle();
    expect(await statuses(uids)).toEqual([...Array(4).fill("CANCELLED"), "ACCEPTED", "ACCEPTED"]);
    expect((await world.booking(uids[4] ?? "")).startTime).toEqual(new Date("2030-02-01T10:00Z"));
    expect(await questions()).toEqual([]);
    expect(await world.prisma.heldChange.count()).toBe(0);
    expect(guestMails()).toHaveLength(5);
    // Once and no more.
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "confirm");
    await world.pull(host);
    expect(guestMails()).toHaveLength(5);
  });

  test("restored, deleted events come back and moved ones go back, and no booking has changed", async () => {
    const uids = await start({ bookings: 5, limit: 3 });
    await deleteAll(uids.slice(0, 3));
    for (const id of await eventIds(uids.slice(3)))
      world.server.person.move(host.calendarId, id, hourAt("2030-02-01T10:00Z"));
    await world.settle();
    const [question] = await questions();
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "restore");
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    for (const uid of uids) {
      const booking = await world.booking(uid);
      expect((await world.eventOf(uid, host.calendarId)).time.start).toBe(booking.startTime.toISOString());
      expect(booking.references[0]).toMatchObject({ status: "SYNCED", pushRequestedAt: null });
    }
    expect(world.liveEvents(host.calendarId)).toHaveLength(5);
    expect(guestMails()).toEqual([]);
    expect(await world.reasons(uids[0] ?? "")).toContain("mass-change-restored");
  });

  test("dates of a series are counted one by one: deleted as a whole it asks, and either answer is carried out", async () => {
    const uids = await startSeries();
    const [series] = world.liveEvents(host.calendarId);
    world.server.person.delete(host.calendarId, series?.id ?? "");
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    const [question] = await questions();
    expect(question).toMatchObject({ cancellations: 12, moves: 0, limit: 10 });
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "restore");
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    expect(guestMails()).toEqual([]);
    const live = world.liveEvents(host.calendarId);
    expect(live).toMatchObject([{ recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=12"] }]);
    for (const uid of uids)
      expect((await world.booking(uid)).references).toMatchObject([
        { status: "SYNCED", externalEventId: live[0]?.id, pushRequestedAt: null },
      ]);

    world.server.person.delete(host.calendarId, live[0]?.id ?? "");
    await world.settle();
    const [again] = await questions();
    await world.sync.massChanges.decide(host.userId, again?.id ?? "", "confirm");
    await world.settle();
    expect(new Set(await statuses(uids))).toEqual(new Set(["CANCELLED"]));
    expect(await world.reasons(uids[11] ?? "")).toContain("series-deleted");
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });

  test("changes that are taken back in the calendar take the question back", async () => {
    const uids = await start({ bookings: 4, limit: 3 });
    const ids = await eventIds(uids);
    await deleteAll(uids);
    await world.settle();
    for (const id of ids) world.server.person.restore(host.calendarId, id);
    await world.settle();
    expect(await questions()).toEqual([]);
    expect(await world.sync.massChanges.list(host.userId, { state: "any" })).toMatchObject([
      { status: "withdrawn" },
    ]);
    expect((await world.booking(uids[0] ?? "")).references[0]?.status).toBe("SYNCED");
    await expect(
      world.sync.massChanges.decide(
        host.userId,
        (await world.sync.massChanges.list(host.userId, { state: "any" }))[0]?.id ?? "",
        "confirm",
      ),
    ).rejects.toMatchObject({ code: "mass_change_withdrawn" });
  });

  test("a booking that waits is not written over, whatever its host does with it meanwhile", async () => {
    const uids = await start({ bookings: 4, limit: 3 });
    const [first = "", second = ""] = uids;
    const [firstEvent = ""] = await eventIds([first]);
    for (const id of await eventIds(uids))
      world.server.person.move(host.calendarId, id, hourAt("2030-02-01T10:00Z"));
    await world.settle();
    await world.bookings.cancel(second, {}, { userId: host.userId });
    await world.settle();
    expect(world.server.events(host.calendarId).find(({ id }) => id === firstEvent)?.time.start).toBe(
      "2030-02-01T10:00:00.000Z",
    );
    expect(await questions()).toMatchObject([{ moves: 3 }]);
    expect(world.liveEvents(host.calendarId)).toHaveLength(3);
  });

  test("a crash between two pages forgets nothing: the next pull counts them all", async () => {
    const uids = await start({ bookings: 6, limit: 4, pageSize: 2 });
    await deleteAll(uids);
    let pages = 0;
    world.wrapService = (service) =>
      interceptPages(service, () => {
        if (++pages === 2) throw new Error("the process died here");
      });
    world.notifications.splice(0);
    await world.sync.requestPull([host.calendarSyncId]);
    await world.runJobs();
    expect(await world.prisma.heldChange.count()).toBe(2);
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
    world.wrapService = (service) => service;
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect(await questions()).toMatchObject([{ cancellations: 6 }]);
    expect(new Set(await statuses(uids))).toEqual(new Set(["ACCEPTED"]));
  });

  test("a crash while the answer is carried out repeats nothing and leaves nothing out", async () => {
    const uids = await start({ bookings: 6, limit: 3, pageSize: 2 });
    await deleteAll(uids);
    await world.settle();
    const [question] = await questions();
    let batches = 0;
    world.wrapStore = (store) => ({
      ...store,
      async applyActions(...input) {
        if (++batches === 2) throw new Error("the process died here");
        return store.applyActions(...input);
      },
    });
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "confirm");
    await world.runJobs();
    expect((await statuses(uids)).filter((status) => status === "CANCELLED")).toHaveLength(2);
    world.wrapStore = (store) => store;
    world.clock.advance({ hours: 1 });
    await world.tick();
    expect(new Set(await statuses(uids))).toEqual(new Set(["CANCELLED"]));
    expect(guestMails()).toHaveLength(6);
    for (const uid of uids)
      expect((await world.reasons(uid)).filter((reason) => reason === "remote-deleted")).toHaveLength(1);
  });

  test("another host neither sees nor answers it", async () => {
    const uids = await start({ bookings: 4, limit: 3 });
    await deleteAll(uids);
    await world.settle();
    const [question] = await questions();
    const other = await world.host("other");
    expect(await world.sync.massChanges.list(other.userId, { state: "any" })).toEqual([]);
    await expect(
      world.sync.massChanges.decide(other.userId, question?.id ?? "", "confirm"),
    ).rejects.toMatchObject({ code: "mass_change_not_found" });
  });
});
