import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Sql = PrismaClient | PrismaTransaction;

/** What a run is to do. */
export interface RunWish {
  kind: "SYNC" | "DOCTOR";
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  dryRun: boolean;
  fix: boolean;
}

/** A run as it is stored, with each of its calendars. */
export interface StoredRun extends RunWish {
  id: string;
  createdAt: Date;
  finishedAt: Date | null;
  calendars: StoredRunCalendar[];
}

/** One calendar of a run by hand, as it is stored. */
export interface StoredRunCalendar {
  id: string;
  name: string;
  provider: string;
  status: "QUEUED" | "RUNNING" | "DONE" | "FAILED";
  result: unknown;
  error: string | null;
  errorMessage: string | null;
}

/** Syncs and checks that somebody asked for. What a person asks for goes through the methods that take their id. */
export class SyncRunRepository {
  /**
   * Stores a run of the given calendars, or of all that are in use when `calendarIds` is null; only those of the user unless
   * that is null (an operator). @returns the run's id and its calendars; those that are not the user's are not among them
   */
  async insert(
    tx: PrismaTransaction,
    userId: number | null,
    calendarIds: readonly string[] | null,
    wish: RunWish,
    now: Date,
  ): Promise<{ id: string; calendarIds: string[] }> {
    const { id } = await tx.syncRun.create({
      data: { ...wish, userId, createdAt: now },
      select: { id: true },
    });
    const rows = await tx.$queryRaw<{ calendarSyncId: string }[]>`
      INSERT INTO "SyncRunCalendar" ("runId", "calendarSyncId")
      SELECT ${id}::uuid, s."id" FROM "CalendarSync" s
       WHERE (${userId}::int IS NULL OR s."userId" = ${userId}::int)
         AND CASE WHEN ${calendarIds}::uuid[] IS NULL THEN s."enabled" AND s."inUse" ELSE s."id" = ANY(${calendarIds}::uuid[]) END
      RETURNING "calendarSyncId"::text AS "calendarSyncId"`;
    if (rows.length === 0)
      await tx.$executeRaw`UPDATE "SyncRun" SET "finishedAt" = ${now} WHERE "id" = ${id}::uuid`;
    return { id, calendarIds: rows.map(({ calendarSyncId }) => calendarSyncId) };
  }

  /** One run, of the user unless that is null. */
  async find(sql: Sql, userId: number | null, id: string): Promise<StoredRun | null> {
    const [run] = await this.#read(sql, userId, { id }, 1);
    return run ?? null;
  }

  /** The user's runs, the latest first, without what came of each calendar. */
  list(sql: Sql, userId: number, limit: number): Promise<StoredRun[]> {
    return this.#read(sql, userId, {}, limit);
  }

  async #read(
    sql: Sql,
    userId: number | null,
    { id = null }: { id?: string | null },
    limit: number,
  ): Promise<StoredRun[]> {
    return sql.$queryRaw`
      SELECT run."id"::text AS "id", run."kind"::text AS "kind", run."direction"::text AS "direction", run."dryRun", run."fix",
             run."createdAt", run."finishedAt",
             coalesce((SELECT jsonb_agg(jsonb_build_object(
                 'id', s."id", 'name', s."name", 'provider', s."provider", 'status', c."status",
                 'result', CASE WHEN ${id}::uuid IS NULL THEN NULL ELSE c."result" END,
                 'error', c."error", 'errorMessage', c."errorMessage") ORDER BY s."name", s."id")
               FROM "SyncRunCalendar" c JOIN "CalendarSync" s ON s."id" = c."calendarSyncId" WHERE c."runId" = run."id"), '[]') AS "calendars"
        FROM "SyncRun" run
       WHERE (${userId}::int IS NULL OR run."userId" = ${userId}::int) AND (${id}::uuid IS NULL OR run."id" = ${id}::uuid)
       ORDER BY run."createdAt" DESC, run."id" DESC LIMIT ${limit}`;
  }

  /** A worker begins with one calendar of a run. @returns what is to be done; null when it is done already or gone */
  async begin(sql: Sql, runId: string, calendarSyncId: string, now: Date): Promise<RunWish | null> {
    const [wish] = await sql.$queryRaw<RunWish[]>`
      UPDATE "SyncRunCalendar" c SET "status" = 'RUNNING', "startedAt" = coalesce(c."startedAt", ${now})
        FROM "SyncRun" run
       WHERE c."runId" = ${runId}::uuid AND c."calendarSyncId" = ${calendarSyncId}::uuid AND run."id" = c."runId"
         AND c."status" IN ('QUEUED', 'RUNNING')
      RETURNING run."kind"::text AS "kind", run."direction"::text AS "direction", run."dryRun", run."fix"`;
    return wish ?? null;
  }

  /** Stores what came of one calendar; the run is over with its last one. */
  async finish(
    tx: PrismaTransaction,
    runId: string,
    calendarSyncId: string,
    end: { result: unknown; error: { code: string; message: string } | null },
    now: Date,
  ): Promise<void> {
    // Two calendars that end at the same moment must see each other.
    await tx.$queryRaw`SELECT 1 FROM "SyncRun" WHERE "id" = ${runId}::uuid FOR NO KEY UPDATE`;
    await tx.$executeRaw`
      UPDATE "SyncRunCalendar"
         SET "status" = ${end.error ? "FAILED" : "DONE"}::"SyncRunStatus", "result" = ${JSON.stringify(end.result ?? null)}::jsonb,
             "error" = ${end.error?.code ?? null}, "errorMessage" = ${end.error?.message ?? null}, "finishedAt" = ${now}
       WHERE "runId" = ${runId}::uuid AND "calendarSyncId" = ${calendarSyncId}::uuid`;
    await tx.$executeRaw`
      UPDATE "SyncRun" SET "finishedAt" = ${now}
       WHERE "id" = ${runId}::uuid AND "finishedAt" IS NULL
         AND NOT EXISTS (SELECT 1 FROM "SyncRunCalendar" WHERE "runId" = ${runId}::uuid AND "status" IN ('QUEUED', 'RUNNING'))`;
  }

  /** Deletes runs that were asked for before. @returns how many */
  async deleteBefore(sql: Sql, before: Date): Promise<number> {
    return sql.$executeRaw`DELETE FROM "SyncRun" WHERE "createdAt" < ${before}`;
  }

  /** Ids of the references of a calendar's coming bookings. */
  async findComingReferences(sql: Sql, calendarSyncId: string, now: Date): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      SELECT r."id"::text AS "id" FROM "BookingReference" r JOIN "Booking" b ON b."id" = r."bookingId"
       WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND b."endTime" > ${now} AND r."status" NOT IN ('DELETED', 'ERROR')
       ORDER BY r."id"`;
    return rows.map(({ id }) => id);
  }

  /** What the current transaction has recorded for a calendar, the newest last. */
  async findRecordedHere(
    tx: PrismaTransaction,
    calendarSyncId: string,
  ): Promise<
    {
      bookingId: number | null;
      externalEventId: string | null;
      result: "APPLIED" | "REFUSED" | "HELD";
      action: string;
      reason: string;
      before: unknown;
      after: unknown;
    }[]
  > {
    return tx.$queryRaw`
      SELECT "bookingId", "externalEventId", "result"::text AS "result", "action", "reason", "before", "after"
        FROM "ChangeRecord"
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND xmin = pg_current_xact_id()::xid
       ORDER BY "createdAt", "id"`;
  }
}
