import { afterAll, beforeAll, expect, test } from "vitest";
import { sideDifferences } from "../support/equal-sides.ts";
import { type HttpCalendar, type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { googleRemote } from "./remote/google.ts";
import { office365Remote } from "./remote/office365.ts";

let world: HttpWorld;
let host: HttpHost;

beforeAll(async () => {
  world = await HttpWorld.start([googleRemote, office365Remote]);
  // Bookings are written to a calendar of each.
  host = await world.host({ calendars: 1, destinations: 2 });
}, 120_000);
afterAll(() => world?.close());

const calendarOf = (provider: string): HttpCalendar => {
  const found = host.calendars.find(({ remote }) => remote.provider === provider);
  if (!found) throw new Error(`The host has no calendar of ${provider}.`);
  return found;
};
const eventOf = async (calendar: HttpCalendar) => {
  const [event, ...others] = await world.liveEvents(calendar);
  expect(others).toEqual([]);
  return event;
};
const hour = (day: string) => ({ start: new Date(`${day}T10:00:00Z`), end: new Date(`${day}T11:00:00Z`) });

test("a booking in Google and in Outlook at once: an edit in one reaches the booking and the other, both ways", {
  timeout: 60_000,
}, async () => {
  const [google, outlook] = [calendarOf("googlecalendar"), calendarOf("office365calendar")];
  const { uid } = await world.book(host, new Date("2030-02-05T09:00:00Z"), "guest");
  await world.settle();
  const { prisma } = world.database;
  const booking = () => prisma.booking.findUniqueOrThrow({ where: { uid } });
  expect((await eventOf(google))?.start).toBe("2030-02-05T09:00:00.000Z");
  expect((await eventOf(outlook))?.start).toBe("2030-02-05T09:00:00.000Z");

  await outlook.remote.edit(outlook, (await eventOf(outlook))?.id ?? "", {
    time: hour("2030-02-06"),
    title: "Moved in Outlook",
  });
  await world.settle();
  expect(await booking()).toMatchObject({ startTime: hour("2030-02-06").start, title: "Moved in Outlook" });
  expect(await eventOf(google)).toMatchObject({
    start: "2030-02-06T10:00:00.000Z",
    title: "Moved in Outlook",
  });

  await google.remote.edit(google, (await eventOf(google))?.id ?? "", {
    time: hour("2030-02-07"),
    location: "Room 4",
  });
  await world.settle();
  expect(await booking()).toMatchObject({ startTime: hour("2030-02-07").start, location: "Room 4" });
  expect(await eventOf(outlook)).toMatchObject({
    start: "2030-02-07T10:00:00.000Z",
    location: "Room 4",
    title: "Moved in Outlook",
  });
  expect(await sideDifferences(prisma, host.userId, await world.sides(host))).toEqual([]);

  await outlook.remote.delete(outlook, (await eventOf(outlook))?.id ?? "");
  await world.settle();
  // A deletion is looked for in the host's other calendar before it counts.
  world.clock.advance({ minutes: 3 });
  await world.tick();
  expect((await booking()).status).toBe("CANCELLED");
  expect(await world.liveEvents(google)).toEqual([]);
});
