import { GIVEN_UP_JOBS } from "@calsync/jobs";
import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";

type Sql = PrismaClient | PrismaTransaction;

/** How many things of each kind wait for a host. */
export interface AttentionCounts {
  /** Questions about single bookings that are still to come. */
  questions: number;
  /** Edits of events that are not ours which met another change in the calendar. */
  externalEdits: number;
  /** Questions about many changes at once. */
  massChanges: number;
  /** Accounts that have to be connected again. */
  connections: number;
  /** Calendars that cannot be synced for another reason. */
  calendars: number;
  /** Work that was given up and not put away. */
  failed: number;
}

const GIVEN_UP = Prisma.raw(GIVEN_UP_JOBS);

/** What waits for a host, counted. */
export class AttentionRepository {
  /** Counts what the lists of each kind would show. One statement: every page of a signed-in host asks for it. */
  async count(sql: Sql, userId: number, now: Date): Promise<AttentionCounts> {
    const rows = await sql.$queryRaw<AttentionCounts[]>`
      WITH own AS MATERIALIZED (
        SELECT s."id", s."credentialId", s."enabled", s."inUse", s."status", s."lastError"
          FROM "CalendarSync" s WHERE s."userId" = ${userId})
      SELECT
        (SELECT count(*) FROM "SyncConflict" c JOIN "Booking" b ON b."id" = c."bookingId" AND b."hostId" = c."userId"
          WHERE c."userId" = ${userId} AND c."resolvedAt" IS NULL AND b."endTime" > ${now})::int AS "questions",
        (SELECT count(*) FROM "ExternalEdit" e
          WHERE e."userId" = ${userId} AND e."status" = 'CONFLICT')::int AS "externalEdits",
        (SELECT count(*) FROM "MassChange" m
          WHERE m."userId" = ${userId} AND m."status" = 'OPEN')::int AS "massChanges",
        (SELECT count(*) FROM "Credential" c
          WHERE c."userId" = ${userId} AND c."status" = 'INVALID')::int AS "connections",
        (SELECT count(*) FROM own
          WHERE own."inUse" AND own."enabled" AND own."status" = 'FAILED'
            AND own."lastError" IS DISTINCT FROM 'CREDENTIAL_INVALID')::int AS "calendars",
        (SELECT count(*) FROM own JOIN "BookingReference" r ON r."calendarSyncId" = own."id"
          WHERE r."status" = 'ERROR' AND r."dismissedAt" IS NULL AND r."pushRequestedAt" IS NULL)::int
        + (SELECT count(*) FROM ${GIVEN_UP} given_up
            WHERE given_up."payload"->>'calendarSyncId' IN (SELECT own."id"::text FROM own)
               OR given_up."payload"->>'subscriptionId' IN (
                    SELECT w."id"::text FROM own JOIN "CalendarSubscription" w ON w."calendarSyncId" = own."id"))::int
          AS "failed"`;
    return rows[0] as AttentionCounts;
  }
}
