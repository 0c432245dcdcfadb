import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Sql = PrismaClient | PrismaTransaction;

/** How one push stands. */
export type PushState = "running" | "waiting" | "scheduled" | "retrying" | "blocked" | "failed";

/** One push that is wanted, or was given up. */
export interface QueuedPush {
  id: string;
  calendarSyncId: string;
  bookingUid: string;
  bookingTitle: string;
  bookingStart: Date;
  state: PushState;
  attempts: number;
  lastError: string | null;
  lastErrorMessage: string | null;
  /** Since when it is wanted, or when it was given up. */
  at: Date;
  nextAt: Date | null;
}

/** A calendar that queue items are about. */
export interface QueueCalendar {
  id: string;
  name: string;
  provider: string;
  subscriptionIds: string[];
}

/** Which pushes are meant. */
export interface PushFilter {
  /** Null for all users: operators only. */
  userId: number | null;
  calendarSyncId?: string | undefined;
  states?: readonly PushState[] | undefined;
  ids?: readonly string[] | undefined;
  /** Only those behind this one in the list's order. */
  after?: { at: Date; id: string } | undefined;
  limit: number;
}

/**
 * The wishes for pushes as a queue. A wish whose calendar may not be worked on is `blocked`; one whose calendar has a worker
 * is `running`. Every method for a person takes their id (invariant 14).
 */
export class QueueRepository {
  /** Pushes, the latest first. One statement. */
  async findPushes(sql: Sql, filter: PushFilter): Promise<QueuedPush[]> {
    const { userId, calendarSyncId = null, states = null, ids = null, after, limit } = filter;
    return sql.$queryRaw`
      SELECT * FROM (
        SELECT r."id"::text AS "id", r."calendarSyncId"::text AS "calendarSyncId", b."uid"::text AS "bookingUid",
               b."title" AS "bookingTitle", b."startTime" AS "bookingStart",
               CASE WHEN r."pushRequestedAt" IS NULL THEN 'failed'
                    WHEN NOT s."enabled" OR c."status" <> 'ACTIVE' THEN 'blocked'
                    WHEN s."leaseUntil" > clock_timestamp() AND coalesce(r."nextPushAt" <= clock_timestamp(), true) THEN 'running'
                    WHEN r."errorCount" > 0 THEN 'retrying'
                    WHEN r."nextPushAt" > clock_timestamp() THEN 'scheduled'
                    ELSE 'waiting' END AS "state",
               r."errorCount" AS "attempts", r."lastError", r."lastErrorMessage",
               date_trunc('milliseconds', coalesce(r."pushRequestedAt", r."updatedAt")) AS "at", r."nextPushAt" AS "nextAt"
          FROM "BookingReference" r
          JOIN "CalendarSync" s ON s."id" = r."calendarSyncId"
          JOIN "Credential" c ON c."id" = s."credentialId"
          JOIN "Booking" b ON b."id" = r."bookingId"
         WHERE (r."pushRequestedAt" IS NOT NULL OR (r."status" = 'ERROR' AND r."dismissedAt" IS NULL))
           AND (${userId}::int IS NULL OR s."userId" = ${userId}::int)
           AND (${calendarSyncId}::uuid IS NULL OR s."id" = ${calendarSyncId}::uuid)
           AND (${ids}::uuid[] IS NULL OR r."id" = ANY(${ids}::uuid[]))) q
       WHERE (${states}::text[] IS NULL OR q."state" = ANY(${states}::text[]))
         AND (${after?.at ?? null}::timestamptz IS NULL
              OR (q."at", q."id") < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::text))
       ORDER BY q."at" DESC, q."id" DESC LIMIT ${limit}`;
  }

