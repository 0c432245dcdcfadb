import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { ExternalEvent, Interval } from "@calsync/types";
import type { WantedFields } from "../engine/plan-external-edit.ts";
import type { EventSnapshot } from "../engine/snapshot.ts";

type Sql = PrismaClient | PrismaTransaction;

/** An edit of an event that is not ours. */
export interface ExternalEditRow {
  id: string;
  calendarSyncId: string;
  externalEventId: string;
  seriesId: string | null;
  /** Of an occurrence; empty otherwise. */
  originalStart: string;
  kind: "edit" | "delete";
  base: EventSnapshot;
  wanted: WantedFields;
  status: "PENDING" | "APPLIED" | "REFUSED" | "CONFLICT" | "DISCARDED";
  reason: string | null;
  remote: EventSnapshot | null;
  attempts: number;
  nextAttemptAt: Date;
  lastErrorMessage: string | null;
  requestedAt: Date;
  finishedAt: Date | null;
}

/** An edit that asks its host which side counts, and the calendar that it is about. */
export interface AskingEditRow extends ExternalEditRow {
  calendarName: string;
  provider: string;
}

/** A mirrored event with what decides whether it can be edited. */
export interface MirroredRow {
  id: string;
  calendarSyncId: string;
  calendarName: string;
  provider: string;
  externalEventId: string;
  seriesId: string | null;
  originalStart: string;
  version: string | null;
  /** Null when it could not be read. */
  snapshot: ExternalEvent | null;
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  inStep: boolean;
  timeZone: string;
}

const EDIT = Prisma.sql`e."id"::text, e."calendarSyncId"::text, e."externalEventId", e."seriesId", e."originalStart", e."kind",
  e."base", e."wanted", e."status"::text, e."reason", e."remote", e."attempts", e."nextAttemptAt", e."lastErrorMessage",
  e."requestedAt", e."finishedAt"`;

const MIRRORED = Prisma.sql`m."id"::text, s."id"::text AS "calendarSyncId", s."name" AS "calendarName", s."provider",
  m."externalEventId", m."seriesId", m."originalStart", m."version",
  CASE WHEN m."setAsideReason" IS NULL THEN nullif(m."snapshot", '{}'::jsonb) END AS "snapshot",
  coalesce(s."direction", p."direction", 'BOTH')::text AS "direction",
  (s."enabled" AND c."status" = 'ACTIVE' AND coalesce(p."enabled", true)) AS "inStep", u."timeZone"`;

const MIRROR_TABLES = Prisma.sql`"ExternalEvent" m
  JOIN "CalendarSync" s ON s."id" = m."calendarSyncId"
  JOIN "Credential" c ON c."id" = s."credentialId"
  JOIN "User" u ON u."id" = s."userId"
  LEFT JOIN "SyncPreference" p ON p."userId" = s."userId"`;

/** Hosts' edits of events that are not ours, and those events as a calendar view shows them. One statement per method. */
export class ExternalEditRepository {
  /** A user's mirrored event. */
  async findEvent(sql: Sql, userId: number, id: string): Promise<MirroredRow | null> {
    const rows = await sql.$queryRaw<MirroredRow[]>`
      SELECT ${MIRRORED} FROM ${MIRROR_TABLES} WHERE m."id" = ${id}::uuid AND s."userId" = ${userId}`;
    return rows[0] ?? null;
  }

  /** A mirrored event by its provider's id; for an occurrence, by its series and original start. */
  async findByExternalId(
    sql: Sql,
    userId: number,
    where:
      | { calendarSyncId: string; externalEventId: string }
      | { calendarSyncId: string; seriesId: string; originalStart: string },
  ): Promise<MirroredRow | null> {
    const match =
      "seriesId" in where
        ? Prisma.sql`m."seriesId" = ${where.seriesId} AND m."originalStart" = ${where.originalStart}`
        : Prisma.sql`m."externalEventId" = ${where.externalEventId}`;
    const rows = await sql.$queryRaw<MirroredRow[]>`
      SELECT ${MIRRORED} FROM ${MIRROR_TABLES}
       WHERE m."calendarSyncId" = ${where.calendarSyncId}::uuid AND s."userId" = ${userId} AND ${match}`;
    return rows[0] ?? null;
  }

  /** What makes a user busy in a range: one row per event or occurrence, in order of start. */
  async findBusyInRange(
    sql: Sql,
    userId: number,
    range: Interval,
  ): Promise<(MirroredRow & { start: Date; end: Date })[]> {
    return sql.$queryRaw`
      SELECT ${MIRRORED}, lower(b."during") AS "start", upper(b."during") AS "end"
        FROM ${MIRROR_TABLES}
        JOIN "BusyInterval" b ON b."externalEventId" = m."id" AND b."calendarSyncId" = s."id"
         AND b."during" && tstzrange(${range.start}, ${range.end})
       WHERE s."userId" = ${userId}
       ORDER BY "start", m."id"`;
  }

  /** A user's edits that are open, or that were refused since a time. */
  async findShown(sql: Sql, userId: number, refusedSince: Date): Promise<ExternalEditRow[]> {
    return sql.$queryRaw`
      SELECT ${EDIT} FROM "ExternalEdit" e
       WHERE e."userId" = ${userId}
         AND (e."status" IN ('PENDING', 'CONFLICT') OR (e."status" = 'REFUSED' AND e."finishedAt" > ${refusedSince}))
       ORDER BY e."requestedAt", e."id"`;
  }

  /** A user's edits that ask which side counts, the newest question first, with their calendars' names. */
  async findAsking(sql: Sql, userId: number, limit: number): Promise<AskingEditRow[]> {
    return sql.$queryRaw`
      SELECT ${EDIT}, s."name" AS "calendarName", s."provider"
        FROM "ExternalEdit" e JOIN "CalendarSync" s ON s."id" = e."calendarSyncId"
       WHERE e."userId" = ${userId} AND e."status" = 'CONFLICT'
       ORDER BY e."finishedAt" DESC, e."id" DESC LIMIT ${limit}`;
  }

