import type { GraphSandbox } from "@calsync/provider-sandbox";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HttpCalendar, type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import { startOutlook } from "./remote/office365.ts";

const DAY_MS = 86_400_000;

let world: HttpWorld;
let graph: GraphSandbox;
let host: HttpHost;
let calendar: HttpCalendar;

beforeAll(async () => {
  world = await HttpWorld.start([
    async (clock) => {
      const remote = await startOutlook(clock);
      ({ graph } = remote);
      return remote;
    },
  ]);
}, 120_000);
afterAll(() => world?.close());
beforeEach(async () => {
  if (host) await world.leave(host);
  host = await world.host({ calendars: 1, destinations: 1 });
  calendar = world.calendarAt(host, 0);
  graph.stats.reset();
});

const subscriptions = () => graph.subscriptions(calendar.account.email);
const rows = () =>
  world.database.prisma.calendarSubscription.findMany({
    where: { calendarSyncId: calendar.calendarSyncId },
    orderBy: { createdAt: "asc" },
  });
const place = (title: string) =>
  calendar.remote.place(calendar, {
    title,
    start: new Date("2030-02-05T09:00:00Z"),
    end: new Date("2030-02-05T10:00:00Z"),
  });
const mirrored = () =>
  world.database.prisma.externalEvent.count({ where: { calendarSyncId: calendar.calendarSyncId } });
const calls = (method: string) => graph.stats.calls[`graph.subscriptions.${method}`] ?? 0;

test("one subscription lasts for weeks: its end is moved before it comes, and it goes on telling", async () => {
  const [first] = subscriptions();
  for (let day = 0; day < 15; day++) {
    world.clock.advance({ days: 1 });
    await world.tick();
    expect(subscriptions().map(({ id }) => id)).toEqual([first?.id]);
  }
  expect(await rows()).toMatchObject([{ status: "ACTIVE", providerSubscriptionId: first?.id }]);
  expect([calls("update"), calls("create")]).toEqual([2, 0]);
  await place("After two weeks");
  await world.settle();
  expect(await mirrored()).toBe(1);
});

test("reauthorizationRequired is answered by moving the end, once, and nothing is lost for it", async () => {
  const [subscription] = subscriptions();
  world.clock.advance({ days: 1 });
  graph.sendLifecycle(subscription?.id ?? "", "reauthorizationRequired");
  await world.settle();
  world.clock.advance({ minutes: 1 });
  await world.tick();
  expect([calls("update"), calls("reauthorize"), calls("create")]).toEqual([1, 0, 0]);
  // Unanswered, a quarter of an hour later nothing would be told any more.
  world.clock.advance({ hours: 1 });
  await place("An hour later");
  await world.settle();
  expect(await mirrored()).toBe(1);
  expect(subscriptions()[0]?.expiresMs).toBeGreaterThan(world.clock().getTime() + 5 * DAY_MS);
});

test("subscriptionRemoved leads to another subscription, and what changed meanwhile arrives by delta", async () => {
  const [old] = subscriptions();
  graph.sendLifecycle(old?.id ?? "", "subscriptionRemoved");
  await world.settle();
  await place("Told by nobody");
  world.clock.advance({ minutes: 1 });
  await world.tick();
  world.clock.advance({ minutes: 1 });
  await world.tick();
  const [next, ...others] = subscriptions();
  expect(others).toEqual([]);
  expect(next?.id).not.toBe(old?.id);
  expect((await rows()).map(({ status }) => status)).toEqual(["STOPPED", "ACTIVE"]);
  expect(await mirrored()).toBe(1);
});

test("a subscription that is gone without a word is replaced when it is due for renewal", async () => {
  const [old] = subscriptions();
  const { accessToken } = graph.issueToken({
    email: calendar.account.email,
    clientId: world.container.env.MICROSOFT_CLIENT_ID ?? "",
  });
  await graph.answer({
    verb: "DELETE",
    target: `/v1.0/subscriptions/${old?.id}`,
    headers: { authorization: `Bearer ${accessToken}` },
    text: "",
  });
  world.clock.advance({ days: 6 });
  await world.tick();
  await world.tick();
  expect(subscriptions()).toHaveLength(1);
  expect((await rows()).map(({ status }) => status)).toEqual(["STOPPED", "ACTIVE"]);
});

test("missed notifications are made up for by a pull", async () => {
  calendar.remote.addFault({ fault: "drop-notification" });
  await place("Told by nobody");
  await world.settle();
  calendar.remote.clearFaults();
  expect(await mirrored()).toBe(0);
  graph.sendLifecycle(subscriptions()[0]?.id ?? "", "missed");
  await world.settle();
  expect(await mirrored()).toBe(1);
  expect(calls("update")).toBe(0);
});

test("a change that cannot be read yet when it is announced is looked for again a minute later, once", async () => {
  world.clock.advance({ seconds: 10 });
  graph.faults.add({ fault: "hideFreshChange", account: calendar.account.email });
  await place("Told of too early");
  await world.settle();
  calendar.remote.clearFaults();
  expect(await mirrored()).toBe(0);
  world.clock.advance({ seconds: 80 });
  await world.tick();
  expect(await mirrored()).toBe(1);
  const { prisma } = world.database;
  const { nextPollAt } = await prisma.calendarSync.findUniqueOrThrow({
    where: { id: calendar.calendarSyncId },
  });
  expect(nextPollAt.getTime()).toBeGreaterThan(world.clock().getTime() + 10 * 60_000);
});