  /** How many pushes stand how. One statement. */
  async countPushes(sql: Sql, userId: number | null): Promise<{ state: PushState; count: number }[]> {
    return sql.$queryRaw`
      SELECT "state", count(*)::int AS "count" FROM (
        SELECT CASE WHEN r."pushRequestedAt" IS NULL THEN 'failed'
                    WHEN NOT s."enabled" OR c."status" <> 'ACTIVE' THEN 'blocked'
                    WHEN s."leaseUntil" > clock_timestamp() AND coalesce(r."nextPushAt" <= clock_timestamp(), true) THEN 'running'
                    WHEN r."errorCount" > 0 THEN 'retrying'
                    WHEN r."nextPushAt" > clock_timestamp() THEN 'scheduled'
                    ELSE 'waiting' END AS "state"
          FROM "BookingReference" r
          JOIN "CalendarSync" s ON s."id" = r."calendarSyncId"
          JOIN "Credential" c ON c."id" = s."credentialId"
         WHERE (r."pushRequestedAt" IS NOT NULL OR (r."status" = 'ERROR' AND r."dismissedAt" IS NULL))
           AND (${userId}::int IS NULL OR s."userId" = ${userId}::int)) q
       GROUP BY 1`;
  }

  /** The calendars of a user, or those with the ids for an operator, and their push channels. */
  async findCalendars(
    sql: Sql,
    whose: { userId: number } | { ids: readonly string[]; subscriptionIds: readonly string[] },
  ): Promise<QueueCalendar[]> {
    const userId = "userId" in whose ? whose.userId : null;
    const ids = "userId" in whose ? [] : whose.ids;
    const subscriptionIds = "userId" in whose ? [] : whose.subscriptionIds;
    return sql.$queryRaw`
      SELECT s."id"::text AS "id", s."name", s."provider",
             coalesce(array_agg(w."id"::text) FILTER (WHERE w."id" IS NOT NULL), '{}') AS "subscriptionIds"
        FROM "CalendarSync" s LEFT JOIN "CalendarSubscription" w ON w."calendarSyncId" = s."id"
       WHERE (${userId}::int IS NOT NULL AND s."userId" = ${userId}::int)
          OR s."id" = ANY(${ids}::uuid[])
          OR s."id" IN (SELECT "calendarSyncId" FROM "CalendarSubscription" WHERE "id" = ANY(${subscriptionIds}::uuid[]))
       GROUP BY s."id"`;
  }

  /**
   * Wishes pushes anew, with all of their tries. @returns the references and calendars concerned; none for what is not the
   * user's or is in no queue
   */
  async retryPushes(
    sql: Sql,
    userId: number | null,
    which: { ids: readonly string[] } | { allFailed: true },
  ): Promise<{ id: string; calendarSyncId: string }[]> {
    const ids = "ids" in which ? which.ids : null;
    return sql.$queryRaw`
      UPDATE "BookingReference" r
         SET "status" = CASE WHEN r."status" = 'ERROR' THEN 'PENDING' ELSE r."status" END, "errorCount" = 0, "nextPushAt" = NULL,
             "dismissedAt" = NULL, "updatedAt" = now(),
             "pushRequestedAt" = greatest(clock_timestamp(), r."pushRequestedAt" + interval '1 millisecond')
        FROM "CalendarSync" s
       WHERE s."id" = r."calendarSyncId" AND (${userId}::int IS NULL OR s."userId" = ${userId}::int)
         AND (r."pushRequestedAt" IS NOT NULL OR (r."status" = 'ERROR' AND r."dismissedAt" IS NULL))
         AND CASE WHEN ${ids}::uuid[] IS NULL THEN r."status" = 'ERROR' ELSE r."id" = ANY(${ids}::uuid[]) END
      RETURNING r."id"::text AS "id", r."calendarSyncId"::text AS "calendarSyncId"`;
  }

  /** Puts failed pushes away. @returns how many of them there were */
  async dismissFailedPushes(
    sql: Sql,
    now: Date,
    which: { ids: readonly string[]; userId: number | null } | { failedBefore: Date },
  ): Promise<number> {
    const [ids, userId, before] =
      "ids" in which ? [which.ids, which.userId, null] : [null, null, which.failedBefore];
    return sql.$executeRaw`
      UPDATE "BookingReference" r SET "dismissedAt" = ${now}
        FROM "CalendarSync" s
       WHERE s."id" = r."calendarSyncId" AND (${userId}::int IS NULL OR s."userId" = ${userId}::int)
         AND r."status" = 'ERROR' AND r."dismissedAt" IS NULL AND r."pushRequestedAt" IS NULL
         AND (${ids}::uuid[] IS NULL OR r."id" = ANY(${ids}::uuid[]))
         AND (${before}::timestamptz IS NULL OR r."updatedAt" < ${before}::timestamptz)`;
  }
}
