import type { EventTime } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let second: string;
let uid: string;

onEmptyDatabase(async (database) => {
  world = new SyncHarness(database);
  host = await world.host();
  second = world.server.addCalendar(host.account, { name: "Family" });
  await world.useCalendar(host, second, { destination: true });
  await world.tick();
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  world.mails.length = 0;
});

/** Somebody sets the event's time in the first calendar, and everything that follows happens. */
async function setTime(time: EventTime): Promise<void> {
  world.server.person.edit(host.calendarId, (await world.eventOf(uid, host.calendarId)).id, { time });
  await world.settle();
  await world.settle();
}

const timeIn = async (calendarId: string) => (await world.eventOf(uid, calendarId)).time;
const told = () => world.mails.map(({ to, subject }) => `${to.address}: ${subject.split(":")[0]}`).sort();
const timed = (start: string, end: string, timeZone = "UTC"): EventTime => ({
  allDay: false,
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
  timeZone,
});

describe("a time that is changed in a calendar", () => {
  test("another zone alone moves nothing and is told to nobody; booking and other calendar take it", async () => {
    const { sequence } = await world.booking(uid);
    const same = timed("2030-01-08T10:00Z", "2030-01-08T11:00Z", "Europe/Berlin");
    await setTime(same);
    expect(await world.booking(uid)).toMatchObject({
      timeZone: "Europe/Berlin",
      startTime: new Date("2030-01-08T10:00Z"),
      hostPlaced: false,
    });
    expect(await timeIn(second)).toEqual(same);
    expect(told()).toEqual([]);
    expect((await world.booking(uid)).sequence).toBeLessThanOrEqual(sequence + 1);
    expect((await world.booking(uid)).references.map(({ status }) => status)).toEqual(["SYNCED", "SYNCED"]);
  });

  test("a longer or shorter stretch changes the length: nobody's old duration is forced back", async () => {
    const longer = timed("2030-01-08T10:00Z", "2030-01-08T12:30Z");
    await setTime(longer);
    expect(await world.booking(uid)).toMatchObject({
      startTime: new Date("2030-01-08T10:00Z"),
      endTime: new Date("2030-01-08T12:30Z"),
    });
    expect(await timeIn(second)).toEqual(longer);
    expect(told()).toContain("ann@guest.test: New time");
  });

  test("a day instead of hours, and hours again, with mails for both and the other calendar following", async () => {
    const day: EventTime = { allDay: true, start: "2030-01-09", end: "2030-01-10" };
    await setTime(day);
    expect(await world.booking(uid)).toMatchObject({
      allDay: true,
      startTime: new Date("2030-01-09T00:00Z"),
      endTime: new Date("2030-01-10T00:00Z"),
    });
    expect(await timeIn(second)).toEqual(day);
    expect(told()).toContain("ann@guest.test: New time");
    const [invitation] = world.mails.filter(({ to }) => to.address === "ann@guest.test");
    expect(invitation?.invitation?.content).toContain("DTSTART;VALUE=DATE:20300109");

    world.mails.length = 0;
    const hours = timed("2030-01-09T15:00Z", "2030-01-09T16:00Z", "America/New_York");
    await setTime(hours);
    expect(await world.booking(uid)).toMatchObject({
      allDay: false,
      startTime: new Date("2030-01-09T15:00Z"),
      timeZone: "America/New_York",
    });
    expect(await timeIn(second)).toEqual(hours);
    expect(told()).toContain("ann@guest.test: New time");
  });
});