  /** Keeps others from asking for an edit of the same mirrored event until the transaction ends. */
  async lockEvent(sql: Sql, id: string): Promise<void> {
    await sql.$queryRaw`SELECT 1 AS "locked" FROM "ExternalEvent" WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`;
  }

  /** The open edits of one event, or of one occurrence, in the order in which they were asked for. */
  async findOpen(
    sql: Sql,
    target: { calendarSyncId: string; seriesOrEventId: string; originalStart: string },
  ): Promise<ExternalEditRow[]> {
    return sql.$queryRaw`
      SELECT ${EDIT} FROM "ExternalEdit" e
       WHERE e."calendarSyncId" = ${target.calendarSyncId}::uuid AND e."status" IN ('PENDING', 'CONFLICT')
         AND coalesce(e."seriesId", e."externalEventId") = ${target.seriesOrEventId}
         AND e."originalStart" = ${target.originalStart}
       ORDER BY e."requestedAt", e."id"`;
  }

  async findOne(sql: Sql, userId: number, id: string): Promise<ExternalEditRow | null> {
    const rows = await sql.$queryRaw<ExternalEditRow[]>`
      SELECT ${EDIT} FROM "ExternalEdit" e WHERE e."id" = ${id}::uuid AND e."userId" = ${userId}`;
    return rows[0] ?? null;
  }

  /** @returns its id */
  async insert(
    sql: Sql,
    userId: number,
    edit: Pick<
      ExternalEditRow,
      | "calendarSyncId"
      | "externalEventId"
      | "seriesId"
      | "originalStart"
      | "kind"
      | "base"
      | "wanted"
      | "requestedAt"
    >,
  ): Promise<string> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      INSERT INTO "ExternalEdit" ("id", "userId", "calendarSyncId", "externalEventId", "seriesId", "originalStart", "kind", "base",
                                  "wanted", "nextAttemptAt", "requestedAt")
      VALUES (gen_random_uuid(), ${userId}, ${edit.calendarSyncId}::uuid, ${edit.externalEventId}, ${edit.seriesId},
              ${edit.originalStart}, ${edit.kind}, ${JSON.stringify(edit.base)}::jsonb, ${JSON.stringify(edit.wanted)}::jsonb,
              ${edit.requestedAt}, ${edit.requestedAt})
      RETURNING "id"::text`;
    return rows[0]?.id ?? "";
  }

  /** A calendar's edits that wait, due or not, in the order in which they were asked for. */
  async findPending(sql: Sql, calendarSyncId: string, limit: number): Promise<ExternalEditRow[]> {
    return sql.$queryRaw`
      SELECT ${EDIT} FROM "ExternalEdit" e
       WHERE e."calendarSyncId" = ${calendarSyncId}::uuid AND e."status" = 'PENDING'
       ORDER BY e."requestedAt", e."id" LIMIT ${limit}`;
  }

  /** Ends an edit, or leaves it to its host. @returns false when it was not waiting any more */
  async finish(
    sql: Sql,
    id: string,
    end: {
      status: "APPLIED" | "REFUSED" | "CONFLICT" | "DISCARDED";
      reason: string;
      remote: EventSnapshot | null;
      error: { code: string; message: string } | null;
      at: Date;
    },
  ): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "ExternalEdit"
         SET "status" = ${end.status}::"ExternalEditStatus", "reason" = ${end.reason}, "finishedAt" = ${end.at},
             "remote" = ${end.remote === null ? null : JSON.stringify(end.remote)}::jsonb,
             "lastError" = ${end.error?.code ?? null}, "lastErrorMessage" = ${end.error?.message ?? null}
       WHERE "id" = ${id}::uuid AND "status" IN ('PENDING', 'CONFLICT')`;
    return count === 1;
  }

  /** A try has failed; the next one is at a time. */
  async postpone(sql: Sql, id: string, error: { code: string; message: string }, until: Date): Promise<void> {
    await sql.$executeRaw`
      UPDATE "ExternalEdit"
         SET "attempts" = "attempts" + 1, "nextAttemptAt" = ${until}, "lastError" = ${error.code}, "lastErrorMessage" = ${error.message}
       WHERE "id" = ${id}::uuid AND "status" = 'PENDING'`;
  }

  /** The host has chosen their own side: it waits again, on the state that they have seen by now. */
  async insist(sql: Sql, id: string, now: Date): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "ExternalEdit"
         SET "status" = 'PENDING', "base" = coalesce("remote", "base"), "remote" = NULL, "reason" = NULL, "finishedAt" = NULL,
             "attempts" = 0, "nextAttemptAt" = ${now}, "requestedAt" = ${now}
       WHERE "id" = ${id}::uuid AND "status" = 'CONFLICT'`;
    return count === 1;
  }

  /** Calendars with edits that are long due although no job works on them: the net under a lost job. */
  async findForgotten(sql: Sql, dueBefore: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      SELECT DISTINCT s."id"::text AS "calendarSyncId"
        FROM (SELECT "calendarSyncId" FROM "ExternalEdit" WHERE "status" = 'PENDING' AND "nextAttemptAt" < ${dueBefore}
               ORDER BY "nextAttemptAt" LIMIT ${limit}) e
        JOIN "CalendarSync" s ON s."id" = e."calendarSyncId" AND s."enabled"
        JOIN "Credential" c ON c."id" = s."credentialId" AND c."status" = 'ACTIVE'`;
    return rows.map((row) => row.calendarSyncId);
  }
}
