import { createHash } from "node:crypto";
import { jobStats } from "@calsync/jobs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld } from "../test-support/api-world.ts";

const SECRET = "channel-secret-that-stays-out-of-logs";

let world: ApiWorld;
let calendarSyncId: string;
beforeAll(async () => {
  world = await createApiWorld();
  const user = await world.signUp("host");
  const credential = await world.database.prisma.credential.create({
    data: { userId: user.userId, provider: "googlecalendar", accountId: "1", secret: "k1.a.b.c" },
  });
  const sync = await world.database.prisma.calendarSync.create({
    data: {
      userId: user.userId,
      credentialId: credential.id,
      provider: "googlecalendar",
      externalCalendarId: "host@gmail.test",
      name: "Host",
      subscriptions: {
        create: {
          provider: "googlecalendar",
          status: "ACTIVE",
          providerSubscriptionId: "channel-1",
          secretHash: createHash("sha256").update(SECRET).digest(),
          expiresAt: new Date(Date.now() + 86_400_000),
        },
      },
    },
  });
  calendarSyncId = sync.id;
});
afterAll(() => world.close());

function notify(headers: Record<string, string>, url = "/v1/notifications/googlecalendar", payload = "") {
  return world.app.inject({ method: "POST", url, headers, payload });
}

const google = (token: string, channel = "channel-1") => ({
  "x-goog-channel-id": channel,
  "x-goog-channel-token": token,
  "x-goog-resource-state": "exists",
  "x-goog-message-number": "7",
});

const waitingPulls = async () => {
  const { jobs } = await jobStats(world.database.prisma);
  return jobs.find(({ name }) => name === "pull-calendar")?.due ?? 0;
};

test("a burst of notifications with the channel's secret is one pull", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => notify(google(SECRET))));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 204));
  expect(await waitingPulls()).toBe(1);
  const sync = await world.database.prisma.calendarSync.findUniqueOrThrow({ where: { id: calendarSyncId } });
  expect(sync.lastNotificationAt).not.toBeNull();
});

test("a wrong secret, an unknown channel, an unknown provider and a request that is none change nothing", async () => {
  const before = await world.database.prisma.calendarSync.findUniqueOrThrow({
    where: { id: calendarSyncId },
  });
  const answers = await Promise.all([
    notify(google("wrong")),
    notify(google(SECRET, "channel-2")),
    notify(google(SECRET), "/v1/notifications/nothere"),
    notify({}),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404, 400]);
  const after = await world.database.prisma.calendarSync.findUniqueOrThrow({ where: { id: calendarSyncId } });
  expect(after).toEqual(before);
});

test("bodies of any media type are taken as they come, up to a limit", async () => {
  const typed = { ...google(SECRET), "content-type": "application/json" };
  expect((await notify(typed, undefined, "{not json")).statusCode).toBe(204);
  expect((await notify(typed, undefined, "x".repeat(300_000))).statusCode).toBe(413);
});

test("a notification's secret is in no log line", async () => {
  await notify(google(SECRET));
  await notify(google(`${SECRET}-wrong`));
  expect(world.logged()).not.toContain(SECRET);
});
