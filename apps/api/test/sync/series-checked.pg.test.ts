import { MemoryCalendar } from "@calsync/testing/memory-calendar";
import { describe, expect, test } from "vitest";
import { type Host, hourAt, type SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";
import { SeriesStory } from "./series-story.ts";

let story: SeriesStory;
let world: SyncHarness;
let host: Host;
let uids: string[];

onEmptyDatabase(async (database) => {
  story = await SeriesStory.begin(database);
  ({ world, host } = story);
  uids = await story.bookSeries();
  await world.bookings.cancel(uids[3] ?? "", {}, { userId: host.userId });
  await world.settle();
  await world.pull(host);
  world.clock.advance({ seconds: 120 });
});

/** As if the calendar's changes had been lost: the cursor is past them. */
async function losePastChanges(): Promise<void> {
  world.notifications.length = 0;
  const service = new MemoryCalendar(world.server, host.account);
  const window = { start: world.clock(), end: new Date("2031-01-01") };
  let cursor: string | null = null;
  for await (const page of service.onWatchedCalendarChange(host.calendarId, null, { window }))
    cursor = page.cursor;
  await world.prisma.calendarSync.update({ where: { id: host.calendarSyncId }, data: { cursor } });
  world.clock.advance({ minutes: 5 });
}
const findings = async (healing: "none" | "safe") =>
  (await world.sync.checkCalendar(host.calendarSyncId, healing)).findings.map(
    ({ kind, booking, healing: state }) => [kind, uids.indexOf(booking?.uid ?? ""), state],
  );

describe("the doctor", () => {
  test("compares every date of a series, and finds nothing where both sides are equal", async () => {
    const report = await world.sync.checkCalendar(host.calendarSyncId, "none");
    expect(report).toMatchObject({ outcome: "checked", bookings: 4, findings: [] });
  });

  test("finds dates that were moved and deleted unseen, and heals them", async () => {
    const { person } = world.server;
    const { id } = story.master();
    person.moveInstance(host.calendarId, id, "2030-01-15T10:00:00.000Z", hourAt("2030-01-16T14:00Z"));
    person.cancelInstance(host.calendarId, id, "2030-01-22T10:00:00.000Z");
    await losePastChanges();
    expect(await findings("safe")).toEqual([
      ["field-differs", 1, "done"],
      ["event-missing", 2, "done"],
    ]);
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-16T14:00", "cancelled", "cancelled"]);
    world.clock.advance({ seconds: 120 });
    expect(await findings("none")).toEqual([]);
  });

  test("finds a copy of a series that doubles its dates, and removes it only when we made it", async () => {
    const { id: marker } = await world.prisma.seriesReference.findFirstOrThrow();
    const { title, description, location, time, attendees } = story.master();
    const service = new MemoryCalendar(world.server, host.account);
    const add = (start: string, key: string) =>
      service.createEvent(
        host.calendarId,
        {
          ...{ title, description, location, attendees, marker, sequence: 0 },
          ...{ transparency: "busy", visibility: "default", iCalUid: `${key}@copy.test` },
          time: { ...time, ...hourAt(start) },
          recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"],
        },
        key,
      );
    const { event: double } = await add("2030-01-15T10:00Z", "double");
    await add("2030-01-16T10:00Z", "elsewhere");
    await world.settle();
    world.clock.advance({ minutes: 5 });
    expect(await findings("safe")).toEqual([["series-copy", 1, "by-hand"]]);
    const made = { source: "SYNC", result: "APPLIED", action: "push", reason: "series-created" } as const;
    await world.prisma.changeRecord.create({
      data: { ...made, userId: host.userId, externalEventId: double.id },
    });
    expect(await findings("safe")).toEqual([["series-copy", 1, "done"]]);
    await world.settle();
    world.clock.advance({ minutes: 5 });
    expect(await findings("none")).toEqual([]);
    expect(await world.reasons(uids[1] ?? "")).toContain("duplicate-removed");
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "cancelled"]);
  });

  test("finds a series that was renamed unseen, date by date", async () => {
    world.server.person.edit(host.calendarId, story.master().id, { title: "Coaching" });
    await losePastChanges();
    expect(await findings("safe")).toEqual([0, 1, 2].map((index) => ["field-differs", index, "done"]));
    await world.settle();
    expect((await world.booking(uids[2] ?? "")).title).toBe("Coaching");
  });
});

test("a dry run tells what a series as a whole and its dates would have written, in one line each", async () => {
  await world.bookings.reschedule(
    uids[1] ?? "",
    { start: "2030-01-17T09:00:00.000Z" },
    { userId: host.userId },
  );
  const plan = async () => {
    const calendarIds = [host.calendarSyncId];
    const request = { kind: "sync", direction: "to_calendar", dryRun: true, calendarIds } as const;
    const { id } = await world.sync.runs.start(host.userId, request, { inline: true });
    await world.sync.runs.carryOut(id, host.calendarSyncId);
    const [calendar] = (await world.sync.runs.find(host.userId, id)).calendars;
    return calendar?.result?.type === "plan"
      ? calendar.result.changes.map(({ reason, booking }) => [reason, uids.indexOf(booking?.uid ?? "")])
      : null;
  };
  expect(await plan()).toEqual([["event-updated", 1]]);
  const change = { start: "2030-01-08T12:00:00.000Z", scope: "all" } as const;
  await world.bookings.reschedule(uids[0] ?? "", change, { userId: host.userId });
  expect(await plan()).toEqual([["series-updated", 0]]);
  await world.settle();
  expect(await plan()).toEqual([]);
});
