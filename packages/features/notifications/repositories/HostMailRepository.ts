import { randomUUID } from "node:crypto";
import type { PrismaTransaction } from "@calsync/prisma";
import type { DetailsOf, HostNotice, HostNoticeKind } from "../messages/host-notice.ts";

type Sql = Pick<PrismaTransaction, "$queryRawUnsafe" | "$executeRawUnsafe">;

/** Everything of one kind that one mail tells a host. */
export interface HostMailBatch<Kind extends HostNoticeKind = HostNoticeKind> {
  id: string;
  kind: Kind;
  recipient: { name: string; email: string };
  notices: DetailsOf<Kind>[];
}

/** Inserts news; what was told or waits already is left alone. One statement. @returns whom there is something new for */
export async function insertNotices(
  tx: Sql,
  notices: readonly HostNotice[],
): Promise<{ userId: number; kind: HostNoticeKind }[]> {
  const rows = notices.map(({ userId, kind, key, ...payload }) => ({ userId, kind, key, payload }));
  return tx.$queryRawUnsafe(
    `WITH inserted AS (
       INSERT INTO "HostMail" ("id", "userId", "kind", "key", "payload")
       SELECT gen_random_uuid(), n."userId", n."kind", n."key", n."payload"
       FROM jsonb_to_recordset($1::jsonb) AS n("userId" int, "kind" text, "key" text, "payload" jsonb)
       ON CONFLICT ("userId", "kind", "key") DO NOTHING
       RETURNING "userId", "kind")
     SELECT DISTINCT "userId", "kind" FROM inserted`,
    JSON.stringify(rows),
  );
}

/**
 * Says which mail tells what waits for a host: one that was begun before and may have been sent, as it was then; else a new
 * one for all of it. Commit it before the mail is handed over. @returns the batch's id; null when nothing waits
 */
export async function beginBatch(tx: Sql, userId: number, kind: HostNoticeKind): Promise<string | null> {
  const waiting = await tx.$queryRawUnsafe<{ batchId: string | null }[]>(
    `SELECT "batchId"::text FROM "HostMail"
     WHERE "userId" = $1 AND "kind" = $2 AND "status" = 'QUEUED' ORDER BY "id" FOR UPDATE`,
    userId,
    kind,
  );
  const begun = waiting.find(({ batchId }) => batchId !== null);
  if (begun || waiting.length === 0) return begun?.batchId ?? null;
  const batchId = randomUUID();
  await tx.$executeRawUnsafe(
    `UPDATE "HostMail" SET "batchId" = $3::uuid WHERE "userId" = $1 AND "kind" = $2 AND "status" = 'QUEUED'`,
    userId,
    kind,
    batchId,
  );
  return batchId;
}

/** Locks and reads what a batch still has to tell; null when it has been told. */
export async function lockBatch(tx: Sql, batchId: string): Promise<HostMailBatch | null> {
  const rows = await tx.$queryRawUnsafe<
    { kind: HostNoticeKind; payload: DetailsOf<HostNoticeKind>; name: string; email: string }[]
  >(
    `SELECT m."kind", m."payload", u."name", u."email"
     FROM "HostMail" m JOIN "User" u ON u."id" = m."userId"
     WHERE m."batchId" = $1::uuid AND m."status" = 'QUEUED' ORDER BY m."createdAt", m."id" FOR UPDATE OF m`,
    batchId,
  );
  const [first] = rows;
  if (!first) return null;
  const { kind, name, email } = first;
  return { id: batchId, kind, recipient: { name, email }, notices: rows.map(({ payload }) => payload) };
}

/** The batch was handed over. */
export async function markBatchSent(tx: Sql, batchId: string, sentAt: Date): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "HostMail" SET "status" = 'SENT', "sentAt" = $2, "error" = NULL
     WHERE "batchId" = $1::uuid AND "status" = 'QUEUED'`,
    batchId,
    sentAt,
  );
}

/** Notes why a batch could not be sent; `final` when no further try will be made. */
export async function noteBatchFailure(
  sql: Sql,
  batchId: string,
  failure: { error: string; final: boolean },
): Promise<void> {
  await sql.$executeRawUnsafe(
    `UPDATE "HostMail" SET "error" = $2, "status" = CASE WHEN $3 THEN 'FAILED'::"MailStatus" ELSE "status" END
     WHERE "batchId" = $1::uuid AND "status" = 'QUEUED'`,
    batchId,
    failure.error,
    failure.final,
  );
}
