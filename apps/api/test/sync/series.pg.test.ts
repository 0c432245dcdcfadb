import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";

let database: TestDatabase;
let world: SyncHarness;
let host: Host;

beforeEach(async () => {
  database = await createTestDatabase();
  world = new SyncHarness(database);
  host = await world.host();
  await world.prisma.eventType.updateMany({ data: { recurrenceFrequency: "WEEKLY" } });
  await world.tick();
});
afterEach(() => database?.drop());

/** Books `count` weekly occurrences from Tuesday 8 January 2030, 10:00 on. @returns their uids in order */
async function bookSeries(count = 4, start = "2030-01-08T10:00:00.000Z"): Promise<string[]> {
  const { occurrences } = await world.bookings.book({
    username: host.username,
    eventType: host.slug,
    start,
    timeZone: "UTC",
    guest: { name: "ann", email: "ann@guest.test" },
    recurrence: { count },
  });
  await world.settle();
  return occurrences?.map(({ uid }) => uid) ?? [];
}

const master = () => {
  const found = world.liveEvents(host.calendarId).filter((event) => event.recurrence !== null);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} series in the calendar`);
  return found[0];
};
const startsOf = async (uids: readonly string[]) =>
  Promise.all(
    uids.map(async (uid) => {
      const { status, startTime } = await world.booking(uid);
      return status === "ACCEPTED" ? startTime.toISOString().slice(5, 16) : status.toLowerCase();
    }),
  );

describe("booking a series", () => {
  test("makes a booking per occurrence, one recurring event, and one mail to each person", async () => {
    world.server.resetCalls();
    const uids = await bookSeries();
    expect(await startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    expect(world.liveEvents(host.calendarId)).toMatchObject([
      { recurrence: ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4"], time: hourAt("2030-01-08T10:00Z") },
    ]);
    expect(world.server.callCount("createEvent")).toBe(1);
    expect(world.server.callCount("updateEvent")).toBe(0);
    expect(new Set(world.mails.map(({ to }) => to.address)).size).toBe(2);
    expect(world.mails).toHaveLength(2);
    const [mail] = world.mails;
    expect(mail?.text).toContain("4 dates");
    expect(mail?.invitation?.content).toContain("RRULE:FREQ=WEEKLY");
    expect(mail?.invitation?.content.match(/BEGIN:VEVENT/g)).toHaveLength(1);
    for (const uid of uids) {
      const { references } = await world.booking(uid);
      expect(references).toMatchObject([
        { status: "SYNCED", externalEventId: master().id, pushRequestedAt: null },
      ]);
    }
  });

  test("is all or nothing, and says which times are taken", async () => {
    await world.book(host, "2030-01-22T10:00Z", "bob");
    await expect(bookSeries()).rejects.toMatchObject({
      code: "occurrences_taken",
      message: expect.stringContaining("2030-01-22T10:00:00.000Z"),
      errors: [{ path: "occurrences.2", message: "2030-01-22T10:00:00.000Z is taken" }],
    });
    expect(await world.prisma.booking.count()).toBe(1);
  });

  test("comes back unchanged by our own write", async () => {
    const uids = await bookSeries();
    await world.pull(host);
    for (const uid of uids) expect(await world.reasons(uid)).not.toContain("series-moved");
    expect(world.mails).toHaveLength(2);
    expect(await world.prisma.externalEvent.count()).toBe(0);
  });
});

describe("one date changed in the calendar", () => {
  test("moves its booking alone", async () => {
    const uids = await bookSeries();
    world.server.person.moveInstance(
      host.calendarId,
      master().id,
      "2030-01-15T10:00:00.000Z",
      hourAt("2030-01-16T14:00Z"),
    );
    await world.settle();
    expect(await startsOf(uids)).toEqual(["01-08T10:00", "01-16T14:00", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-moved");
    expect(await world.reasons(uids[2] ?? "")).not.toContain("occurrence-moved");
    await world.settle();
    expect(world.mails.at(-1)?.invitation?.content).toContain("RECURRENCE-ID:20300115T100000Z");
  });

  test("cancels its booking alone, and brings it back", async () => {
    const uids = await bookSeries();
    const { person } = world.server;
    const id = person.cancelInstance(host.calendarId, master().id, "2030-01-15T10:00:00.000Z");
    await world.settle();
    expect(await startsOf(uids)).toEqual(["01-08T10:00", "cancelled", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-deleted");
    person.restore(host.calendarId, id);
    await world.settle();
    expect(await startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    expect(await world.reasons(uids[1] ?? "")).toContain("occurrence-restored");
  });
});
