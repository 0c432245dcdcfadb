import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CheckedReference } from "../engine/checked-reference.ts";
import type { KnownMarker } from "../engine/diagnose.ts";
import { type RawReference, toReferenceRow } from "./rows.ts";

type Sql = PrismaClient | PrismaTransaction;

/** What the doctor looks at before it asks the calendar. */
export interface CheckedCalendar {
  id: string;
  userId: number;
  name: string;
  provider: string;
  syncing: boolean;
  inUse: boolean;
  /** Milliseconds that the lease is still held for; null when nobody holds it. */
  leaseForMs: number | null;
  lastPulledAt: Date | null;
  nextPollAt: Date;
  subscription: { id: string; status: string; expiresAt: Date | null; nextAttemptAt: Date | null } | null;
}

/** What the doctor reads and heals by itself. Everything else goes through pulls and pushes. */
export class DoctorRepository {
  async findCalendar(sql: Sql, id: string): Promise<CheckedCalendar | null> {
    const [row] = await sql.$queryRaw<CheckedCalendar[]>`
      SELECT s."id"::text AS "id", s."userId", s."name", s."provider", s."inUse", s."lastPulledAt", s."nextPollAt",
             (s."enabled" AND c."status" = 'ACTIVE') AS "syncing",
             nullif(greatest(extract(epoch FROM s."leaseUntil" - clock_timestamp())::double precision * 1000, 0), 0) AS "leaseForMs",
             CASE WHEN w."id" IS NULL THEN NULL ELSE
               jsonb_build_object('id', w."id", 'status', w."status", 'expiresAt', w."expiresAt", 'nextAttemptAt', w."nextAttemptAt")
             END AS "subscription"
        FROM "CalendarSync" s
        JOIN "Credential" c ON c."id" = s."credentialId"
        LEFT JOIN "CalendarSubscription" w ON w."id" = s."currentSubscriptionId"
       WHERE s."id" = ${id}::uuid`;
    if (!row) return null;
    const date = (value: unknown) => (value ? new Date(String(value)) : null);
    const { subscription } = row;
    return {
      ...row,
      subscription: subscription && {
        ...subscription,
        expiresAt: date(subscription.expiresAt),
        nextAttemptAt: date(subscription.nextAttemptAt),
      },
    };
  }

  /**
   * All references of the calendar whose booking has not ended. What its series waits for, an occurrence waits for too.
   */
  async findComing(sql: Sql, calendarSyncId: string, now: Date): Promise<CheckedReference[]> {
    const rows = await sql.$queryRaw<
      (RawReference & Pick<CheckedReference, "originalStart" | "nextPushAt">)[]
    >`
      SELECT r."id"::text AS "id", r."bookingId", r."calendarSyncId"::text AS "calendarSyncId", r."externalEventId", r."originalStart",
             r."status", r."version", r."sequence", r."baseSnapshot", r."pendingSnapshot", r."deletePending",
             r."generation", r."errorCount",
             coalesce(r."pushRequestedAt", s."pushRequestedAt") AS "pushRequestedAt", coalesce(r."nextPushAt", s."nextPushAt") AS "nextPushAt",
             r."deletedSeenAt", coalesce(r."recheckAt", s."settleAt") AS "recheckAt", r."privacy", r."titleTemplate", r."descriptionTemplate",
             r."detachedAt" IS NOT NULL AS "detached", r."seriesReferenceId"::text
        FROM "BookingReference" r JOIN "Booking" b ON b."id" = r."bookingId"
        LEFT JOIN "SeriesReference" s ON s."id" = r."seriesReferenceId"
       WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND b."endTime" > ${now}
       ORDER BY b."startTime", r."id"`;
    return rows.map(({ nextPushAt, ...raw }) => ({ ...toReferenceRow(raw), nextPushAt }));
  }

  /**
   * Coming bookings whose destination the calendar is and that stand in no calendar at all, with the mark that their events
   * bear once they are linked.
   */
  async findUnlinked(
    sql: Sql,
    calendarSyncId: string,
    now: Date,
  ): Promise<{ bookingId: number; marker: string }[]> {
    return sql.$queryRaw`
      SELECT DISTINCT b."id" AS "bookingId",
             md5(concat_ws(':', b."uid", s."provider", s."externalCalendarId"))::uuid::text AS "marker"
        FROM "DestinationCalendar" d JOIN "Booking" b ON b."hostId" = d."userId"
        JOIN "CalendarSync" s ON s."id" = d."calendarSyncId"
       WHERE d."calendarSyncId" = ${calendarSyncId}::uuid AND b."endTime" > ${now} AND b."status" IN ('PENDING', 'ACCEPTED')
         AND (d."eventTypeId" = b."eventTypeId"
              OR (d."eventTypeId" IS NULL AND NOT EXISTS (
                    SELECT 1 FROM "DestinationCalendar" own WHERE own."userId" = b."hostId" AND own."eventTypeId" = b."eventTypeId")))
         AND NOT EXISTS (SELECT 1 FROM "BookingReference" r WHERE r."bookingId" = b."id")
       ORDER BY 1`;
  }

