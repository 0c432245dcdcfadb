import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { SubscriptionState } from "../engine/subscription-transitions.ts";

type Sql = PrismaClient | PrismaTransaction;

/** A subscription with what working on it needs to know of its calendar. */
export interface SubscriptionRow {
  id: string;
  calendarSyncId: string;
  provider: string;
  status: SubscriptionState;
  providerSubscriptionId: string | null;
  providerResourceId: string | null;
  expiresAt: Date | null;
  errorCount: number;
  replacesId: string | null;
  credentialId: number;
  externalCalendarId: string;
  credentialActive: boolean;
  /** Whether the calendar is switched on and something uses it. */
  wanted: boolean;
}

/** A channel that notifications come from, for checking them. */
export interface NotifiedChannel {
  providerSubscriptionId: string;
  calendarSyncId: string;
  /** SHA-256 of the secret that its notifications carry. */
  secretHash: Uint8Array | null;
}

/** Push channels. Rows are never deleted before their provider's expiry (invariant 8). */
export class SubscriptionRepository {
  /** Gives a PENDING subscription to calendars that lack one. Runs that overlap make one each. */
  async createMissing(sql: Sql, now: Date, limit: number): Promise<number> {
    return sql.$executeRaw`
      WITH lacking AS (
        SELECT "id", "provider", gen_random_uuid() AS "subscriptionId" FROM "CalendarSync"
         WHERE "enabled" AND "inUse" AND "currentSubscriptionId" IS NULL
         LIMIT ${limit} FOR NO KEY UPDATE SKIP LOCKED),
      linked AS (
        UPDATE "CalendarSync" s SET "currentSubscriptionId" = l."subscriptionId" FROM lacking l WHERE s."id" = l."id")
      INSERT INTO "CalendarSubscription" ("id", "calendarSyncId", "provider", "status", "nextAttemptAt", "updatedAt")
      SELECT "subscriptionId", "id", "provider", 'PENDING', ${now}, now() FROM lacking`;
  }

  /** Takes the rows that need work and puts each off to `again`, so that runs that overlap take it once. */
  async takeDue(sql: Sql, now: Date, again: Date, limit: number): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      WITH due AS (
        SELECT "id" FROM "CalendarSubscription"
         WHERE "nextAttemptAt" IS NOT NULL AND "nextAttemptAt" <= ${now}
         ORDER BY "nextAttemptAt" LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      UPDATE "CalendarSubscription" w SET "nextAttemptAt" = ${again} FROM due WHERE w."id" = due."id" RETURNING w."id"`;
    return rows.map((row) => row.id);
  }

  async find(sql: Sql, id: string): Promise<SubscriptionRow | null> {
    const rows = await sql.$queryRaw<SubscriptionRow[]>`
      SELECT w."id", w."calendarSyncId", w."provider", w."status", w."providerSubscriptionId", w."providerResourceId",
             w."expiresAt", w."errorCount", w."replacesId", s."credentialId", s."externalCalendarId",
             c."status" = 'ACTIVE' AS "credentialActive", s."enabled" AND s."inUse" AS "wanted"
        FROM "CalendarSubscription" w
        JOIN "CalendarSync" s ON s."id" = w."calendarSyncId"
        JOIN "Credential" c ON c."id" = s."credentialId"
       WHERE w."id" = ${id}::uuid`;
    return rows[0] ?? null;
  }

  /** Writes down the channel that is about to be asked for: its first notification may come before the answer does. */
  async beginActivation(
    sql: Sql,
    id: string,
    providerSubscriptionId: string,
    secretHash: Uint8Array,
  ): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSubscription"
         SET "providerSubscriptionId" = ${providerSubscriptionId}, "secretHash" = ${secretHash}, "updatedAt" = now()
       WHERE "id" = ${id}::uuid`;
  }

  /** The channel stands. Any other one of its calendar is to be stopped from now on. */
  async activated(
    sql: Sql,
    id: string,
    channel: { providerSubscriptionId: string; providerResourceId: string | null; expiresAt: Date | null },
    now: Date,
    renewAt: Date | null,
  ): Promise<void> {
    await sql.$executeRaw`
      WITH activated AS (
        UPDATE "CalendarSubscription"
           SET "status" = 'ACTIVE', "providerSubscriptionId" = ${channel.providerSubscriptionId},
               "providerResourceId" = ${channel.providerResourceId}, "expiresAt" = ${channel.expiresAt},
               "activatedAt" = coalesce("activatedAt", ${now}), "lastRenewedAt" = ${now}, "nextAttemptAt" = ${renewAt},
               "errorCount" = 0, "lastError" = NULL, "lastErrorMessage" = NULL, "updatedAt" = now()
         WHERE "id" = ${id}::uuid
        RETURNING "id", "calendarSyncId", "replacesId"),
      current AS (
        UPDATE "CalendarSync" s SET "currentSubscriptionId" = a."id", "missedChanges" = 0
          FROM activated a WHERE s."id" = a."calendarSyncId")
      UPDATE "CalendarSubscription" old
         SET "status" = 'REPLACED', "nextAttemptAt" = ${now}, "updatedAt" = now()
        FROM activated a
       WHERE old."calendarSyncId" = a."calendarSyncId" AND old."id" <> a."id" AND old."status" = 'ACTIVE'`;
  }

