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
  await world.settle();
  world.clock.advance({ seconds: 120 });
});

/** Every row of every table, the queue's too; runs by hand are the one thing that may differ. */
async function everything(): Promise<Record<string, string>> {
  const tables = await world.prisma.$queryRawUnsafe<{ name: string }[]>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('public', 'graphile_worker') and tablename not in ('SyncRun', 'SyncRunCalendar') order by 1`,
  );
  const rows: Record<string, string> = {};
  for (const { name } of tables) {
    const [found] = await world.prisma.$queryRawUnsafe<{ rows: string }[]>(
      `select coalesce(string_agg(t::text, E'\\n' order by t::text), '') as rows from ${name} t`,
    );
    rows[name] = found?.rows ?? "";
  }
  return rows;
}

async function plan(direction: "both" | "to_calendar" | "from_calendar") {
  const calendarIds = [host.calendarSyncId];
  const request = { kind: "sync", direction, dryRun: true, calendarIds } as const;
  const { id } = await world.sync.runs.start(host.userId, request, { inline: true });
  await world.sync.runs.carryOut(id, host.calendarSyncId);
  const run = await world.sync.runs.find(host.userId, id);
  const [calendar] = run.calendars;
  if (calendar?.result?.type !== "plan") throw new Error(`no plan: ${JSON.stringify(calendar)}`);
  return calendar.result;
}

describe("a dry run", () => {
  test("has nothing to say when both sides are equal", async () => {
    expect(await plan("both")).toEqual({ type: "plan", changes: [], total: 0, mirrored: 0 });
  });

  test("tells what would change on either side and why, and changes nothing here or at the provider", async () => {
    const event = await world.eventOf(uid, host.calendarId);
    world.server.person.move(host.calendarId, event.id, hourAt("2030-01-10T10:00Z"));
    world.server.person.create(host.calendarId, { title: "Dentist", time: hourAt("2030-01-11T10:00Z") });
    world.notifications.length = 0;
    const other = await world.book(host, "2030-01-15T10:00Z", "bob");
    const before = await everything();
    const provider = JSON.stringify(world.server.events(host.calendarId));
    const writes: string[] = [];
    world.server.faults.hook = ({ method }) => {
      if (/Event$/.test(method) && method !== "getEvent") writes.push(method);
    };
    const planned = await plan("both");
    expect(planned).toMatchObject({
      total: 2,
      mirrored: 1,
      changes: [
        {
          side: "booking",
          booking: { uid },
          action: "reschedule",
          result: "applied",
          reason: "remote-time-changed",
          explanation: expect.stringContaining("moved in the calendar"),
          after: { time: { start: "2030-01-10T10:00:00.000Z" } },
        },
        { side: "calendar", booking: { uid: other }, action: "create", reason: "event-created" },
      ],
    });
    expect(await everything()).toEqual(before);
    expect(JSON.stringify(world.server.events(host.calendarId))).toBe(provider);
    expect(writes).toEqual([]);
    expect(world.mails.filter(({ subject }) => /New time/.test(subject))).toEqual([]);
    await world.pull(host);
    await world.settle();
    expect((await world.booking(uid)).startTime.toISOString()).toBe("2030-01-10T10:00:00.000Z");
    expect(await plan("both")).toMatchObject({ total: 0 });
  });

  test("tells a deletion, also when everything has to be listed, without forgetting where it was", async () => {
    const event = await world.eventOf(uid, host.calendarId);
    world.server.person.delete(host.calendarId, event.id);
    world.notifications.length = 0;
    const before = await everything();
    const deletion = [{ side: "booking", action: "cancel", reason: "remote-deleted", booking: { uid } }];
    expect(await plan("from_calendar")).toMatchObject({ changes: deletion });
    world.server.expireCursors();
    expect(await plan("from_calendar")).toMatchObject({ changes: deletion });
    expect(await everything()).toEqual(before);
  });

  test("of a calendar that had gone and is back tells that it is written again, and of no cancellation", async () => {
    world.server.removeCalendar(host.calendarId);
    await world.pull(host);
    await expect(plan("both")).rejects.toThrow("CALENDAR_NOT_FOUND");
    world.server.addCalendar(host.account, { id: host.calendarId });
    const before = await everything();
    expect(await plan("both")).toMatchObject({
      total: 2,
      changes: [
        { side: "booking", booking: { uid }, result: "refused", reason: "calendar-came-back" },
        { side: "calendar", booking: { uid }, action: "create" },
      ],
    });
    expect(await everything()).toEqual(before);
  });

  test("of one direction looks at that one alone", async () => {
    const event = await world.eventOf(uid, host.calendarId);
    world.server.person.edit(host.calendarId, event.id, { title: "Edited" });
    world.notifications.length = 0;
    expect(await plan("to_calendar")).toMatchObject({ total: 0 });
    expect(await plan("from_calendar")).toMatchObject({ changes: [{ action: "change-details" }] });
  });
});

describe("a sync by hand", () => {
  async function run(direction: "both" | "to_calendar" | "from_calendar") {
    const { id } = await world.sync.runs.start(host.userId, { kind: "sync", direction, dryRun: false });
    const runs = await world.settle();
    expect(runs.map(({ name }) => name)).toContain("sync-run");
    return world.sync.runs.find(host.userId, id);
  }

  test("reads and writes, and says how far it is and what it did", async () => {
    const event = await world.eventOf(uid, host.calendarId);
    world.server.person.edit(host.calendarId, event.id, { title: "Edited" });
    world.notifications.length = 0;
    const both = await run("both");
    expect(both).toMatchObject({
      status: "done",
      progress: { total: 1, done: 1, failed: 0 },
      calendars: [
        {
          status: "done",
          error: null,
          result: { type: "synced", pull: { applied: 1 }, push: { unchanged: 1 } },
        },
      ],
    });
    expect((await world.booking(uid)).title).toBe("Edited");
    expect((await run("from_calendar")).calendars[0]?.result).toMatchObject({
      pull: { changes: 0 },
      push: null,
    });
    await world.prisma.booking.update({ where: { uid }, data: { location: "Room 9" } });
    expect((await run("to_calendar")).calendars[0]?.result).toMatchObject({
      pull: null,
      push: { updated: 1 },
    });
    expect((await world.eventOf(uid, host.calendarId)).location).toBe("Room 9");
  });

  test("says of each calendar why it could not be synced, and goes on with the others", async () => {
    const secondId = world.server.addCalendar(host.account, { name: "Second" });
    await world.useCalendar(host, secondId, { selected: true });
    await world.settle();
    await world.prisma.calendarSync.update({ where: { id: host.calendarSyncId }, data: { enabled: false } });
    const failing = await world.sync.runs.start(host.userId, {
      kind: "sync",
      direction: "both",
      dryRun: false,
      calendarIds: [host.calendarSyncId],
    });
    const rest = await world.sync.runs.start(host.userId, { kind: "sync", direction: "both", dryRun: false });
    world.server.faults.next("onWatchedCalendarChange", { kind: "server-error" });
    await world.settle();
    expect(await world.sync.runs.find(host.userId, failing.id)).toMatchObject({
      progress: { total: 1, done: 1, failed: 1 },
      calendars: [{ status: "failed", error: { code: "NOT_SYNCING" } }],
    });
    expect(await world.sync.runs.find(host.userId, rest.id)).toMatchObject({
      status: "done",
      calendars: [{ name: secondId, error: { code: "CALENDAR_API_ERROR" } }],
    });
  });

  test("invariant 14: is of the user's own calendars, and seen by them alone", async () => {
    const stranger = await world.host("stranger");
    const calendarIds = [host.calendarSyncId];
    const wish = { kind: "doctor", fix: true, calendarIds } as const;
    await expect(world.sync.runs.start(stranger.userId, wish)).rejects.toMatchObject({
      code: "calendar_not_found",
    });
    const { id, calendars } = await world.sync.runs.start(host.userId, { kind: "doctor", fix: false });
    expect(calendars.map((one) => one.id)).toEqual(calendarIds);
    await expect(world.sync.runs.find(stranger.userId, id)).rejects.toMatchObject({ code: "run_not_found" });
    expect(await world.sync.runs.list(stranger.userId, 10)).toEqual([]);
    await world.settle();
    expect(await world.sync.runs.find(host.userId, id)).toMatchObject({
      kind: "doctor",
      calendars: [{ result: { type: "checked", outcome: "checked", findings: [] } }],
    });
  });
});
