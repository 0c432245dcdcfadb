import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Sql = PrismaClient | PrismaTransaction;

/** A delivery that is about to be tried, with where it goes. */
export interface Attempt {
  id: string;
  event: string;
  payload: unknown;
  createdAt: Date;
  /** Number of this try, from 1. */
  attempts: number;
  webhookId: string;
  url: string;
  secret: string;
  previousSecret: string | null;
}

/** Why a delivery is not tried now. */
export interface Waiting {
  /** `over`: it is done with, or gone. `early`: not before `until`. `off`: its webhook is switched off. */
  why: "over" | "early" | "off";
  until: Date;
}

/** What came of a try. */
export interface AttemptResult {
  id: string;
  webhookId: string;
  responseStatus: number | null;
  responseExcerpt: string | null;
  durationMs: number;
  at: Date;
}

/**
 * Counts a try of a delivery that waits and is due, unless its webhook is off or paused. From then on no later news take its
 * place. @returns null when it is not to be tried now; `whyWaiting` tells why
 */
export async function beginAttempt(sql: Sql, id: string, now: Date): Promise<Attempt | null> {
  const rows = await sql.$queryRaw<Attempt[]>`
    UPDATE "WebhookDelivery" d SET "attempts" = d."attempts" + 1, "lastAttemptAt" = ${now}
    FROM "Webhook" w
    WHERE d."id" = ${id}::uuid AND d."status" = 'QUEUED' AND coalesce(d."nextAttemptAt" <= ${now}, true)
      AND w."id" = d."webhookId" AND w."active" AND coalesce(w."pausedUntil" <= ${now}, true)
    RETURNING d."id"::text, d."event", d."payload", d."createdAt", d."attempts", w."id"::text AS "webhookId", w."url",
              w."secret", CASE WHEN w."previousSecretUntil" > ${now} THEN w."previousSecret" END AS "previousSecret"`;
  return rows[0] ?? null;
}

/** Why a delivery was not posted yet, and until when. */
export async function whyWaiting(sql: Sql, id: string, now: Date): Promise<Waiting> {
  const [row] = await sql.$queryRaw<{ active: boolean; until: Date | null }[]>`
    SELECT w."active", greatest(d."nextAttemptAt", w."pausedUntil") AS "until"
    FROM "WebhookDelivery" d JOIN "Webhook" w ON w."id" = d."webhookId"
    WHERE d."id" = ${id}::uuid AND d."status" = 'QUEUED'`;
  if (!row) return { why: "over", until: now };
  if (!row.active) return { why: "off", until: now };
  return { why: "early", until: row.until ?? now };
}

/** It has arrived: the webhook is well again. */
export async function markDelivered(sql: Sql, result: AttemptResult): Promise<void> {
  await sql.$executeRaw`
    WITH delivered AS (
      UPDATE "WebhookDelivery"
      SET "status" = 'DELIVERED', "responseStatus" = ${result.responseStatus}, "responseExcerpt" = ${result.responseExcerpt},
          "durationMs" = ${result.durationMs}, "error" = NULL, "deliveredAt" = ${result.at}, "nextAttemptAt" = NULL
      WHERE "id" = ${result.id}::uuid)
    UPDATE "Webhook" SET "failingSince" = NULL, "failuresInARow" = 0, "pausedUntil" = NULL
    WHERE "id" = ${result.webhookId}::uuid AND "failingSince" IS NOT NULL`;
}

/**
 * A try has failed. Without `nextAttemptAt` it was the last one.
 * @param failure.pausedUntil set when the receiver as a whole does not answer: its other deliveries wait too
 * @returns since when nothing has arrived at this webhook
 */
export async function markFailed(
  sql: Sql,
  result: AttemptResult,
  failure: { error: string; nextAttemptAt: Date | null; pausedUntil: Date | null },
): Promise<Date> {
  const [row] = await sql.$queryRaw<{ failingSince: Date }[]>`
    WITH failed AS (
      UPDATE "WebhookDelivery"
      SET "status" = ${failure.nextAttemptAt ? "QUEUED" : "FAILED"}::"WebhookDeliveryStatus", "error" = ${failure.error},
          "responseStatus" = ${result.responseStatus}, "responseExcerpt" = ${result.responseExcerpt},
          "durationMs" = ${result.durationMs}, "nextAttemptAt" = ${failure.nextAttemptAt}
      WHERE "id" = ${result.id}::uuid)
    UPDATE "Webhook"
    SET "failingSince" = coalesce("failingSince", ${result.at}), "failuresInARow" = "failuresInARow" + 1,
        "pausedUntil" = greatest("pausedUntil", ${failure.pausedUntil}::timestamptz)
    WHERE "id" = ${result.webhookId}::uuid
    RETURNING "failingSince"`;
  return row?.failingSince ?? result.at;
}

