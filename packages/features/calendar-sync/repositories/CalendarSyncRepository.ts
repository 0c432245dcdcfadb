import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { CalendarSyncRow } from "./rows.ts";

type Sql = PrismaClient | PrismaTransaction;

/** What one external calendar is, when it is to be kept in step. */
export interface CalendarSyncTarget {
  userId: number;
  credentialId: number;
  provider: string;
  externalCalendarId: string;
  name: string;
}

/** Where a pull stands after a page; written in the transaction of the page's effects. */
export interface PullProgress {
  cursor: string | null;
  fullPullRunning: boolean;
  mirroredUntil: Date | null;
}

/** Sync is allowed in the calendar `s`: by itself, its host, all of the host's teams, and the installation. */
export const SWITCHED_ON = Prisma.sql`s."enabled"
         AND NOT EXISTS (SELECT 1 FROM "SyncPreference" p WHERE p."userId" = s."userId" AND NOT p."enabled")
         AND NOT EXISTS (SELECT 1 FROM "GlobalSetting" g WHERE g."id" = 1 AND NOT g."twoWaySyncEnabled")
         AND NOT EXISTS (SELECT 1 FROM "Membership" m JOIN "Team" t ON t."id" = m."teamId"
                          WHERE m."userId" = s."userId" AND NOT t."twoWaySyncEnabled")`;

/**
 * The rows of calendars kept in step, and the lease on each. Leases run on the database's clock, the one clock that all
 * workers share.
 */
export class CalendarSyncRepository {
  /**
   * Takes the lease of a calendar, if nobody holds it and sync is allowed there: calendar, user, teams and installation
   * switched on, credential valid. @returns the row, or why not.
   */
  async acquireLease(
    sql: Sql,
    id: string,
    owner: string,
    ttlMs: number,
  ): Promise<{ row: CalendarSyncRow } | { refused: "busy" | "disabled" | "gone" }> {
    const rows = await sql.$queryRaw<CalendarSyncRow[]>`
      UPDATE "CalendarSync" s
         SET "leaseOwner" = ${owner}, "leaseUntil" = clock_timestamp() + ${ttlMs}::double precision * interval '1 millisecond'
        FROM "Credential" c, "User" u
        LEFT JOIN "SyncPreference" p ON p."userId" = u."id"
       WHERE s."id" = ${id}::uuid AND c."id" = s."credentialId" AND u."id" = s."userId"
         AND (s."leaseUntil" IS NULL OR s."leaseUntil" < clock_timestamp())
         AND c."status" = 'ACTIVE' AND ${SWITCHED_ON}
      RETURNING s."id", s."userId", s."credentialId", s."provider", s."externalCalendarId", s."name",
                coalesce(s."direction", p."direction", 'BOTH') AS "direction",
                s."cursor", s."fullPullGeneration", s."fullPullRunning", s."pullRequestedAt", s."lastNotificationAt",
                s."mirroredUntil", s."errorCount", to_jsonb(p) AS "preferences", s."policyOverrides",
                coalesce(s."pollIntervalMinutes", p."pollIntervalMinutes") AS "pollIntervalMinutes",
                u."timeZone" AS "userTimeZone",
                array_remove(ARRAY[lower(u."email"), lower(c."accountEmail"), lower(s."externalCalendarId")], NULL)
                  AS "ownAddresses", s."lostAt", s."lastPulledAt", s."quietPolls", s."missedChanges", s."clockSkewMs",
                EXISTS (SELECT 1 FROM "HeldChange" h WHERE h."calendarSyncId" = s."id") AS "hasHeld",
                (SELECT jsonb_build_object('id', m."id", 'status', m."status", 'decidedAt', m."decidedAt") FROM "MassChange" m
                  WHERE m."calendarSyncId" = s."id" AND m."finishedAt" IS NULL) AS "massChange",
                (SELECT max(w."activatedAt") FROM "CalendarSubscription" w
                  WHERE w."calendarSyncId" = s."id" AND w."status" = 'ACTIVE') AS "watchedSince"`;
    if (rows[0]) return { row: rows[0] };
    // The lease may have come free since: only what is switched off counts as such, all else is worth another try.
    const found = await sql.$queryRaw<{ busy: boolean }[]>`
      SELECT coalesce(s."leaseUntil" > clock_timestamp(), false) OR (c."status" = 'ACTIVE' AND ${SWITCHED_ON}) AS "busy"
        FROM "CalendarSync" s JOIN "Credential" c ON c."id" = s."credentialId" WHERE s."id" = ${id}::uuid`;
    if (!found[0]) return { refused: "gone" };
    return { refused: found[0].busy ? "busy" : "disabled" };
  }

