import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;
let eventId: string;

onEmptyDatabase(async (database) => {
  world = new SyncHarness(database);
  host = await world.host();
  await world.prisma.syncPreference.create({ data: { userId: host.userId, conflictPolicy: "ASK" } });
  await world.tick();
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  eventId = (await world.eventOf(uid, host.calendarId)).id;
  world.mails.splice(0);
});

const person = () => world.server.person;
const open = () => world.sync.conflicts.list(host.userId, { state: "open" });
const startOf = async () => (await world.booking(uid)).startTime.toISOString();
const remoteStart = async () => (await world.eventOf(uid, host.calendarId)).time.start;

/** Both sides are moved before either hears of the other. */
async function moveBoth(): Promise<void> {
  person().move(host.calendarId, eventId, hourAt("2030-01-08T14:00Z"));
  await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
  await world.settle();
}

async function onlyConflict() {
  const [conflict, ...more] = await open();
  expect(more).toEqual([]);
  if (!conflict) throw new Error("there is no open conflict");
  return world.sync.conflicts.get(host.userId, conflict.id);
}

describe("the policy to ask", () => {
  test("leaves both sides as they are, opens one question, and tells the host", async () => {
    await moveBoth();
    await world.pull(host);
    expect(await startOf()).toBe("2030-01-08T12:00:00.000Z");
    expect(await remoteStart()).toBe("2030-01-08T14:00:00.000Z");
    const conflict = await onlyConflict();
    expect(conflict).toMatchObject({
      kind: "fields",
      fields: ["time"],
      base: { time: { start: "2030-01-08T10:00:00.000Z" } },
      local: { time: { start: "2030-01-08T12:00:00.000Z" } },
      remote: { time: { start: "2030-01-08T14:00:00.000Z" } },
    });
    expect((await world.booking(uid)).references[0]?.status).toBe("CONFLICT");
    expect(await world.reasons(uid)).toContain("conflict-both-changed");
    world.clock.advance({ minutes: 2 });
    await world.settle();
    expect(world.mails.filter(({ to }) => !to.address.endsWith("guest.test"))).not.toEqual([]);
  });

  test.each([
    ["local", "2030-01-08T12:00:00.000Z"],
    ["remote", "2030-01-08T14:00:00.000Z"],
  ] as const)("answered with %s, both sides are that", async (choice, start) => {
    await moveBoth();
    const { id, version } = await onlyConflict();
    const done = await world.sync.conflicts.resolve(host.userId, id, { choice, expectedVersion: version });
    expect(done).toMatchObject({ outcome: "resolved", conflict: { state: "resolved", resolution: choice } });
    await world.settle();
    expect(await startOf()).toBe(start);
    expect(await remoteStart()).toBe(start);
    expect(await open()).toEqual([]);
    expect((await world.booking(uid)).references[0]).toMatchObject({
      status: "SYNCED",
      pushRequestedAt: null,
    });
    expect(await world.reasons(uid)).toContain(`conflict-resolved-${choice}`);
  });

  test("a merge takes a side or a value for each field, and what only one side changed from there", async () => {
    person().edit(host.calendarId, eventId, { title: "Theirs", description: "Only theirs" });
    await moveBoth();
    const { id, version, comparison } = await onlyConflict();
    expect(comparison.find(({ field }) => field === "description")).toMatchObject({
      changedBy: "remote",
      proposal: "remote",
    });
    await world.sync.conflicts.resolve(host.userId, id, {
      choice: "merge",
      expectedVersion: version,
      fields: { time: { time: hourAt("2030-01-08T13:00Z") }, title: { text: "Agreed" } },
    });
    await world.settle();
    const event = await world.eventOf(uid, host.calendarId);
    expect(event).toMatchObject({
      title: "Agreed",
      description: "Only theirs",
      time: { start: "2030-01-08T13:00:00.000Z" },
    });
    expect(await world.booking(uid)).toMatchObject({ title: "Agreed", description: "Only theirs" });
    expect(await startOf()).toBe("2030-01-08T13:00:00.000Z");
    expect(await open()).toEqual([]);
  });

  test("an answer to what has changed since is refused with the question as it is now", async () => {
    await moveBoth();
    const { id, version } = await onlyConflict();
    person().move(host.calendarId, eventId, hourAt("2030-01-08T15:00Z"));
    await world.settle();
    const late = await world.sync.conflicts.resolve(host.userId, id, {
      choice: "remote",
      expectedVersion: version,
    });
    expect(late).toMatchObject({
      outcome: "stale",
      conflict: { remote: { time: { start: "2030-01-08T15:00:00.000Z" } } },
    });
    expect(await startOf()).toBe("2030-01-08T12:00:00.000Z");
    await world.sync.conflicts.resolve(host.userId, id, {
      choice: "remote",
      expectedVersion: late.conflict.version,
    });
    await world.settle();
    expect(await startOf()).toBe("2030-01-08T15:00:00.000Z");
    await expect(
      world.sync.conflicts.resolve(host.userId, id, { choice: "local", expectedVersion: null }),
    ).rejects.toMatchObject({ code: "conflict_resolved" });
  });

  test("a change out there that nobody has seen when the answer came is asked about, not overwritten", async () => {
    await moveBoth();
    const { id, version } = await onlyConflict();
    person().move(host.calendarId, eventId, hourAt("2030-01-08T15:00Z"));
    world.notifications.splice(0);
    await world.sync.conflicts.resolve(host.userId, id, { choice: "local", expectedVersion: version });
    await world.settle();
    expect(await remoteStart()).toBe("2030-01-08T15:00:00.000Z");
    const again = await onlyConflict();
    expect(again.id).not.toBe(id);
    expect(again.remote?.time.start).toBe("2030-01-08T15:00:00.000Z");
  });

  test("a question settles by itself when both sides come to say the same", async () => {
    await moveBoth();
    await onlyConflict();
    await world.bookings.reschedule(uid, { start: "2030-01-08T14:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    expect(await open()).toEqual([]);
    expect((await world.booking(uid)).references[0]?.status).toBe("SYNCED");
    const [closed] = await world.sync.conflicts.list(host.userId, { state: "closed" });
    expect(closed).toMatchObject({ resolution: "converged" });
    expect(await world.reasons(uid)).toContain("conflict-converged");
  });

  test.each(["local", "remote"] as const)(
    "a deleted event of a changed booking is asked about; %s counts",
    async (choice) => {
      person().delete(host.calendarId, eventId);
      await world.bookings.reschedule(uid, { start: "2030-01-08T12:00:00.000Z" }, { userId: host.userId });
      await world.settle();
      expect((await world.booking(uid)).status).toBe("ACCEPTED");
      const { id, version, kind, remote } = await onlyConflict();
      expect({ kind, remote }).toEqual({ kind: "deleted", remote: null });
      await world.sync.conflicts.resolve(host.userId, id, { choice, expectedVersion: version });
      await world.settle();
      const live = world.liveEvents(host.calendarId).map(({ time }) => time.start);
      expect((await world.booking(uid)).status).toBe(choice === "local" ? "ACCEPTED" : "CANCELLED");
      expect(live).toEqual(choice === "local" ? ["2030-01-08T12:00:00.000Z"] : []);
      const reasons = await world.reasons(uid);
      expect(reasons).toContain("conflict-deleted-and-changed");
      expect(reasons.includes("event-recreated")).toBe(choice === "local");
    },
  );

  test.each(["local", "remote"] as const)(
    "a changed event of a cancelled booking is asked about; %s counts",
    async (choice) => {
      person().edit(host.calendarId, eventId, { title: "Still on" });
      await world.bookings.cancel(uid, {}, { userId: host.userId });
      await world.settle();
      expect(world.liveEvents(host.calendarId)).toHaveLength(1);
      const { id, version, kind, local } = await onlyConflict();
      expect({ kind, local }).toEqual({ kind: "cancelled", local: null });
      await world.sync.conflicts.resolve(host.userId, id, { choice, expectedVersion: version });
      await world.settle();
      expect((await world.booking(uid)).status).toBe(choice === "local" ? "CANCELLED" : "ACCEPTED");
      expect(world.liveEvents(host.calendarId).map(({ title }) => title)).toEqual(
        choice === "local" ? [] : ["Still on"],
      );
      expect(await open()).toEqual([]);
    },
  );

  test("a field that is not asked about needs no choice, one that is asked about does, and a value must be one", async () => {
    await moveBoth();
    const { id } = await onlyConflict();
    const answer = (fields: object) =>
      world.sync.conflicts.resolve(host.userId, id, { choice: "merge", expectedVersion: null, fields });
    await expect(answer({ title: "local" })).rejects.toMatchObject({ code: "field_not_chosen" });
    await expect(answer({ time: { text: "noon" } })).rejects.toMatchObject({ code: "bad_value" });
    expect(await startOf()).toBe("2030-01-08T12:00:00.000Z");
  });

  test("an answer and a pull at the same time end in one state on both sides", async () => {
    await moveBoth();
    const { id, version } = await onlyConflict();
    person().edit(host.calendarId, eventId, { location: "Room 9" });
    await Promise.allSettled([
      world.sync.conflicts.resolve(host.userId, id, { choice: "local", expectedVersion: version }),
      world.pull(host),
    ]);
    await world.settle();
    for (const { id: left, version: current } of await Promise.all(
      (await open()).map((one) => world.sync.conflicts.get(host.userId, one.id)),
    ))
      await world.sync.conflicts.resolve(host.userId, left, { choice: "local", expectedVersion: current });
    await world.settle();
    expect(await remoteStart()).toBe(await startOf());
    expect((await world.eventOf(uid, host.calendarId)).location).toBe((await world.booking(uid)).location);
    expect(await open()).toEqual([]);
  });

  test("several are answered alike, each by itself, and nobody else's", async () => {
    await moveBoth();
    const { id } = await onlyConflict();
    const other = await world.host("other");
    const unknown = "0197a1b2-0000-7000-8000-000000000001";
    expect(await world.sync.conflicts.resolveMany(other.userId, [id], "local")).toMatchObject([
      { refusal: { code: "conflict_not_found" } },
    ]);
    expect(await world.sync.conflicts.resolveMany(host.userId, [id, unknown], "remote")).toMatchObject([
      { id, refusal: null },
      { id: unknown, refusal: { code: "conflict_not_found" } },
    ]);
    await world.settle();
    expect(await startOf()).toBe("2030-01-08T14:00:00.000Z");
  });

  test("the booking's other calendars follow the booking while the question is open, and the answer after it", async () => {
    const second = world.server.addCalendar(host.account, { name: "Family" });
    await world.useCalendar(host, second, { destination: true });
    await world.tick();
    uid = await world.book(host, "2030-01-09T10:00Z", "bob");
    await world.settle();
    eventId = (await world.eventOf(uid, host.calendarId)).id;
    person().move(host.calendarId, eventId, hourAt("2030-01-09T14:00Z"));
    await world.bookings.reschedule(uid, { start: "2030-01-09T12:00:00.000Z" }, { userId: host.userId });
    await world.settle();
    expect((await world.eventOf(uid, second)).time.start).toBe("2030-01-09T12:00:00.000Z");
    const { id, version } = await onlyConflict();
    await world.sync.conflicts.resolve(host.userId, id, { choice: "remote", expectedVersion: version });
    await world.settle();
    expect((await world.eventOf(uid, second)).time.start).toBe("2030-01-09T14:00:00.000Z");
  });
});
