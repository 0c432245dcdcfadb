import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { ExternalChange } from "@calsync/types";

type Sql = PrismaClient | PrismaTransaction;

/** A change that is put by, with the bookings that it would cancel and move. */
export interface StagedChange {
  externalEventId: string;
  originalStart: string;
  change: ExternalChange;
  cancels: readonly number[];
  moves: readonly number[];
}

/** An answered mass change that is still to be carried out, or one that waits for its answer. */
export interface UnfinishedMassChange {
  id: string;
  status: "OPEN" | "CONFIRMED" | "RESTORED";
  decidedAt: Date | null;
}

/** A mass change with what people need to see of it. */
export interface MassChangeRow {
  id: string;
  calendarSyncId: string;
  calendarName: string;
  provider: string;
  status: "OPEN" | "CONFIRMED" | "RESTORED" | "WITHDRAWN";
  cancellations: number;
  moves: number;
  limit: number;
  openedAt: Date;
  decidedAt: Date | null;
  finishedAt: Date | null;
}

/** What a mass change would do to one booking, or has done. */
export interface MassChangeItem {
  bookingUid: string;
  title: string;
  action: "cancel" | "reschedule";
  start: Date;
  end: Date;
  /** The change itself, while it waits. */
  change: ExternalChange;
}

/** Changes that wait, and the questions about them. Every method is one statement. */
export class HeldChangeRepository {
  /**
   * Puts changes by; a later change of the same event takes the place of the earlier one. Earlier ones of `eventIds` that are
   * not among them are forgotten: the event has changed in a way that needs no waiting.
   */
  async stage(
    sql: Sql,
    calendarSyncId: string,
    staged: readonly StagedChange[],
    eventIds: readonly string[],
    now: Date,
  ): Promise<void> {
    const overtaken = eventIds.filter((id) => !staged.some((one) => one.externalEventId === id));
    if (staged.length === 0 && overtaken.length === 0) return;
    await sql.$executeRaw`
      WITH forgotten AS (
        DELETE FROM "HeldChange" WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "externalEventId" = ANY(${overtaken}))
      INSERT INTO "HeldChange" ("id", "calendarSyncId", "externalEventId", "originalStart", "change", "cancels", "moves", "heldAt")
      SELECT gen_random_uuid(), ${calendarSyncId}::uuid, s."externalEventId", s."originalStart", s."change",
             ARRAY(SELECT jsonb_array_elements_text(s."cancels")::int), ARRAY(SELECT jsonb_array_elements_text(s."moves")::int), ${now}
        FROM jsonb_to_recordset(${JSON.stringify(staged)}::jsonb)
          AS s("externalEventId" text, "originalStart" text, "change" jsonb, "cancels" jsonb, "moves" jsonb)
      ON CONFLICT ("calendarSyncId", "externalEventId", "originalStart") DO UPDATE SET
        "change" = EXCLUDED."change", "cancels" = EXCLUDED."cancels", "moves" = EXCLUDED."moves", "heldAt" = EXCLUDED."heldAt"`;
  }

  /** How many bookings the waiting changes of a calendar would cancel or move. */
  async tally(sql: Sql, calendarSyncId: string): Promise<{ changes: number; bookings: number }> {
    const rows = await sql.$queryRaw<{ changes: number; bookings: number }[]>`
      SELECT count(*)::int AS "changes", coalesce(sum(cardinality("cancels" || "moves")), 0)::int AS "bookings"
        FROM "HeldChange" WHERE "calendarSyncId" = ${calendarSyncId}::uuid`;
    return rows[0] ?? { changes: 0, bookings: 0 };
  }

  /**
   * Takes waiting changes out, the oldest first, for the caller to carry out in the same transaction.
   * @param until only those put by at or before it; all when null
   */
  async take(sql: Sql, calendarSyncId: string, until: Date | null, limit: number): Promise<ExternalChange[]> {
    const rows = await sql.$queryRaw<{ change: ExternalChange }[]>`
      DELETE FROM "HeldChange" WHERE "id" IN (
        SELECT "id" FROM "HeldChange"
         WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND (${until}::timestamptz IS NULL OR "heldAt" <= ${until}::timestamptz)
         ORDER BY "heldAt", "id" LIMIT ${limit} FOR UPDATE)
      RETURNING "change"`;
    return rows.map(({ change }) => change);
  }

  /** Opens the question about all that waits in a calendar. @returns null when one is there already */
  async ask(
    sql: Sql,
    question: { userId: number; calendarSyncId: string; limit: number; now: Date },
  ): Promise<{ id: string; cancellations: number; moves: number } | null> {
    const rows = await sql.$queryRaw<{ id: string; cancellations: number; moves: number }[]>`
      INSERT INTO "MassChange" ("id", "userId", "calendarSyncId", "cancellations", "moves", "limit", "openedAt")
      SELECT gen_random_uuid(), ${question.userId}, ${question.calendarSyncId}::uuid, coalesce(sum(cardinality("cancels")), 0),
             coalesce(sum(cardinality("moves")), 0), ${question.limit}, ${question.now}
        FROM "HeldChange" WHERE "calendarSyncId" = ${question.calendarSyncId}::uuid
      ON CONFLICT ("calendarSyncId") WHERE "finishedAt" IS NULL DO NOTHING
      RETURNING "id", "cancellations", "moves"`;
    return rows[0] ?? null;
  }

