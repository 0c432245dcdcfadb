import type { FindingKind } from "@calsync/calendar-sync";
import { MemoryCalendar } from "@calsync/testing/memory-calendar";
import { describe, expect, test } from "vitest";
import { type Host, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.book(host, "2030-01-09T10:00Z", "bob");
  await world.settle();
  await world.settle();
  world.clock.advance({ seconds: 120 });
});

const check = (healing: "none" | "safe" | "all" = "none") =>
  world.sync.checkCalendar(host.calendarSyncId, healing);

async function kinds(healing: "none" | "safe" | "all" = "none"): Promise<FindingKind[]> {
  return (await check(healing)).findings.map(({ kind }) => kind);
}

async function reference() {
  const [found] = (await world.booking(uid)).references;
  if (!found) throw new Error("the booking has no reference");
  return found;
}

/** Changes the reference behind the engine's back. */
async function tamper(data: Record<string, unknown>): Promise<void> {
  await world.prisma.bookingReference.update({ where: { id: (await reference()).id }, data });
}

async function setCalendar(data: Record<string, unknown>): Promise<void> {
  await world.prisma.calendarSync.update({ where: { id: host.calendarSyncId }, data });
}

/** Everything that was asked for is done, and a second look finds nothing. */
async function expectHealed(): Promise<void> {
  await world.settle();
  await world.settle();
  world.clock.advance({ seconds: 120 });
  expect((await check()).findings).toEqual([]);
}

/** As if the calendar's change had been lost: the cursor is past it. */
async function losePastChanges(): Promise<void> {
  world.notifications.length = 0;
  const service = new MemoryCalendar(world.server, host.account);
  const window = { start: new Date("2029-01-01T00:00Z"), end: new Date("2032-01-01T00:00Z") };
  let cursor: string | null = null;
  for await (const page of service.onWatchedCalendarChange(host.calendarId, null, { window }))
    cursor = page.cursor;
  await setCalendar({ cursor });
}

