import { MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { caldavRemote } from "./remote/caldav.ts";
import { googleRemote } from "./remote/google.ts";
import { notionRemote } from "./remote/notion.ts";

let world: HttpWorld;
let host: HttpHost;

beforeAll(async () => {
  world = await HttpWorld.start([googleRemote, caldavRemote(() => MemoryCaldavServer.start()), notionRemote]);
  host = await world.host({ calendars: 1, destinations: 3 });
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
  caldavcalendar: [start],
  notioncalendar: [start],
});
const at = (day: number, hour: number) => new Date(Date.UTC(2030, 0, day, hour));

test("a booking stands in Google, CalDAV and Notion at once, and a change in any of them reaches the others", async () => {
  const uid = await world.book(host, at(15, 10), "mira");
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

  const notion = host.calendars.find(({ remote }) => remote.provider === "notioncalendar");
  if (!notion) throw new Error("the host has a Notion calendar");
  const [page] = await world.liveEvents(notion);
  await notion.remote.delete(notion, page?.id ?? "");
  await later();
  await later();
  const { status } = await world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
  expect(status).toBe("CANCELLED");
  expect(await starts()).toEqual({ googlecalendar: [], caldavcalendar: [], notioncalendar: [] });
}, 60_000);