  /** Counts an open question anew; it is withdrawn when nothing waits any more. */
  async recount(sql: Sql, calendarSyncId: string, now: Date): Promise<void> {
    await sql.$executeRaw`
      UPDATE "MassChange" m
         SET "cancellations" = CASE WHEN t."changes" > 0 THEN t."cancellations" ELSE m."cancellations" END,
             "moves" = CASE WHEN t."changes" > 0 THEN t."moves" ELSE m."moves" END,
             "status" = CASE WHEN t."changes" > 0 THEN m."status" ELSE 'WITHDRAWN' END,
             "decidedAt" = CASE WHEN t."changes" > 0 THEN NULL ELSE ${now}::timestamptz END,
             "finishedAt" = CASE WHEN t."changes" > 0 THEN NULL ELSE ${now}::timestamptz END
        FROM (SELECT count(*) AS "changes", coalesce(sum(cardinality("cancels")), 0) AS "cancellations",
                     coalesce(sum(cardinality("moves")), 0) AS "moves"
                FROM "HeldChange" WHERE "calendarSyncId" = ${calendarSyncId}::uuid) t
       WHERE m."calendarSyncId" = ${calendarSyncId}::uuid AND m."status" = 'OPEN' AND m."finishedAt" IS NULL`;
  }

  /** Writes the host's answer down. @returns the question, with `decided` false when it had been answered or withdrawn before */
  async decide(
    sql: Sql,
    userId: number,
    id: string,
    status: "CONFIRMED" | "RESTORED",
    now: Date,
  ): Promise<{ calendarSyncId: string; status: MassChangeRow["status"]; decided: boolean } | null> {
    const rows = await sql.$queryRaw<
      { calendarSyncId: string; status: MassChangeRow["status"]; decided: boolean }[]
    >`
      WITH decided AS (
        UPDATE "MassChange" SET "status" = ${status}::"MassChangeStatus", "decidedAt" = ${now}
         WHERE "id" = ${id}::uuid AND "userId" = ${userId} AND "status" = 'OPEN'
        RETURNING "id", "calendarSyncId", "status"::text)
      SELECT m."calendarSyncId", coalesce(d."status", m."status"::text) AS "status", d."id" IS NOT NULL AS "decided"
        FROM "MassChange" m LEFT JOIN decided d ON d."id" = m."id"
       WHERE m."id" = ${id}::uuid AND m."userId" = ${userId}`;
    return rows[0] ?? null;
  }

  /** The answer has been carried out in full. */
  async finish(sql: Sql, id: string, now: Date): Promise<void> {
    await sql.$executeRaw`UPDATE "MassChange" SET "finishedAt" = ${now} WHERE "id" = ${id}::uuid AND "finishedAt" IS NULL`;
  }

  /** A user's mass changes, the newest first. */
  async find(
    sql: Sql,
    userId: number,
    filter: { state: "open" | "any"; id: string | null; limit: number },
  ): Promise<MassChangeRow[]> {
    return sql.$queryRaw`
      SELECT m."id", m."calendarSyncId", s."name" AS "calendarName", s."provider", m."status"::text, m."cancellations", m."moves",
             m."limit", m."openedAt", m."decidedAt", m."finishedAt"
        FROM "MassChange" m JOIN "CalendarSync" s ON s."id" = m."calendarSyncId"
       WHERE m."userId" = ${userId} AND (${filter.id}::uuid IS NULL OR m."id" = ${filter.id}::uuid)
         AND (${filter.state === "any"} OR m."status" = 'OPEN')
       ORDER BY m."openedAt" DESC, m."id" DESC LIMIT ${filter.limit}`;
  }

  /** What waits in a user's calendar, in order of the bookings' times. */
  async findItems(
    sql: Sql,
    userId: number,
    calendarSyncId: string,
    limit: number,
  ): Promise<MassChangeItem[]> {
    return sql.$queryRaw`
      SELECT b."uid"::text AS "bookingUid", b."title", CASE WHEN b."id" = ANY(h."cancels") THEN 'cancel' ELSE 'reschedule' END AS "action",
             b."startTime" AS "start", b."endTime" AS "end", h."change"
        FROM "HeldChange" h
        JOIN "CalendarSync" s ON s."id" = h."calendarSyncId" AND s."userId" = ${userId}
        JOIN "Booking" b ON b."id" = ANY(h."cancels" || h."moves") AND b."hostId" = ${userId}
       WHERE h."calendarSyncId" = ${calendarSyncId}::uuid
       ORDER BY b."startTime", b."id" LIMIT ${limit}`;
  }
}
