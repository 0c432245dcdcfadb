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
  world.mails.splice(0);
});

const history = () => world.sync.history(host.userId, uid);
const startOf = async () => (await world.booking(uid)).startTime.toISOString();
const guests = async () =>
  (await world.booking(uid)).attendees.filter(({ expected }) => expected).map(({ email }) => email);
const undo = (id: string) => world.sync.undo(host.userId, id);

/** Id of the latest change with this reason. */
async function change(reason: string): Promise<string> {
  const found = (await history()).find((one) => one.reason === reason);
  if (!found) throw new Error(`no change with reason ${reason}`);
  return found.id;
}

async function move(to: string): Promise<void> {
  const { id } = await world.eventOf(uid, host.calendarId);
  world.server.person.move(host.calendarId, id, hourAt(to));
  await world.settle();
}

async function remove(): Promise<void> {
  world.server.person.delete(host.calendarId, (await world.eventOf(uid, host.calendarId)).id);
  await world.settle();
}

describe("undoing a change of sync", () => {
  test("a move goes back, its event follows, and the undoing can be undone", async () => {
    await move("2030-01-08T14:00Z");
    const moved = await change("remote-time-changed");
    const done = await undo(moved);
    expect(done).toMatchObject({
      reason: "undone-by-host",
      action: "reschedule",
      undoes: moved,
      undoable: true,
    });
    await world.settle();
    expect(await startOf()).toBe("2030-01-08T10:00:00.000Z");
    expect((await world.eventOf(uid, host.calendarId)).time.start).toBe("2030-01-08T10:00:00.000Z");
    await undo(done.id);
    await world.settle();
    expect(await startOf()).toBe("2030-01-08T14:00:00.000Z");
    expect((await world.eventOf(uid, host.calendarId)).time.start).toBe("2030-01-08T14:00:00.000Z");
  });

  test("a cancelled booking comes back with its event and an invitation", async () => {
    await remove();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
    world.mails.splice(0);
    await undo(await change("remote-deleted"));
    await world.settle();
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
    expect(world.liveEvents(host.calendarId).map(({ time }) => time.start)).toEqual([
      "2030-01-08T10:00:00.000Z",
    ]);
    expect(
      world.mails
        .filter(({ to }) => to.address === "ann@guest.test")
        .map(({ subject }) => subject.split(":")[0]),
    ).toEqual(["Takes place after all"]);
    await world.pull(host);
    expect((await world.booking(uid)).status).toBe("ACCEPTED");
  });

  test("edited text goes back, and what was not edited stays", async () => {
    const { id } = await world.eventOf(uid, host.calendarId);
    const before = (await world.booking(uid)).title;
    world.server.person.edit(host.calendarId, id, { title: "Edited" });
    await world.settle();
    await undo(await change("remote-details-changed"));
    await world.settle();
    expect((await world.booking(uid)).title).toBe(before);
    expect((await world.eventOf(uid, host.calendarId)).title).toBe(before);
  });

  test("a guest who was taken off in the calendar is back, on both sides", async () => {
    const { id } = await world.eventOf(uid, host.calendarId);
    world.server.person.edit(host.calendarId, id, { attendees: [] });
    await world.settle();
    expect(await guests()).toEqual([]);
    await undo(await change("remote-attendees-changed"));
    await world.settle();
    expect(await guests()).toEqual(["ann@guest.test"]);
    expect((await world.eventOf(uid, host.calendarId)).attendees.map(({ email }) => email)).toEqual([
      "ann@guest.test",
    ]);
  });

  test("twice is once, also at the same time", async () => {
    await remove();
    const id = await change("remote-deleted");
    const [first, second] = await Promise.all([undo(id), undo(id)]);
    expect(second.id).toBe(first.id);
    expect((await undo(id)).id).toBe(first.id);
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toHaveLength(1);
    expect((await world.reasons(uid)).filter((reason) => reason === "undone-by-host")).toHaveLength(1);
  });

  test("is refused when the time is taken, and the history says so beforehand", async () => {
    await remove();
    await world.book(host, "2030-01-08T10:00Z", "bob");
    const cancelled = (await history()).find(({ reason }) => reason === "remote-deleted");
    expect(cancelled).toMatchObject({ undoable: false, whyNotUndoable: { code: "slot_taken" } });
    await expect(undo(cancelled?.id ?? "")).rejects.toMatchObject({ code: "slot_taken", kind: "conflict" });
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("is refused when the booking was changed since, is over, or never was sync's", async () => {
    await move("2030-01-08T14:00Z");
    const first = await change("remote-time-changed");
    await move("2030-01-08T15:00Z");
    await expect(undo(first)).rejects.toMatchObject({ code: "changed_since" });
    await expect(undo(await change("event-created"))).rejects.toMatchObject({ code: "not_undoable" });
    await expect(undo(await change("booked-by-guest"))).rejects.toMatchObject({ code: "not_undoable" });
    const last = await change("remote-time-changed");
    world.clock.set("2030-01-08T17:00:00.000Z");
    await expect(undo(last)).rejects.toMatchObject({ code: "booking_over" });
    const other = await world.host("other");
    await expect(world.sync.undo(other.userId, last)).rejects.toMatchObject({ code: "change_not_found" });
  });

  test("takes a confirmed mass change back as a whole, as far as it still can be", async () => {
    await world.prisma.syncPreference.create({ data: { userId: host.userId, massChangeLimit: 1 } });
    const uids = [
      uid,
      await world.book(host, "2030-01-08T12:00Z", "bob"),
      await world.book(host, "2030-01-08T14:00Z", "cid"),
    ];
    await world.settle();
    for (const one of uids)
      world.server.person.delete(host.calendarId, (await world.eventOf(one, host.calendarId)).id);
    await world.settle();
    const [question] = await world.sync.massChanges.list(host.userId, { state: "open" });
    await world.sync.massChanges.decide(host.userId, question?.id ?? "", "confirm");
    await world.settle();
    await world.book(host, "2030-01-08T12:00Z", "dan");
    const outcomes = await world.sync.undoMassChange(host.userId, question?.id ?? "");
    expect(outcomes.map(({ refusal }) => refusal?.code ?? "undone").sort()).toEqual([
      "slot_taken",
      "undone",
      "undone",
    ]);
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toHaveLength(3);
  });

  test("every kind of record has its sentence, and says whether it can be undone", async () => {
    await move("2030-01-08T22:00Z");
    const changes = await history();
    expect(changes.length).toBeGreaterThan(2);
    for (const one of changes) {
      expect(one.explanation).not.toBe(one.reason);
      expect(one.undoable).toBe(one.whyNotUndoable === null);
    }
    expect(await world.sync.changes(host.userId, { before: null, limit: 2 })).toEqual(changes.slice(0, 2));
    expect(await world.sync.changes(host.userId, { before: changes[0]?.id ?? null, limit: 1 })).toEqual(
      changes.slice(1, 2),
    );
  });
});