  /** Prolongs the lease. @returns false when it was lost or sync was switched off: stop at once, commit nothing. */
  async renewLease(sql: Sql, id: string, owner: string, ttlMs: number): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "CalendarSync" s SET "leaseUntil" = clock_timestamp() + ${ttlMs}::double precision * interval '1 millisecond'
       WHERE s."id" = ${id}::uuid AND s."leaseOwner" = ${owner} AND ${SWITCHED_ON}`;
    return count === 1;
  }

  async releaseLease(sql: Sql, id: string, owner: string): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSync" SET "leaseOwner" = NULL, "leaseUntil" = NULL
       WHERE "id" = ${id}::uuid AND "leaseOwner" = ${owner}`;
  }

  /**
   * Stores where a pull stands, fenced by the lease. @returns false when the lease was lost or sync was switched off: the caller
   * must roll back.
   */
  async commitProgress(sql: Sql, id: string, owner: string, progress: PullProgress): Promise<boolean> {
    const count = await sql.$executeRaw`
      UPDATE "CalendarSync" s
         SET "cursor" = ${progress.cursor}, "fullPullRunning" = ${progress.fullPullRunning},
             "mirroredUntil" = ${progress.mirroredUntil}, "updatedAt" = now()
       WHERE s."id" = ${id}::uuid AND s."leaseOwner" = ${owner} AND ${SWITCHED_ON}`;
    return count === 1;
  }

  /** Confirms the lease inside a transaction and keeps it from changing hands until the transaction ends. */
  async holdLease(sql: Sql, id: string, owner: string): Promise<boolean> {
    const rows = await sql.$queryRaw<unknown[]>`
      SELECT 1 FROM "CalendarSync" WHERE "id" = ${id}::uuid AND "leaseOwner" = ${owner} FOR NO KEY UPDATE`;
    return rows.length === 1;
  }

  /** Events were written. @param skewMs how far the provider's clock is ahead of ours; null when this has not shown */
  async notePushed(sql: Sql, id: string, at: Date, skewMs: number | null): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSync" SET "lastPushedAt" = ${at}, "clockSkewMs" = coalesce(${skewMs}::int, "clockSkewMs"), "updatedAt" = now()
       WHERE "id" = ${id}::uuid`;
  }

  /** Starts a listing of everything: forgets the cursor and counts the generation up. @returns the new generation. */
  async beginFullPull(sql: Sql, id: string, owner: string): Promise<number | null> {
    const rows = await sql.$queryRaw<{ fullPullGeneration: number }[]>`
      UPDATE "CalendarSync"
         SET "cursor" = NULL, "fullPullRunning" = true, "fullPullGeneration" = "fullPullGeneration" + 1, "updatedAt" = now()
       WHERE "id" = ${id}::uuid AND "leaseOwner" = ${owner}
      RETURNING "fullPullGeneration"`;
    return rows[0]?.fullPullGeneration ?? null;
  }

  /**
   * A pull has ended well: sets when to poll next and gives the lease back. A wish for a pull that came meanwhile stays,
   * and a notification that came meanwhile clears the channel of what it left out.
   */
  async finishPull(
    sql: Sql,
    row: Pick<CalendarSyncRow, "id" | "pullRequestedAt" | "lastNotificationAt">,
    owner: string,
    pulledAt: Date,
    next: { pollAt: Date; quietPolls: number; missedChanges: number },
  ): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSync"
         SET "status" = 'HEALTHY', "lostAt" = NULL, "lastPulledAt" = ${pulledAt}, "nextPollAt" = ${next.pollAt}, "errorCount" = 0,
             "quietPolls" = ${next.quietPolls},
             "missedChanges" = CASE WHEN "lastNotificationAt" IS DISTINCT FROM ${row.lastNotificationAt}::timestamptz
                                    THEN 0 ELSE ${next.missedChanges} END,
             "lastError" = NULL, "lastErrorMessage" = NULL, "lastErrorAt" = NULL,
             "pullRequestedAt" = CASE WHEN "pullRequestedAt" <= ${row.pullRequestedAt} THEN NULL ELSE "pullRequestedAt" END,
             "leaseOwner" = NULL, "leaseUntil" = NULL, "updatedAt" = now()
       WHERE "id" = ${row.id}::uuid AND "leaseOwner" = ${owner}`;
  }

  /**
   * A pull or push has failed as a whole: shows it, sets when to try next, and gives the lease back. A calendar that is `lost`
   * is listed in full when it is back. @returns whether it was lost just now
   */
  async recordFailure(
    sql: Sql,
    id: string,
    owner: string,
    failure: { code: string; message: string; at: Date; nextPollAt: Date; final: boolean; lost: boolean },
  ): Promise<boolean> {
    const rows = await sql.$queryRaw<{ lostNow: boolean | null }[]>`
      UPDATE "CalendarSync"
         SET "status" = ${failure.final ? "FAILED" : "RETRYING"}::"CalendarSyncStatus", "lastError" = ${failure.code},
             "lastErrorMessage" = ${failure.message}, "lastErrorAt" = ${failure.at}, "errorCount" = "errorCount" + 1,
             "nextPollAt" = ${failure.nextPollAt}, "leaseOwner" = NULL, "leaseUntil" = NULL, "updatedAt" = now(),
             "lostAt" = CASE WHEN ${failure.lost} THEN coalesce("lostAt", ${failure.at}) ELSE "lostAt" END,
             "cursor" = CASE WHEN ${failure.lost} THEN NULL ELSE "cursor" END,
             "fullPullRunning" = "fullPullRunning" AND NOT ${failure.lost}
       WHERE "id" = ${id}::uuid AND "leaseOwner" = ${owner}
      RETURNING ${failure.lost} AND "lostAt" = ${failure.at} AS "lostNow"`;
    return rows[0]?.lostNow === true;
  }

  /** Makes the rows that are missing. One statement. @returns all of them, and which are new. */
  async ensure(
    sql: Sql,
    targets: readonly CalendarSyncTarget[],
    now: Date,
  ): Promise<(CalendarSyncTarget & { id: string; created: boolean })[]> {
    if (targets.length === 0) return [];
    return sql.$queryRaw`
      WITH wanted AS (
        SELECT DISTINCT ON ("credentialId", "externalCalendarId") *
          FROM jsonb_to_recordset(${JSON.stringify(targets)}::jsonb)
            AS t("userId" int, "credentialId" int, "provider" text, "externalCalendarId" text, "name" text)
         ORDER BY "credentialId", "externalCalendarId"
      )
      INSERT INTO "CalendarSync" ("id", "userId", "credentialId", "provider", "externalCalendarId", "name", "nextPollAt", "pullRequestedAt", "lastUsedAt", "updatedAt")
      SELECT gen_random_uuid(), "userId", "credentialId", "provider", "externalCalendarId", "name", ${now}, ${now}, ${now}, now() FROM wanted
      ON CONFLICT ("credentialId", "externalCalendarId")
        DO UPDATE SET "lastUsedAt" = ${now}, "name" = EXCLUDED."name", "inUse" = true, "usageCheckAt" = NULL
      RETURNING "id", "userId", "credentialId", "provider", "externalCalendarId", "name", (xmax = 0) AS "created"`;
  }

  /**
   * Destinations and selections that have no CalendarSync yet. Linked rows are left out by a partial index, so the cost
   * is that of the missing ones.
   */
  async findUnlinkedTargets(sql: Sql, limit: number): Promise<CalendarSyncTarget[]> {
    return sql.$queryRaw`
      SELECT x."userId", x."credentialId", c."provider", x."externalCalendarId", x."name"
        FROM (SELECT "userId", "credentialId", "externalCalendarId", "name" FROM "DestinationCalendar" WHERE "calendarSyncId" IS NULL
              UNION
              SELECT "userId", "credentialId", "externalCalendarId", "name" FROM "SelectedCalendar" WHERE "calendarSyncId" IS NULL) x
        JOIN "Credential" c ON c."id" = x."credentialId"
       WHERE c."status" = 'ACTIVE'
       LIMIT ${limit}`;
  }

  /** Destinations of the bookings' hosts that have no CalendarSync yet. */
  async findUnlinkedDestinations(sql: Sql, bookingIds: readonly number[]): Promise<CalendarSyncTarget[]> {
    return sql.$queryRaw`
      SELECT DISTINCT d."userId", d."credentialId", c."provider", d."externalCalendarId", d."name"
        FROM "Booking" b
        JOIN "DestinationCalendar" d ON d."userId" = b."hostId" AND d."calendarSyncId" IS NULL
        JOIN "Credential" c ON c."id" = d."credentialId"
       WHERE b."id" = ANY(${bookingIds}::int[])`;
  }

  /** Points destinations and selections at their CalendarSync. */
  async linkTargets(sql: Sql, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await sql.$executeRaw`
      WITH linked AS (
        UPDATE "DestinationCalendar" d SET "calendarSyncId" = s."id" FROM "CalendarSync" s
         WHERE s."id" = ANY(${ids}::uuid[]) AND d."credentialId" = s."credentialId"
           AND d."externalCalendarId" = s."externalCalendarId" AND d."calendarSyncId" IS NULL
        RETURNING 1)
      UPDATE "SelectedCalendar" d SET "calendarSyncId" = s."id" FROM "CalendarSync" s
       WHERE s."id" = ANY(${ids}::uuid[]) AND d."credentialId" = s."credentialId"
         AND d."externalCalendarId" = s."externalCalendarId" AND d."calendarSyncId" IS NULL`;
  }

  /**
   * Takes the polls that are due and moves each one's next time on, so that ticks that overlap take each of them once.
   * A calendar whose credential is invalid is not taken.
   */
  async takeDuePolls(sql: Sql, now: Date, notBefore: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      WITH due AS (
        SELECT s."id" FROM "CalendarSync" s JOIN "Credential" c ON c."id" = s."credentialId"
         WHERE s."enabled" AND s."inUse" AND s."nextPollAt" <= ${now} AND c."status" = 'ACTIVE'
         ORDER BY s."nextPollAt" LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED)
      UPDATE "CalendarSync" s 
         SET "nextPollAt" = ${notBefore},
             "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond')
        FROM due WHERE s."id" = due."id" RETURNING s."id"`;
    return rows.map((row) => row.id);
  }

  /**
   * Notes that a pull is wanted; each wish is later than the one before it, so that the end of a pull which began before
   * it does not take it along. @returns the calendars that exist and are enabled
   */
  async markPullRequested(sql: Sql, ids: readonly string[]): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      UPDATE "CalendarSync"
         SET "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond')
       WHERE "id" = ANY(${ids}::uuid[]) AND "enabled" RETURNING "id"`;
    return rows.map((row) => row.id);
  }

  /** Wants a pull that lists everything, whatever the cursor says. Under the lease. @returns the calendar's id, when it can be pulled */
  async requestListing(sql: Sql, id: string, owner: string): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      UPDATE "CalendarSync"
         SET "cursor" = NULL, "fullPullRunning" = false, "updatedAt" = now(),
             "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond')
       WHERE "id" = ${id}::uuid AND "leaseOwner" = ${owner} AND "enabled" RETURNING "id"`;
    return rows.map((row) => row.id);
  }

  /**
   * Notes that a pull is wanted of the user's other calendars, those that can be read now.
   * @returns their ids
   */
  async markOthersForPull(sql: Sql, userId: number, except: string): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      UPDATE "CalendarSync" s
         SET "pullRequestedAt" = greatest(clock_timestamp(), s."pullRequestedAt" + interval '1 millisecond')
        FROM "Credential" c
       WHERE s."userId" = ${userId} AND s."id" <> ${except}::uuid AND s."enabled" AND s."inUse"
         AND c."id" = s."credentialId" AND c."status" = 'ACTIVE' AND s."lostAt" IS NULL
      RETURNING s."id"`;
    return rows.map((row) => row.id);
  }

  /** Whether a pull of one of the user's other calendars is still to come. */
  async othersAwaitPull(sql: Sql, userId: number, except: string): Promise<boolean> {
    const rows = await sql.$queryRaw<unknown[]>`
      SELECT 1 FROM "CalendarSync" s JOIN "Credential" c ON c."id" = s."credentialId"
       WHERE s."userId" = ${userId} AND s."id" <> ${except}::uuid AND s."pullRequestedAt" IS NOT NULL
         AND s."enabled" AND s."inUse" AND c."status" = 'ACTIVE' AND s."lostAt" IS NULL
       LIMIT 1`;
    return rows.length > 0;
  }

  /** Calendars with events to read directly although nothing does it: the net under a lost job. */
  async findForgottenRechecks(sql: Sql, dueBefore: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      SELECT DISTINCT r."calendarSyncId"
        FROM ((SELECT "calendarSyncId" FROM "BookingReference" WHERE "recheckAt" < ${dueBefore}
                ORDER BY "recheckAt" LIMIT ${limit})
              UNION ALL
              (SELECT "calendarSyncId" FROM "ExternalEvent" WHERE "missingSince" < ${dueBefore}
                ORDER BY "missingSince" LIMIT ${limit})) r
        JOIN "CalendarSync" s ON s."id" = r."calendarSyncId"
       WHERE s."enabled" AND s."lostAt" IS NULL`;
    return rows.map((row) => row.calendarSyncId);
  }

  /** Calendars with pushes that wait although nothing retries them: the net under a lost job. */
  async findForgottenPushes(sql: Sql, now: Date, requestedBefore: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      SELECT DISTINCT r."calendarSyncId"
        FROM (SELECT "calendarSyncId" FROM "BookingReference"
               WHERE "pushRequestedAt" IS NOT NULL AND "pushRequestedAt" < ${requestedBefore} AND "recheckAt" IS NULL
                 AND ("nextPushAt" IS NULL OR "nextPushAt" < ${requestedBefore})
               ORDER BY "pushRequestedAt" LIMIT ${limit}) r
        JOIN "CalendarSync" s ON s."id" = r."calendarSyncId"
       WHERE s."enabled" AND (s."status" <> 'FAILED' OR s."nextPollAt" <= ${now})`;
    return rows.map((row) => row.calendarSyncId);
  }

  /** Calendars whose expanded series end before `until`. */
  async findShortMirrors(sql: Sql, until: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "CalendarSync" WHERE "enabled" AND "inUse" AND "mirroredUntil" < ${until} ORDER BY "mirroredUntil" LIMIT ${limit}`;
    return rows.map((row) => row.id);
  }
}
