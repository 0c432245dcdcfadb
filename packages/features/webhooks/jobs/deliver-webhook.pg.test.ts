import { createHmac, timingSafeEqual } from "node:crypto";
import { type JobRun, runJobsUntilEmpty } from "@calsync/jobs";
import { createOutboundGuard, createSecretBox } from "@calsync/lib";
import { createBooking, createTestDatabase, createUser, type TestDatabase } from "@calsync/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { webhookMessageSchema } from "../messages/webhook-message.ts";
import type { WebhookDependencies, WebhookSettings } from "../services/dependencies.ts";
import { queueBookingWebhooks } from "../services/queue-booking-webhooks.ts";
import { webhookJobs } from "../services/webhook-jobs.ts";
import { createWebhookService, type WebhookService } from "../services/webhook-service.ts";
import { type Received, type Receiver, startReceiver } from "../test-support/receiver.ts";
import { tendWebhooksJob } from "./tend-webhooks.job.ts";

let database: TestDatabase;
let receiver: Receiver;
let now: Date;
let userId: number;
let service: WebhookService;
let deps: WebhookDependencies;
const told: { url: string; userIds: readonly number[] }[] = [];
const HOUR_MS = 3_600_000;
const SETTINGS: Partial<WebhookSettings> = { maxTries: 4, timeoutMs: 300, backoffBaseMs: 1_000 };

beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
});
afterAll(async () => {
  await receiver.close();
  await database.drop();
});
beforeEach(async () => {
  now = new Date("2030-01-01T08:00:00.000Z");
  await database.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
  deps = {
    prisma: database.prisma,
    secretBox: createSecretBox({ keys: [{ id: "k1", key: new Uint8Array(32).fill(7) }], current: "k1" }),
    guard: createOutboundGuard({ allow: ["127.0.0.1"] }),
    now: () => now,
    settings: SETTINGS,
    tellDisabled: async (_tx, { url, userIds }) => void told.push({ url, userIds }),
    random: () => 1 - Number.EPSILON,
  };
  service = createWebhookService(deps);
  userId = (await createUser(database.prisma)).id;
});
afterEach(() => {
  receiver.received.length = 0;
  receiver.answer = () => ({ status: 200 });
  told.length = 0;
});

const advance = (ms: number) => {
  now = new Date(now.getTime() + ms);
};
const run = (): Promise<JobRun[]> =>
  runJobsUntilEmpty(database.prisma, webhookJobs(deps), { clock: () => now });

async function makeWebhook(url = receiver.url) {
  const { webhook, secret } = await service.create(userId, {
    name: "",
    url,
    events: ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
    active: true,
  });
  return { id: webhook.id, secret };
}

const logOf = async (id: string) => (await service.deliveries(userId, id, { limit: 100 })).deliveries;

