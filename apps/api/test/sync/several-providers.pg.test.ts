import { MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { caldavRemote } from "./remote/caldav.ts";
import { googleRemote } from "./remote/google.ts";
import { notionRemote } from "./remote/notion.ts";
import { office365Remote } from "./remote/office365.ts";

let world: HttpWorld;
let host: HttpHost;

beforeAll(async () => {
  const caldav = caldavRemote(() => MemoryCaldavServer.start());
  world = await HttpWorld.start([googleRemote, office365Remote, caldav, notionRemote]);
  host = await world.host({ calendars: 1, destinations: 4 });
}, 120_000);
afterAll(() => world?.close());

/** Long enough that calendars which announce nothing are polled. */
async function later(): Promise<void> {
  world.clock.advance({ minutes: 30 });
  await world.tick();
}

/** When the one event of each calendar begins, by provider. */
async function starts(): Promise<Record<string, string[]>> {
  const found = await Promise.all(
    host.calendars.map(async (calendar) => [
      calendar.remote.provider,
      (await world.liveEvents(calendar)).map(({ start }) => start),
    ]),
  );
  return Object.fromEntries(found);
}

const everywhere = (start: string) => ({
  googlecalendar: [start],
  office365calendar: [start],
  caldavcalendar: [start],
  notioncalendar: [start],
});
const at = (day: number, hour: number) => new Date(Date.UTC(2030, 0, day, hour));

/** What the guest was told by mail, in order. */
async function toldTo(address: string): Promise<string[]> {
  const mails = await world.database.prisma.outgoingMail.findMany({
    where: { recipient: address },
    orderBy: { sequence: "asc" },
  });
  return mails.map(({ kind }) => kind);
}

test("a booking stands in Google, Outlook, CalDAV and Notion at once, a change in any of them reaches the others, and its guest is told once", async () => {
  const { uid } = await world.book(host, at(15, 10), "mira");
  await world.settle();
  expect(await starts()).toEqual(everywhere(at(15, 10).toISOString()));

  for (const [index, calendar] of host.calendars.entries()) {
    const [event] = await world.liveEvents(calendar);
    const [start, end] = [at(16 + index, 12), at(16 + index, 13)];
    await calendar.remote.edit(calendar, event?.id ?? "", { time: { start, end } });
    await later();
    const { startTime } = await world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
    expect([calendar.remote.provider, startTime]).toEqual([calendar.remote.provider, start]);
    expect(await starts()).toEqual(everywhere(start.toISOString()));
  }
  const moves = host.calendars.map(() => "rescheduled");
  expect(await toldTo("mira@guest.test")).toEqual(["booked", ...moves]);

  const notion = host.calendars.find(({ remote }) => remote.provider === "notioncalendar");
  if (!notion) throw new Error("the host has a Notion calendar");
  const [page] = await world.liveEvents(notion);
  await notion.remote.delete(notion, page?.id ?? "");
  await later();
  await later();
  const { status } = await world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
  expect(status).toBe("CANCELLED");
  expect(await starts()).toEqual({
    googlecalendar: [],
    office365calendar: [],
    caldavcalendar: [],
    notioncalendar: [],
  });
  expect(await toldTo("mira@guest.test")).toEqual(["booked", ...moves, "cancelled"]);
  // No calendar has invited anybody on its own.
  for (const { guestMails, provider } of world.remotes)
    expect([provider, guestMails().filter((to) => to.includes("guest.test"))]).toEqual([provider, []]);
}, 60_000);
