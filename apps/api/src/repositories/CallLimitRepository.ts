import type { PrismaClient } from "@calsync/prisma";
import { Redis } from "ioredis";
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  type RateLimiterStoreAbstract,
} from "rate-limiter-flexible";

/** A quota that all processes share: so many units within each stretch of time. */
export interface SharedQuota {
  /** In front of the keys in the store. */
  name: string;
  units: number;
  perMs: number;
}

/** Makes the shared counter of a quota. */
export type QuotaStore = (quota: SharedQuota) => RateLimiterStoreAbstract;

/** Counters in PostgreSQL: one statement per reservation. */
export function postgresQuotas(prisma: PrismaClient): QuotaStore {
  const storeClient = {
    async query({ text, values }: { text: string; values: readonly unknown[] }) {
      // A time in milliseconds is too large for the integer that a number would be sent as.
      const sent = values.map((value) => (typeof value === "number" ? BigInt(Math.round(value)) : value));
      const rows = await prisma.$queryRawUnsafe<{ points: number; expire: bigint | null }[]>(text, ...sent);
      return {
        rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) })),
        // By this it tells a key that nobody has counted yet.
        rowCount: rows.length,
      };
    },
  };
  return ({ name, units, perMs }) =>
    new RateLimiterPostgres({
      ...common(name, units, perMs),
      storeClient,
      storeType: "client",
      tableName: "CallLimit",
      tableCreated: true,
      clearExpiredByTimeout: false,
    });
}

/** Counters in Redis. While it cannot be reached, each process counts for itself, at once: no call waits for it to come back. */
export function redisQuotas(redis: Redis): QuotaStore {
  return ({ name, units, perMs }) =>
    new RateLimiterRedis({
      ...common(name, units, perMs),
      storeClient: redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(common(name, units, perMs)),
    });
}

/** A connection that is made now, and anew whenever it is lost; a command that was under way then fails. */
export function connectRedis(url: string): Redis {
  return new Redis(url, { maxRetriesPerRequest: 1 });
}

/** Deletes the counters of times that are over. @returns how many */
export function deleteExpiredQuotas(prisma: PrismaClient, now: Date): Promise<number> {
  return prisma.$executeRaw`DELETE FROM "CallLimit" WHERE "expire" < ${now.getTime()}`;
}

function common(name: string, units: number, perMs: number) {
  return { keyPrefix: name, points: units, duration: perMs / 1_000 };
}