/** As docs/webhooks.md shows it. */
function verifies({ headers, body }: Received, secret: string): boolean {
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(signed).digest();
  return String(headers["webhook-signature"])
    .split(" ")
    .some((one) => {
      const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

describe("a message", () => {
  test("arrives signed, in the documented shape, and is logged", async () => {
    const { id, secret } = await makeWebhook();
    const booking = await createBooking(database.prisma, { hostId: userId });
    const actor = { by: "guest", name: "Ann", via: null } as const;
    await database.prisma.$transaction((tx) =>
      queueBookingWebhooks(tx, [{ bookingId: booking.id, happened: "booked", actor, settleMs: 0 }], { now }),
    );
    receiver.answer = () => ({ status: 202, body: "thank you" });
    await run();
    expect(receiver.received).toHaveLength(1);
    const [one] = receiver.received as [Received];
    expect(verifies(one, secret)).toBe(true);
    expect(verifies({ ...one, body: `${one.body} ` }, secret)).toBe(false);
    expect(one.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(Number(one.headers["webhook-timestamp"])).toBe(now.getTime() / 1_000);
    const message = webhookMessageSchema.parse(JSON.parse(one.body));
    expect(message).toMatchObject({ type: "BOOKING_CREATED", version: 1, timestamp: now.toISOString() });
    expect(message.id).toBe(one.headers["webhook-id"]);
    expect(await logOf(id)).toMatchObject([
      { id: message.id, status: "DELIVERED", attempts: 1, responseStatus: 202, responseExcerpt: "thank you" },
    ]);
  });

  test("is signed with both secrets during a rotation, and with the new one alone after it", async () => {
    const { id, secret: first } = await makeWebhook();
    const { secret: second } = await service.rotateSecret(userId, id, { keepPreviousHours: 2 });
    await service.ping(userId, id);
    await run();
    advance(2 * HOUR_MS);
    await service.ping(userId, id);
    await run();
    const { secret: third } = await service.rotateSecret(userId, id, { keepPreviousHours: 24 });
    await service.endPreviousSecret(userId, id);
    await service.ping(userId, id);
    await run();
    const check = receiver.received.map((one) =>
      [first, second, third].map((secret) => verifies(one, secret)),
    );
    expect(check).toEqual([
      [true, true, false],
      [false, true, false],
      [false, false, true],
    ]);
  });

  test("keeps its secrets sealed in the database", async () => {
    const { id, secret } = await makeWebhook();
    await service.rotateSecret(userId, id, { keepPreviousHours: 1 });
    const row = await database.prisma.webhook.findUniqueOrThrow({ where: { id } });
    expect(JSON.stringify(row)).not.toContain(secret.slice("whsec_".length));
    expect(row.previousSecret).toMatch(/^k1\./);
    expect(JSON.stringify(await service.list(userId))).not.toMatch(/secret"|whsec_/);
  });
});

describe("when a receiver fails", () => {
  test("tries again under the same id with growing pauses, until it arrives", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => ({ status: receiver.received.length < 3 ? 500 : 200, body: "oh" });
    await service.ping(userId, id);
    await run();
    expect(await logOf(id)).toMatchObject([
      {
        status: "QUEUED",
        attempts: 1,
        error: "The receiver answered 500.",
        nextAttemptAt: new Date(now.getTime() + 1_000),
      },
    ]);
    advance(1_000);
    await run();
    advance(1_999);
    await run();
    expect(receiver.received).toHaveLength(2);
    advance(1);
    await run();
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await logOf(id)).toMatchObject([{ status: "DELIVERED", attempts: 3, error: null }]);
    expect(await service.get(userId, id)).toMatchObject({ failingSince: null });
  });

  test("waits as long as Retry-After asks, in seconds or as a date", async () => {
    const { id } = await makeWebhook();
    const asks = ["600", new Date(now.getTime() + 20 * 60_000).toUTCString()];
    receiver.answer = () => ({
      status: 503,
      headers: { "retry-after": asks[receiver.received.length - 1] ?? "0" },
    });
    await service.ping(userId, id);
    await run();
    expect((await logOf(id))[0]?.nextAttemptAt).toEqual(new Date(now.getTime() + 600_000));
    advance(600_000);
    await run();
    expect((await logOf(id))[0]?.nextAttemptAt).toEqual(new Date(now.getTime() + 600_000));
  });

  test("gives up after the last try, and sends it again when asked to", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => ({ status: 500 });
    const deliveryId = await service.ping(userId, id);
    for (let tries = 0; tries < 8; tries++) {
      await run();
      advance(HOUR_MS);
    }
    expect(receiver.received).toHaveLength(4);
    expect(await logOf(id)).toMatchObject([{ status: "FAILED", attempts: 4, nextAttemptAt: null }]);
    receiver.answer = () => ({ status: 200 });
    await service.replay(userId, id, deliveryId);
    await run();
    expect(await logOf(id)).toMatchObject([{ id: deliveryId, status: "DELIVERED", attempts: 1 }]);
    expect(receiver.received.at(-1)?.headers["webhook-id"]).toBe(deliveryId);
  });

  test("sends all that has failed since a time again, and nothing older", async () => {
    const { id } = await makeWebhook();
    const old = await service.ping(userId, id);
    advance(HOUR_MS);
    const since = now;
    const recent = [await service.ping(userId, id), await service.ping(userId, id)];
    await database.prisma.webhookDelivery.updateMany({
      where: { webhookId: id },
      data: { status: "FAILED" },
    });
    expect(await service.replayFailed(userId, id, since)).toBe(2);
    await run();
    const delivered = (await logOf(id)).filter(({ status }) => status === "DELIVERED").map((one) => one.id);
    expect(delivered.sort()).toEqual(recent.sort());
    expect((await logOf(id)).find((one) => one.id === old)?.status).toBe("FAILED");
  });

  test("does not follow redirects and takes a slow answer for none", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => ({ status: 307, headers: { location: "http://169.254.169.254/" } });
    await service.ping(userId, id);
    await run();
    expect((await logOf(id))[0]).toMatchObject({
      responseStatus: 307,
      error: "The receiver answered with a redirect (307), which is not followed.",
    });
    receiver.answer = () => null;
    advance(1_000);
    await run();
    expect((await logOf(id))[0]).toMatchObject({
      responseStatus: null,
      error: "127.0.0.1 did not answer in time.",
    });
  });

  test("does not call the other messages' receiver in vain while it does not answer at all", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => null;
    for (let count = 0; count < 5; count++) await service.ping(userId, id);
    await run();
    expect(receiver.received).toHaveLength(1);
    receiver.answer = () => ({ status: 200 });
    advance(10_000);
    await run();
    expect(receiver.received).toHaveLength(6);
  });

  test("never reaches an address that is private, also when the name turned private later", async () => {
    const addresses = ["93.184.215.14"];
    deps = { ...deps, guard: createOutboundGuard({ resolve: async () => addresses }) };
    service = createWebhookService(deps);
    await expect(makeWebhook("https://10.0.0.8/hook")).rejects.toMatchObject({ code: "bad_webhook_url" });
    await expect(makeWebhook("http://hooks.example/")).rejects.toMatchObject({ code: "bad_webhook_url" });
    const { id } = await makeWebhook("https://hooks.example/");
    addresses[0] = "169.254.169.254";
    await service.ping(userId, id);
    await run();
    expect((await logOf(id))[0]).toMatchObject({
      status: "QUEUED",
      error: "hooks.example is not an address of the public internet.",
    });
  });
});