  /** What markers belong to: references and series, wherever they stand. The bookings are those of this user's series. */
  async findMarkers(sql: Sql, userId: number, markers: readonly string[], now: Date): Promise<KnownMarker[]> {
    if (markers.length === 0) return [];
    return sql.$queryRaw`
      SELECT "id"::text AS "marker", "externalEventId", false AS "isSeries", '[]'::jsonb AS "standing"
        FROM "BookingReference" WHERE "id" = ANY(${markers}::uuid[])
      UNION ALL
      SELECT s."id"::text, s."externalEventId", true,
             coalesce((SELECT jsonb_agg(jsonb_build_object('bookingId', b."id", 'start',
                                          to_char(b."startTime" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                                        ORDER BY b."startTime", b."id")
                         FROM "BookingReference" r JOIN "Booking" b ON b."id" = r."bookingId"
                        WHERE c."userId" = ${userId} AND r."seriesReferenceId" = s."id" AND r."pushRequestedAt" IS NULL AND r."recheckAt" IS NULL
                          AND s."pushRequestedAt" IS NULL AND s."settleAt" IS NULL
                          AND b."endTime" > ${now} AND b."status" IN ('PENDING', 'ACCEPTED')), '[]'::jsonb)
        FROM "SeriesReference" s
        JOIN "CalendarSync" c ON c."id" = s."calendarSyncId"
       WHERE s."id" = ANY(${markers}::uuid[])`;
  }

  /** Those of the events that we have a record of having written to the calendar of this account. */
  async findOwnEvents(sql: Sql, userId: number, eventIds: readonly string[]): Promise<string[]> {
    if (eventIds.length === 0) return [];
    const rows = await sql.$queryRaw<{ externalEventId: string }[]>`
      SELECT DISTINCT "externalEventId" FROM "ChangeRecord"
       WHERE "userId" = ${userId} AND "reason" IN ('event-created', 'event-recreated', 'series-created') AND "externalEventId" = ANY(${eventIds})`;
    return rows.map(({ externalEventId }) => externalEventId);
  }

  /** The bookings that findings are about, as people know them. */
  async findBookings(
    sql: Sql,
    ids: readonly number[],
  ): Promise<{ id: number; uid: string; title: string; start: Date }[]> {
    if (ids.length === 0) return [];
    return sql.$queryRaw`
      SELECT "id", "uid"::text AS "uid", "title", "startTime" AS "start" FROM "Booking" WHERE "id" = ANY(${ids}::int[])`;
  }

  /** Frees a lease that is held for longer than any worker may hold one. @returns whether it was */
  async freeStuckLease(sql: Sql, id: string, longerThanMs: number): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = NULL, "leaseUntil" = NULL
       WHERE "id" = ${id}::uuid AND "leaseUntil" > clock_timestamp() + ${longerThanMs}::double precision * interval '1 millisecond'`;
    return count === 1;
  }

  /** A push channel is due now. */
  async wakeSubscription(sql: Sql, id: string, now: Date): Promise<void> {
    await sql.$executeRaw`UPDATE "CalendarSubscription" SET "nextAttemptAt" = ${now}, "updatedAt" = now() WHERE "id" = ${id}::uuid`;
  }

  /** The calendar was looked at. */
  async noteChecked(sql: Sql, id: string, at: Date, findings: number): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSync" SET "lastCheckedAt" = ${at}, "lastFindings" = ${findings}, "updatedAt" = now() WHERE "id" = ${id}::uuid`;
  }

  /**
   * Takes calendars whose check is due. Each is left alone for a day, within which `planChecks` says when it is due again.
   * @returns them with the zone of their host
   */
  async takeDueChecks(sql: Sql, now: Date, limit: number): Promise<{ id: string; timeZone: string }[]> {
    return sql.$queryRaw`
      WITH due AS (
        SELECT s."id", u."timeZone" FROM "CalendarSync" s
          JOIN "Credential" c ON c."id" = s."credentialId" JOIN "User" u ON u."id" = s."userId"
         WHERE s."enabled" AND s."inUse" AND s."nextCheckAt" <= ${now} AND c."status" = 'ACTIVE'
         ORDER BY s."nextCheckAt" LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED)
      UPDATE "CalendarSync" s SET "nextCheckAt" = ${now}::timestamptz + interval '1 day'
        FROM due WHERE s."id" = due."id" RETURNING s."id"::text AS "id", due."timeZone"`;
  }

  /** Says when calendars are due again. */
  async planChecks(sql: Sql, checks: readonly { id: string; at: Date }[]): Promise<void> {
    if (checks.length === 0) return;
    await sql.$executeRaw`
      UPDATE "CalendarSync" s SET "nextCheckAt" = c."at"
        FROM jsonb_to_recordset(${JSON.stringify(checks)}::jsonb) AS c("id" uuid, "at" timestamptz)
       WHERE s."id" = c."id"`;
  }
}
