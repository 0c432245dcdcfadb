import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Sql = PrismaClient | PrismaTransaction;

/** A webhook as its owner sees it, without its secrets. */
export interface WebhookRow {
  id: string;
  teamId: number | null;
  teamName: string | null;
  name: string;
  url: string;
  events: string[];
  active: boolean;
  disabledReason: string | null;
  disabledAt: Date | null;
  failingSince: Date | null;
  previousSecretUntil: Date | null;
  createdAt: Date;
}

/** What a user may set. */
export interface WebhookFields {
  name: string;
  url: string;
  events: readonly string[];
  active: boolean;
}

const COLUMNS = `w."id"::text, w."teamId", t."name" AS "teamName", w."name", w."url", w."events", w."active", w."disabledReason",
  w."disabledAt", w."failingSince", w."previousSecretUntil", w."createdAt"`;

/** A user's own webhooks, and those of the teams that they run. */
const OF_USER = `(w."userId" = $1 OR w."teamId" IN (
  SELECT m."teamId" FROM "Membership" m WHERE m."userId" = $1 AND m."role" IN ('ADMIN', 'OWNER')))`;

/** Every query is scoped by the user. */
export async function findAll(sql: Sql, userId: number): Promise<WebhookRow[]> {
  return sql.$queryRawUnsafe<WebhookRow[]>(
    `SELECT ${COLUMNS} FROM "Webhook" w LEFT JOIN "Team" t ON t."id" = w."teamId"
     WHERE ${OF_USER} ORDER BY w."createdAt", w."id"`,
    userId,
  );
}

/** A webhook that the user may see, alone or through a team; null when there is none. */
export async function findOne(sql: Sql, userId: number, id: string): Promise<WebhookRow | null> {
  const rows = await sql.$queryRawUnsafe<WebhookRow[]>(
    `SELECT ${COLUMNS} FROM "Webhook" w LEFT JOIN "Team" t ON t."id" = w."teamId" WHERE ${OF_USER} AND w."id" = $2::uuid`,
    userId,
    id,
  );
  return rows[0] ?? null;
}

/** Whether the user runs the team. */
export async function runsTeam(sql: Sql, userId: number, teamId: number): Promise<boolean> {
  const rows = await sql.$queryRaw<unknown[]>`
    SELECT 1 FROM "Membership" WHERE "userId" = ${userId} AND "teamId" = ${teamId} AND "role" IN ('ADMIN', 'OWNER')`;
  return rows.length > 0;
}

/** How many webhooks the user or the team has. */
export async function countOf(sql: Sql, owner: { userId: number } | { teamId: number }): Promise<number> {
  return sql.webhook.count({ where: owner });
}

/** Stores a webhook of a user or of a team. */
export async function insert(
  sql: Sql,
  webhook: WebhookFields & { id: string; secret: string; createdAt: Date } & (
      | { userId: number }
      | { teamId: number }
    ),
): Promise<void> {
  await sql.webhook.create({ data: { ...webhook, events: [...webhook.events] }, select: { id: true } });
}

/** Switching it on forgets why it was off, and its failures. */
export async function update(
  sql: Sql,
  userId: number,
  id: string,
  changes: Partial<WebhookFields>,
): Promise<boolean> {
  const { name = null, url = null, events = null, active = null } = changes;
  const count = await sql.$executeRawUnsafe(
    `UPDATE "Webhook" w
     SET "name" = coalesce($3, w."name"), "url" = coalesce($4, w."url"), "events" = coalesce($5::text[], w."events"),
         "active" = coalesce($6::boolean, w."active"), "updatedAt" = now(),
         "disabledReason" = CASE WHEN $6 THEN NULL ELSE w."disabledReason" END,
         "disabledAt" = CASE WHEN $6 THEN NULL ELSE w."disabledAt" END,
         "failingSince" = CASE WHEN $6 OR $4 IS NOT NULL THEN NULL ELSE w."failingSince" END,
         "failuresInARow" = CASE WHEN $6 OR $4 IS NOT NULL THEN 0 ELSE w."failuresInARow" END,
         "pausedUntil" = CASE WHEN $6 OR $4 IS NOT NULL THEN NULL ELSE w."pausedUntil" END
     WHERE ${OF_USER} AND w."id" = $2::uuid`,
    userId,
    id,
    name,
    url,
    events,
    active,
  );
  return count === 1;
}

/** Deletes a webhook of the user's. @returns whether there was one */
export async function remove(sql: Sql, userId: number, id: string): Promise<boolean> {
  const count = await sql.$executeRawUnsafe(
    `DELETE FROM "Webhook" w WHERE ${OF_USER} AND w."id" = $2::uuid`,
    userId,
    id,
  );
  return count === 1;
}

/**
 * Makes a new secret the current one. The one before it signs too until `keepUntil`; one that is older still ends at once.
 */
export async function rotateSecret(
  sql: Sql,
  userId: number,
  id: string,
  secret: string,
  keepUntil: Date | null,
): Promise<boolean> {
  const count = await sql.$executeRawUnsafe(
    `UPDATE "Webhook" w
     SET "previousSecret" = CASE WHEN $4::timestamptz IS NULL THEN NULL ELSE w."secret" END, "previousSecretUntil" = $4::timestamptz,
         "secret" = $3, "updatedAt" = now()
     WHERE ${OF_USER} AND w."id" = $2::uuid`,
    userId,
    id,
    secret,
    keepUntil,
  );
  return count === 1;
}

/** Ends the previous secret before its time. */
export async function endPreviousSecret(sql: Sql, userId: number, id: string): Promise<boolean> {
  const count = await sql.$executeRawUnsafe(
    `UPDATE "Webhook" w SET "previousSecret" = NULL, "previousSecretUntil" = NULL, "updatedAt" = now()
     WHERE ${OF_USER} AND w."id" = $2::uuid`,
    userId,
    id,
  );
  return count === 1;
}

/** Switches a webhook off for good reason. @returns whom to tell, empty when it was off already */
export async function disable(
  sql: Sql,
  id: string,
  reason: "gone" | "failing",
  now: Date,
): Promise<{ url: string; userIds: number[] }> {
  const rows = await sql.$queryRaw<{ url: string; userIds: number[] }[]>`
    UPDATE "Webhook" w SET "active" = false, "disabledReason" = ${reason}, "disabledAt" = ${now}, "updatedAt" = now()
    WHERE w."id" = ${id}::uuid AND w."active"
    RETURNING w."url", CASE WHEN w."userId" IS NOT NULL THEN ARRAY[w."userId"]
      ELSE ARRAY(SELECT m."userId" FROM "Membership" m WHERE m."teamId" = w."teamId" AND m."role" IN ('ADMIN', 'OWNER')) END
      AS "userIds"`;
  return rows[0] ?? { url: "", userIds: [] };
}