describe("a webhook", () => {
  test("is switched off by 410, what waits for it fails, and its owner is told once", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => ({ status: 410 });
    await service.ping(userId, id);
    await service.ping(userId, id);
    await run();
    expect(receiver.received).toHaveLength(1);
    expect(await service.get(userId, id)).toMatchObject({
      active: false,
      disabledReason: "gone",
      disabledAt: now,
    });
    expect((await logOf(id)).map(({ status }) => status)).toEqual(["FAILED", "FAILED"]);
    expect(told).toEqual([{ url: receiver.url, userIds: [userId] }]);
    await expect(service.ping(userId, id)).rejects.toMatchObject({ code: "webhook_inactive" });
    await service.update(userId, id, { active: true });
    receiver.answer = () => ({ status: 200 });
    await service.ping(userId, id);
    await run();
    expect(await service.get(userId, id)).toMatchObject({
      active: true,
      disabledReason: null,
      failingSince: null,
    });
  });

  test("is switched off when nothing has arrived for five days and one more message has failed for good", async () => {
    const { id } = await makeWebhook();
    receiver.answer = () => ({ status: 500 });
    const failForGood = async () => {
      await service.ping(userId, id);
      for (let tries = 0; tries < 4; tries++) {
        await run();
        advance(HOUR_MS);
      }
    };
    await failForGood();
    expect(await service.get(userId, id)).toMatchObject({ active: true });
    advance(5 * 24 * HOUR_MS);
    await failForGood();
    expect(await service.get(userId, id)).toMatchObject({ active: false, disabledReason: "failing" });
    expect(told).toHaveLength(1);
  });

  test("says nothing of a flurry of moves that ended where it began", async () => {
    const { id } = await makeWebhook();
    const booking = await createBooking(database.prisma, { hostId: userId });
    const actor = { by: "host", name: null, via: null } as const;
    const move = (start: string) => ({
      bookingId: booking.id,
      happened: "rescheduled" as const,
      actor,
      settleMs: 2_000,
      previous: { start, end: new Date(Date.parse(start) + HOUR_MS).toISOString() },
    });
    for (const start of [booking.startTime.toISOString(), "2030-01-07T15:00:00.000Z"]) {
      await database.prisma.$transaction((tx) => queueBookingWebhooks(tx, [move(start)], { now }));
    }
    advance(2_000);
    await run();
    expect(receiver.received).toEqual([]);
    expect((await logOf(id)).map(({ status }) => status)).toEqual(["SUPERSEDED"]);
  });

  test("is nobody else's: another user finds, changes and replays nothing", async () => {
    const { id } = await makeWebhook();
    const deliveryId = await service.ping(userId, id);
    const stranger = (await createUser(database.prisma)).id;
    const unknown = { code: "unknown_webhook" };
    expect(await service.list(stranger)).toEqual([]);
    await expect(service.get(stranger, id)).rejects.toMatchObject(unknown);
    await expect(service.update(stranger, id, { active: false })).rejects.toMatchObject(unknown);
    await expect(service.rotateSecret(stranger, id, { keepPreviousHours: 0 })).rejects.toMatchObject(unknown);
    await expect(service.endPreviousSecret(stranger, id)).rejects.toMatchObject(unknown);
    await expect(service.remove(stranger, id)).rejects.toMatchObject(unknown);
    await expect(service.deliveries(stranger, id, { limit: 1 })).rejects.toMatchObject(unknown);
    await expect(service.replay(stranger, id, deliveryId)).rejects.toMatchObject(unknown);
    await expect(service.replayFailed(stranger, id, now)).rejects.toMatchObject(unknown);
    const mine = await makeWebhook();
    await expect(service.replay(userId, mine.id, deliveryId)).rejects.toMatchObject({
      code: "unknown_delivery",
    });
    await run();
  });

  test("of a team is managed by those who run it, not by its members", async () => {
    const team = await database.prisma.team.create({ data: { name: "Team", slug: `run-by-${userId}` } });
    const member = (await createUser(database.prisma)).id;
    const { prisma } = database;
    await prisma.membership.create({ data: { teamId: team.id, userId, role: "OWNER" } });
    await prisma.membership.create({ data: { teamId: team.id, userId: member, role: "MEMBER" } });
    const fields = {
      name: "",
      url: receiver.url,
      events: ["BOOKING_CREATED" as const],
      active: true,
      teamId: team.id,
    };
    const { webhook } = await service.create(userId, fields);
    expect(webhook).toMatchObject({ teamId: team.id, teamName: "Team" });
    expect(await service.list(member)).toEqual([]);
    await expect(service.create(member, fields)).rejects.toMatchObject({ code: "unknown_team" });
  });
});

test("tending finds deliveries whose job was lost and forgets those of more than 30 days ago", async () => {
  const { id } = await makeWebhook();
  const old = await service.ping(userId, id);
  await run();
  advance(31 * 24 * HOUR_MS);
  await service.ping(userId, id);
  await database.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
  advance(HOUR_MS);
  const tend = webhookJobs(deps).find(({ job }) => job.name === tendWebhooksJob.name);
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const context = { attempt: 1, maxAttempts: 1, lastAttempt: true, log, jobId: "1", now: () => now };
  await tend?.handler({} as never, { ...context, signal: new AbortController().signal });
  await run();
  const deliveries = await logOf(id);
  expect(deliveries.map(({ status }) => status)).toEqual(["DELIVERED"]);
  expect(deliveries.map((one) => one.id)).not.toContain(old);
});