/** It told of nothing after all. */
export async function markSuperseded(sql: Sql, id: string): Promise<void> {
  await sql.$executeRaw`
    UPDATE "WebhookDelivery" SET "status" = 'SUPERSEDED', "nextAttemptAt" = NULL WHERE "id" = ${id}::uuid`;
}

/** Ends what waits for a webhook that is off: it can be sent again when the webhook is on. */
export async function failWaiting(sql: Sql, webhookId: string, error: string): Promise<void> {
  await sql.$executeRaw`
    UPDATE "WebhookDelivery" SET "status" = 'FAILED', "error" = ${error}, "nextAttemptAt" = NULL
    WHERE "webhookId" = ${webhookId}::uuid AND "status" = 'QUEUED'`;
}

/** A delivery as its owner sees it. */
export interface DeliveryRow {
  id: string;
  event: string;
  status: "QUEUED" | "DELIVERED" | "FAILED" | "SUPERSEDED";
  payload: unknown;
  attempts: number;
  responseStatus: number | null;
  responseExcerpt: string | null;
  error: string | null;
  durationMs: number | null;
  createdAt: Date;
  nextAttemptAt: Date | null;
  lastAttemptAt: Date | null;
  deliveredAt: Date | null;
}

/** The log of a webhook, newest first. The caller has made sure that the webhook is the user's. */
export async function findDeliveries(
  sql: Sql,
  webhookId: string,
  query: { status: DeliveryRow["status"] | null; before: { at: Date; id: string } | null; limit: number },
): Promise<DeliveryRow[]> {
  const { status, before, limit } = query;
  return sql.$queryRaw<DeliveryRow[]>`
    SELECT "id"::text, "event", "status"::text, "payload", "attempts", "responseStatus", "responseExcerpt", "error",
           "durationMs", "createdAt", "nextAttemptAt", "lastAttemptAt", "deliveredAt"
    FROM "WebhookDelivery"
    WHERE "webhookId" = ${webhookId}::uuid
      AND (${status}::text IS NULL OR "status"::text = ${status})
      AND (${before === null} OR ("createdAt", "id") < (${before?.at ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    ORDER BY "createdAt" DESC, "id" DESC LIMIT ${limit}`;
}

/** Queues one delivery of a webhook again, whatever came of it; its tries are counted anew. @returns whether there is one */
export async function requeueOne(sql: Sql, webhookId: string, id: string, now: Date): Promise<boolean> {
  const count = await sql.$executeRaw`
    UPDATE "WebhookDelivery"
    SET "status" = 'QUEUED', "attempts" = 0, "coalesceKey" = NULL, "nextAttemptAt" = ${now}, "deliveredAt" = NULL
    WHERE "webhookId" = ${webhookId}::uuid AND "id" = ${id}::uuid`;
  return count === 1;
}

/** Queues what has failed since a time again, the oldest first, at most `limit`. @returns their ids */
export async function requeueFailed(
  sql: Sql,
  webhookId: string,
  since: Date,
  now: Date,
  limit: number,
): Promise<string[]> {
  const rows = await sql.$queryRaw<{ id: string }[]>`
    UPDATE "WebhookDelivery" d SET "status" = 'QUEUED', "attempts" = 0, "coalesceKey" = NULL, "nextAttemptAt" = ${now}
    FROM (SELECT "id" FROM "WebhookDelivery"
          WHERE "webhookId" = ${webhookId}::uuid AND "status" = 'FAILED' AND "createdAt" >= ${since}
          ORDER BY "createdAt" LIMIT ${limit}) f
    WHERE d."id" = f."id" RETURNING d."id"::text`;
  return rows.map(({ id }) => id);
}

/** Deliveries that are long due although no job works on them: the net under a lost job. */
export async function findForgotten(sql: Sql, dueBefore: Date, limit: number): Promise<string[]> {
  const rows = await sql.$queryRaw<{ id: string }[]>`
    SELECT d."id"::text FROM "WebhookDelivery" d JOIN "Webhook" w ON w."id" = d."webhookId"
    WHERE d."status" = 'QUEUED' AND d."nextAttemptAt" < ${dueBefore} AND w."active"
      AND coalesce(w."pausedUntil" < ${dueBefore}, true)
    ORDER BY d."nextAttemptAt" LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** Forgets old deliveries, at most `limit` of them. @returns how many */
export async function deleteOld(sql: Sql, before: Date, limit: number): Promise<number> {
  return sql.$executeRaw`
    DELETE FROM "WebhookDelivery" WHERE "id" IN (
      SELECT "id" FROM "WebhookDelivery" WHERE "createdAt" < ${before} ORDER BY "createdAt" LIMIT ${limit})`;
}