  /** The channel lives on, unless it has been replaced or stopped meanwhile. */
  async renewed(
    sql: Sql,
    id: string,
    expiresAt: Date | null,
    now: Date,
    renewAt: Date | null,
  ): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSubscription"
         SET "expiresAt" = ${expiresAt}, "lastRenewedAt" = ${now}, "nextAttemptAt" = ${renewAt},
             "errorCount" = 0, "lastError" = NULL, "lastErrorMessage" = NULL, "updatedAt" = now()
       WHERE "id" = ${id}::uuid AND "status" = 'ACTIVE'`;
  }

  /** A replacement for a channel that nears its expiry, unless one is under way. */
  async createReplacement(sql: Sql, old: SubscriptionRow, now: Date): Promise<void> {
    await sql.$executeRaw`
      INSERT INTO "CalendarSubscription" ("id", "calendarSyncId", "provider", "status", "replacesId", "nextAttemptAt", "updatedAt")
      SELECT gen_random_uuid(), ${old.calendarSyncId}::uuid, ${old.provider}, 'PENDING', ${old.id}::uuid, ${now}, now()
       WHERE NOT EXISTS (SELECT 1 FROM "CalendarSubscription"
                          WHERE "calendarSyncId" = ${old.calendarSyncId}::uuid AND "replacesId" = ${old.id}::uuid)`;
  }

  /**
   * A replacement for the channel that stands for a calendar, because it does not announce what changes; unless one is
   * under way, or there is no such channel. @returns the replacement's id, or null
   */
  async replaceCurrent(sql: Sql, calendarSyncId: string, now: Date): Promise<string | null> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      INSERT INTO "CalendarSubscription" ("id", "calendarSyncId", "provider", "status", "replacesId", "nextAttemptAt", "updatedAt")
      SELECT gen_random_uuid(), w."calendarSyncId", w."provider", 'PENDING', w."id", ${now}, now()
        FROM "CalendarSync" s JOIN "CalendarSubscription" w ON w."id" = s."currentSubscriptionId"
       WHERE s."id" = ${calendarSyncId}::uuid AND w."status" = 'ACTIVE'
         AND NOT EXISTS (SELECT 1 FROM "CalendarSubscription" r
                          WHERE r."calendarSyncId" = w."calendarSyncId" AND r."replacesId" = w."id")
      RETURNING "id"`;
    return rows[0]?.id ?? null;
  }

  /** Forgets a subscription that has ended, here and at the provider. */
  async remove(sql: Sql, id: string): Promise<void> {
    await sql.$executeRaw`
      DELETE FROM "CalendarSubscription" WHERE "id" = ${id}::uuid AND "status" IN ('STOPPED', 'EXPIRED')`;
  }

  /**
   * Moves a row to another state. A calendar whose standing subscription ends gets the replacement that is under way as
   * its standing one, and without any is free for a new one.
   */
  async move(
    sql: Sql,
    id: string,
    to: {
      status: SubscriptionState;
      nextAttemptAt: Date | null;
      error?: { code: string; message: string };
      stoppedAt?: Date;
      freesCalendar?: boolean;
    },
  ): Promise<void> {
    await sql.$executeRaw`
      WITH moved AS (
        UPDATE "CalendarSubscription"
           SET "status" = ${to.status}::"SubscriptionStatus", "nextAttemptAt" = ${to.nextAttemptAt},
               "stoppedAt" = coalesce(${to.stoppedAt ?? null}::timestamptz, "stoppedAt"),
               "errorCount" = CASE WHEN ${to.error !== undefined} THEN "errorCount" + 1 ELSE "errorCount" END,
               "lastError" = ${to.error?.code ?? null}, "lastErrorMessage" = ${to.error?.message ?? null}, "updatedAt" = now()
         WHERE "id" = ${id}::uuid RETURNING "id")
      UPDATE "CalendarSync" s
         SET "currentSubscriptionId" = (
               SELECT w."id" FROM "CalendarSubscription" w
                WHERE w."calendarSyncId" = s."id" AND w."replacesId" = moved."id"
                  AND w."status" IN ('PENDING', 'ERROR', 'UNSUPPORTED') LIMIT 1)
        FROM moved
       WHERE ${to.freesCalendar ?? false} AND s."currentSubscriptionId" = moved."id"`;
  }

  /** Puts a row's next work at `at` and leaves the rest. */
  async postpone(sql: Sql, id: string, at: Date | null): Promise<void> {
    await sql.$executeRaw`UPDATE "CalendarSubscription" SET "nextAttemptAt" = ${at}, "updatedAt" = now() WHERE "id" = ${id}::uuid`;
  }

  /** The next tick looks after these channels, as far as they stand. */
  async wake(
    sql: Sql,
    provider: string,
    providerSubscriptionIds: readonly string[],
    now: Date,
  ): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSubscription" SET "nextAttemptAt" = ${now}, "updatedAt" = now()
       WHERE "provider" = ${provider} AND "providerSubscriptionId" = ANY(${providerSubscriptionIds}::text[])
         AND "status" = 'ACTIVE'`;
  }

  /** The channels of these ids; unknown ones are left out. */
  async findNotified(
    sql: Sql,
    provider: string,
    providerSubscriptionIds: readonly string[],
  ): Promise<NotifiedChannel[]> {
    return sql.$queryRaw`
      SELECT "providerSubscriptionId", "calendarSyncId", "secretHash" FROM "CalendarSubscription"
       WHERE "provider" = ${provider} AND "providerSubscriptionId" = ANY(${providerSubscriptionIds}::text[])`;
  }

  /** The calendars with a channel that stands for one of these resources. */
  async findByResource(sql: Sql, provider: string, resourceIds: readonly string[]): Promise<string[]> {
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      SELECT DISTINCT "calendarSyncId" FROM "CalendarSubscription"
       WHERE "provider" = ${provider} AND "providerResourceId" = ANY(${resourceIds}::text[])
         AND "status" IN ('ACTIVE', 'REPLACED')`;
    return rows.map((row) => row.calendarSyncId);
  }

  /**
   * Notes that calendars were announced to have changed and that a pull is wanted. The commit does not wait for the disk: a
   * hint that a crash of the server takes along is made up for by the next poll (invariant 9).
   * @returns the calendars that exist and are enabled
   */
  async noteNotified(sql: Sql, calendarSyncIds: readonly string[], now: Date): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      UPDATE "CalendarSync"
         SET "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond'),
             "lastNotificationAt" = ${now}, "missedChanges" = 0
       WHERE "id" = ANY(${calendarSyncIds}::uuid[]) AND "enabled"
      RETURNING "id", set_config('synchronous_commit', 'off', true)`;
    return rows.map((row) => row.id);
  }

  /** Asks for a stop of all channels of a credential's calendars, before the credential goes. @returns their rows. */
  async findRunningOfCredential(sql: Sql, credentialId: number): Promise<SubscriptionRow[]> {
    return sql.$queryRaw`
      SELECT w."id", w."calendarSyncId", w."provider", w."status", w."providerSubscriptionId", w."providerResourceId",
             w."expiresAt", w."errorCount", w."replacesId", s."credentialId", s."externalCalendarId",
             c."status" = 'ACTIVE' AS "credentialActive", false AS "wanted"
        FROM "CalendarSync" s
        JOIN "CalendarSubscription" w ON w."calendarSyncId" = s."id"
        JOIN "Credential" c ON c."id" = s."credentialId"
       WHERE s."credentialId" = ${credentialId} AND w."status" IN ('ACTIVE', 'REPLACED')`;
  }

  /**
   * Calendars that may have fallen out of use. Those that nothing uses are marked and their channel is to be stopped;
   * those with coming bookings are looked at again when the last of these is over.
   */
  async checkUsage(sql: Sql, now: Date, limit: number): Promise<number> {
    return sql.$executeRaw`
      WITH due AS (
        SELECT s."id", s."currentSubscriptionId",
               EXISTS (SELECT 1 FROM "DestinationCalendar" d WHERE d."calendarSyncId" = s."id")
               OR EXISTS (SELECT 1 FROM "SelectedCalendar" c WHERE c."calendarSyncId" = s."id") AS "chosen",
               (SELECT max(b."endTime") FROM "BookingReference" r JOIN "Booking" b ON b."id" = r."bookingId"
                 WHERE r."calendarSyncId" = s."id" AND b."status" IN ('PENDING', 'ACCEPTED') AND b."endTime" > ${now}) AS "lastEnd"
          FROM "CalendarSync" s
         WHERE s."usageCheckAt" IS NOT NULL AND s."usageCheckAt" <= ${now}
         ORDER BY s."usageCheckAt" LIMIT ${limit} FOR NO KEY UPDATE OF s SKIP LOCKED),
      marked AS (
        UPDATE "CalendarSync" s
           SET "usageCheckAt" = CASE WHEN due."chosen" THEN NULL ELSE due."lastEnd" END,
               "inUse" = due."chosen" OR due."lastEnd" IS NOT NULL, "updatedAt" = now()
          FROM due WHERE s."id" = due."id"
        RETURNING s."id", s."inUse", s."currentSubscriptionId")
      UPDATE "CalendarSubscription" w SET "nextAttemptAt" = ${now}, "updatedAt" = now()
        FROM marked WHERE w."id" = marked."currentSubscriptionId" AND NOT marked."inUse"`;
  }
}