describe("the doctor", () => {
  test("finds nothing in a healthy world, with one listing and no read per booking", async () => {
    const calls: string[] = [];
    world.server.faults.hook = ({ method, phase }) => {
      if (phase === "request") calls.push(method);
    };
    expect(await check("all")).toMatchObject({ outcome: "checked", bookings: 2, findings: [], error: null });
    expect(calls).toEqual(["onWatchedCalendarChange"]);
    expect(await world.settle()).toEqual([]);
  });

  test("leaves the cursor, the mirror and all rows but its own note as they were", async () => {
    const before = await world.calendarSync(host);
    await check("none");
    const after = await world.calendarSync(host);
    const { lastCheckedAt, updatedAt: _, ...rest } = after;
    expect(lastCheckedAt).toEqual(world.clock());
    expect({ ...before, lastCheckedAt: null, updatedAt: null }).toEqual({
      ...rest,
      lastCheckedAt: null,
      updatedAt: null,
    });
  });

  test("finds an event that is gone although its deletion was never heard of; the booking follows", async () => {
    const { externalEventId } = await reference();
    world.server.person.delete(host.calendarId, externalEventId ?? "");
    await losePastChanges();
    expect(await check("safe")).toMatchObject({
      findings: [{ kind: "event-missing", booking: { uid }, healing: "done" }],
    });
    await expectHealed();
    expect((await world.booking(uid)).status).toBe("CANCELLED");
  });

  test("finds an edit in the calendar that was never heard of, and says that the calendar was last", async () => {
    const { externalEventId } = await reference();
    world.server.person.edit(host.calendarId, externalEventId ?? "", { title: "Edited outside" });
    await losePastChanges();
    world.clock.advance({ seconds: 120 });
    expect((await check("safe")).findings).toMatchObject([
      {
        kind: "field-differs",
        fields: ["title"],
        changedLast: "calendar",
        booking: { uid },
        healing: "done",
      },
    ]);
    await expectHealed();
    expect((await world.booking(uid)).title).toBe("Edited outside");
  });

  test("finds a change of the booking that no push was wished for, and says that the booking was last", async () => {
    await world.prisma.booking.update({ where: { uid }, data: { location: "Room 9" } });
    expect((await check()).findings).toMatchObject([
      { kind: "field-differs", fields: ["location"], changedLast: "booking", healing: "possible" },
    ]);
    await check("safe");
    await expectHealed();
    expect((await world.eventOf(uid, host.calendarId)).location).toBe("Room 9");
  });

  test("finds a booking that was never written, one that nothing links, and one whose push was given up", async () => {
    await tamper({ status: "ERROR", lastError: "PERMISSION_DENIED", errorCount: 12 });
    expect(await kinds("safe")).toEqual(["push-failed"]);
    await expectHealed();
    await tamper({ externalEventId: null, version: null, baseSnapshot: undefined, status: "PENDING" });
    expect(await kinds("safe")).toEqual(["not-written"]);
    await expectHealed();
    expect(world.liveEvents(host.calendarId)).toHaveLength(2);
    const { id: eventId } = await world.eventOf(uid, host.calendarId);
    await world.prisma.bookingReference.delete({ where: { id: (await reference()).id } });
    expect(await kinds("safe")).toEqual(["no-reference"]);
    await expectHealed();
    // The event that stood for it stands for it again.
    expect((await reference()).externalEventId).toBe(eventId);
    expect(world.liveEvents(host.calendarId)).toHaveLength(2);
  });

  test("finds a push that was forgotten, and leaves one alone that was wished for just now", async () => {
    await tamper({ pushRequestedAt: world.clock() });
    expect(await kinds()).toEqual([]);
    await tamper({ pushRequestedAt: new Date(world.clock().getTime() - 20 * 60_000) });
    expect(await kinds("safe")).toEqual(["push-forgotten"]);
    await expectHealed();
  });

  test("finds the event of a cancelled booking", async () => {
    await world.prisma.booking.update({
      where: { uid },
      data: { status: "CANCELLED", cancelledAt: world.clock() },
    });
    expect(await kinds("safe")).toEqual(["event-still-there"]);
    await expectHealed();
    expect(world.liveEvents(host.calendarId)).toHaveLength(1);
  });

  test("removes a second event of a booking when asked for all, and leaves a copy that a person moved", async () => {
    const service = new MemoryCalendar(world.server, host.account);
    const { id } = await reference();
    const original = await world.eventOf(uid, host.calendarId);
    const { title, description, location, time, attendees } = original;
    const copy = {
      ...{ title, description, location, time, attendees },
      recurrence: null,
      transparency: "busy" as const,
      visibility: "default" as const,
      iCalUid: `${id}@copy.test`,
      sequence: 0,
      marker: id,
    };
    await service.createEvent(host.calendarId, copy, `${id}-copy`);
    const later = { ...time, start: "2030-02-01T10:00:00.000Z", end: "2030-02-01T11:00:00.000Z" };
    await service.createEvent(host.calendarId, { ...copy, time: later as typeof time }, `${id}-other`);
    await world.settle();
    world.clock.advance({ seconds: 120 });
    const { findings } = await check("safe");
    expect(findings.map(({ kind, healing }) => [kind, healing])).toEqual([
      ["duplicate-event", "possible"],
      ["duplicate-event", "by-hand"],
    ]);
    expect(world.liveEvents(host.calendarId)).toHaveLength(4);
    await check("all");
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toHaveLength(3);
    expect((await world.eventOf(uid, host.calendarId)).id).toBe(original.id);
    expect(await world.reasons(uid)).toContain("duplicate-removed");
    world.clock.advance({ seconds: 120 });
    expect((await check()).findings).toMatchObject([{ kind: "duplicate-event", healing: "by-hand" }]);
  });

  test("removes an event of a booking that does not exist any more, and no event that only looks like ours", async () => {
    const { id } = await reference();
    const service = new MemoryCalendar(world.server, host.account);
    const event = await world.eventOf(uid, host.calendarId);
    await world.prisma.changeRecord.create({
      data: {
        userId: host.userId,
        source: "SYNC",
        result: "APPLIED",
        action: "push",
        reason: "event-created",
        externalEventId: event.id,
      },
    });
    await world.prisma.booking.delete({ where: { uid } });
    const { title, description, location, time, attendees } = event;
    await service.createEvent(
      host.calendarId,
      {
        ...{ title, description, location, time, attendees },
        recurrence: null,
        transparency: "busy",
        visibility: "default",
        iCalUid: "other@installation.test",
        sequence: 0,
        marker: "0190c8f0-0000-7000-8000-000000000001",
      },
      "another-installation",
    );
    await world.settle();
    world.clock.advance({ seconds: 120 });
    const { findings } = await check("safe");
    expect(
      findings.map(({ kind, eventId, healing }) => [kind, eventId === event.id, healing]).sort(),
    ).toEqual([
      ["orphan-event", false, "by-hand"],
      ["orphan-event", true, "done"],
    ]);
    expect(id).not.toBe("");
    expect(world.liveEvents(host.calendarId).map(({ iCalUid }) => iCalUid)).toContain(
      "other@installation.test",
    );
    expect(world.liveEvents(host.calendarId).map((one) => one.id)).not.toContain(event.id);
    expect(await world.prisma.changeRecord.count({ where: { reason: "orphan-removed" } })).toBe(1);
  });

  test("asks before it removes more than a few events of its own", async () => {
    const service = new MemoryCalendar(world.server, host.account);
    const { title, description, location, time, attendees } = await world.eventOf(uid, host.calendarId);
    for (let number = 1; number <= 6; number++) {
      const { eventId } = await service.createEvent(
        host.calendarId,
        {
          ...{ title, description, location, time, attendees },
          recurrence: null,
          transparency: "busy",
          visibility: "default",
          iCalUid: `${number}@calsync.test`,
          sequence: 0,
          marker: `0190c8f0-0000-7000-8000-00000000000${number}`,
        },
        `orphan-${number}`,
      );
      const made = { source: "SYNC", result: "APPLIED", action: "push", reason: "event-created" } as const;
      await world.prisma.changeRecord.create({
        data: { ...made, userId: host.userId, externalEventId: eventId },
      });
    }
    await world.settle();
    world.clock.advance({ seconds: 120 });
    const { findings } = await check("safe");
    expect(findings.map(({ kind, healing }) => `${kind}: ${healing}`)).toEqual(
      Array(6).fill("orphan-event: possible"),
    );
    expect((await check("all")).findings.map(({ healing }) => healing)).toEqual(Array(6).fill("done"));
  });

  test("finds a push channel that missed its time, a calendar that is not read, and a lease that is stuck", async () => {
    await world.prisma.calendarSubscription.updateMany({
      where: { calendarSyncId: host.calendarSyncId },
      data: { nextAttemptAt: new Date(world.clock().getTime() - 3_600_000) },
    });
    expect(await kinds("safe")).toEqual(["subscription-stale"]);
    await expectHealed();
    await setCalendar({ nextPollAt: new Date(world.clock().getTime() - 3_600_000) });
    expect(await kinds("safe")).toEqual(["not-read-lately"]);
    await expectHealed();
    await setCalendar({ leaseOwner: "a worker of long ago", leaseUntil: new Date("2199-01-01T00:00Z") });
    expect(await kinds("none")).toEqual(["lease-stuck"]);
    expect(await check("safe")).toMatchObject({ outcome: "checked", findings: [{ kind: "lease-stuck" }] });
    await expectHealed();
  });

  test("makes no call for an account that has to be connected again", async () => {
    await world.prisma.credential.update({
      where: { id: host.credentialId },
      data: { status: "INVALID", invalidReason: "invalid_grant" },
    });
    let calls = 0;
    world.server.faults.hook = () => {
      calls += 1;
    };
    expect(await check("all")).toMatchObject({
      outcome: "unread",
      findings: [{ kind: "not-syncing", healing: "by-hand" }],
    });
    expect(calls).toBe(0);
  });

  test("says what the provider answered when it cannot read the calendar", async () => {
    world.server.faults.next("onWatchedCalendarChange", { kind: "server-error" });
    expect(await check()).toMatchObject({ outcome: "unread", error: { code: "CALENDAR_API_ERROR" } });
  });

  test("goes its rounds at night: each calendar is due once in about seven", async () => {
    await world.prisma.calendarSync.updateMany({ data: { nextCheckAt: new Date("2099-01-01T00:00Z") } });
    await setCalendar({ nextCheckAt: world.clock() });
    expect(await world.sync.runCron("calendar-doctor")).toEqual({ checksEnqueued: 1 });
    expect(await world.sync.runCron("calendar-doctor")).toEqual({ checksEnqueued: 0 });
    const runs = await world.settle();
    expect(runs.map(({ name }) => name)).toContain("check-calendar");
    world.clock.advance({ days: 9 });
    expect(await world.sync.runCron("calendar-doctor")).toEqual({ checksEnqueued: 1 });
  });
});
