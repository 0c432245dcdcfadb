import { once } from "node:events";
import { createPrismaClient, onQuery, type PrismaClient } from "@calsync/prisma";
import { createTestDatabase, freePort, type TestDatabase } from "@calsync/testing";
import type { CallLimits } from "@calsync/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connectRedis,
  deleteExpiredQuotas,
  postgresQuotas,
  type QuotaStore,
  redisQuotas,
} from "../../repositories/CallLimitRepository.ts";
import { type CallLimiter, createCallLimiter } from "./call-limiter.ts";
import { isRedisInstalled, RedisServer } from "./redis-server.test-support.ts";

const MINUTE_MS = 60_000;
const log = { warn: () => {} };
const limits = (account: number, installation = 100_000, unasked = 0): CallLimits => ({
  account: { units: account, perMs: MINUTE_MS, unasked },
  installation: { units: installation, perMs: MINUTE_MS },
  costs: {},
});

let database: TestDatabase;
let processes: PrismaClient[];
beforeAll(async () => {
  database = await createTestDatabase();
  processes = [1, 2].map(() => createPrismaClient({ url: database.url, queryEvents: true }));
});
afterAll(async () => {
  for (const prisma of processes) await prisma.$disconnect();
  await database.drop();
});

function limiterOn(store: QuotaStore, maxWaitMs = 0): CallLimiter {
  return createCallLimiter({ store, maxWaitMs, factor: 1, log });
}

/** How many of `calls` calls pass, made by the processes in turn. */
async function passed(limiters: CallLimiter[], calls: number, accountId: string, of: CallLimits) {
  const results = await Promise.allSettled(
    Array.from({ length: calls }, (_, index) =>
      limiters[index % limiters.length]!.pass({ provider: "p", accountId, limits: of, units: 1 }),
    ),
  );
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    expect(result.reason).toMatchObject({ code: "RATE_LIMIT_EXCEEDED", advice: { retry: "later" } });
    expect(result.reason.advice.afterMs).toBeGreaterThan(0);
    expect(result.reason.advice.afterMs).toBeLessThanOrEqual(MINUTE_MS + 250);
  }
  return results.filter(({ status }) => status === "fulfilled").length;
}

describe("call limits", () => {
  test("hold for all processes together, and cost a statement per block of calls", async () => {
    let statements = 0;
    const stops = processes.map((prisma) => onQuery(prisma, () => void statements++));
    const limiters = processes.map((prisma) => limiterOn(postgresQuotas(prisma)));
    const count = await passed(limiters, 400, "shared", limits(120));
    for (const stop of stops) stop();
    // At most a block of each process is left over.
    expect(count).toBeLessThanOrEqual(120);
    expect(count).toBeGreaterThanOrEqual(100);
    expect(statements).toBeLessThanOrEqual(20);
  });

  test("are one for each account: one that is used up holds up no other", async () => {
    const limiters = processes.map((prisma) => limiterOn(postgresQuotas(prisma)));
    await passed(limiters, 100, "busy", limits(20));
    expect(await passed(limiters, 1, "busy", limits(20))).toBe(0);
    expect(await passed(limiters, 10, "quiet", limits(20))).toBe(10);
  });

  test("hold for all accounts of an installation together", async () => {
    await database.prisma.callLimit.deleteMany();
    const limiters = processes.map((prisma) => limiterOn(postgresQuotas(prisma)));
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => passed(limiters, 10, `one-${index}`, limits(20, 60))),
    );
    const all = counts.reduce((sum, count) => sum + count, 0);
    expect(all).toBeLessThanOrEqual(60);
    expect(all).toBeGreaterThanOrEqual(50);
  });

  test("let each process make a few calls without asking the others", async () => {
    await database.prisma.callLimit.deleteMany();
    const [limiter] = processes.map((prisma) => limiterOn(postgresQuotas(prisma)));
    await passed([limiter!], 1, "first", limits(20, 100_000, 3));
    let statements = 0;
    const stop = onQuery(processes[0]!, () => void statements++);
    expect(await passed([limiter!], 3, "rare", limits(20, 100_000, 3))).toBe(3);
    stop();
    expect(statements).toBe(0);
  });

  test("let a call wait its turn when that is soon", async () => {
    await database.prisma.callLimit.deleteMany();
    const limiter = limiterOn(postgresQuotas(database.prisma), 4_000);
    const of: CallLimits = {
      account: { units: 3, perMs: 1_000 },
      installation: { units: 1_000, perMs: 1_000 },
      costs: {},
    };
    const start = performance.now();
    expect(await passed([limiter], 6, "waits", of)).toBe(6);
    expect(performance.now() - start).toBeGreaterThan(800);
  });

  test("let calls pass when the counter cannot be read: the provider's own limits still hold", async () => {
    const gone = createPrismaClient({ url: database.url.replace(/\/[^/]*$/, "/no_such_database") });
    try {
      expect(await passed([limiterOn(postgresQuotas(gone))], 3, "any", limits(20))).toBe(3);
    } finally {
      await gone.$disconnect();
    }
  });

  test("leave no rows behind once their time is over", async () => {
    await database.prisma.callLimit.deleteMany();
    await passed([limiterOn(postgresQuotas(database.prisma))], 1, "old", limits(20));
    expect(await deleteExpiredQuotas(database.prisma, new Date())).toBe(0);
    await deleteExpiredQuotas(database.prisma, new Date(Date.now() + 2 * MINUTE_MS));
    expect(await database.prisma.callLimit.count()).toBe(0);
  });
});

describe.runIf(isRedisInstalled())("call limits on Redis", () => {
  let redis: RedisServer;
  let connections: ReturnType<typeof connectRedis>[];
  beforeAll(async () => {
    redis = await RedisServer.start(await freePort());
    connections = [1, 2].map(() => connectRedis(redis.url).on("error", () => {}));
    await Promise.all(connections.map((connection) => once(connection, "ready")));
  });
  afterAll(async () => {
    for (const connection of connections) connection.disconnect();
    await redis.close();
  });

  test("hold for all processes together, and count for each process alone while it cannot be reached", async () => {
    const limiters = connections.map((connection) => limiterOn(redisQuotas(connection)));
    const count = await passed(limiters, 400, "shared", limits(120));
    expect(count).toBeLessThanOrEqual(120);
    expect(count).toBeGreaterThanOrEqual(100);
    expect(await passed(limiters, 10, "shared", limits(120))).toBeLessThanOrEqual(120 - count);

    await redis.close();
    expect(await passed(limiters, 400, "after", limits(120))).toBe(2 * 120);
  });
});
