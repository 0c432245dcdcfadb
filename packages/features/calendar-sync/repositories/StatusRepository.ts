import type { PrismaClient } from "@calsync/prisma";
import type { MirrorState } from "../engine/freshness.ts";
import { SWITCHED_ON } from "./CalendarSyncRepository.ts";

/** How one calendar's sync stands, for the person whose calendar it is. */
export interface SyncStatusRow {
  id: string;
  name: string;
  provider: string;
  accountEmail: string | null;
  status: "INITIAL" | "HEALTHY" | "RETRYING" | "FAILED";
  credentialStatus: "ACTIVE" | "INVALID";
  enabled: boolean;
  lastPulledAt: Date | null;
  lastPushedAt: Date | null;
  lastNotificationAt: Date | null;
  nextPollAt: Date;
  lastError: string | null;
  lastErrorMessage: string | null;
  lastErrorAt: Date | null;
  subscriptionStatus: string | null;
  missedChanges: number;
  pullWanted: boolean;
  pendingPushes: number;
  failingPushes: number;
  failedPushes: number;
  pushError: string | null;
  setAside: number;
  isDestination: boolean;
  isSelected: boolean;
}

/** Whether a calendar is synced: switched off somewhere (calendar, host, team, installation), or its account has ended. */
export type CalendarStanding = "on" | "off" | "disconnected";

/** A calendar that is read for a user's busy times. */
export interface SelectedMirror extends MirrorState {
  /** Null before the first tick has seen the choice. */
  calendarSyncId: string | null;
  credentialId: number;
  externalCalendarId: string;
  name: string;
  provider: string;
  /** What the host wants while one of their calendars cannot be read; the same in each row. */
  unreadableCalendar: "CLOSE" | "WARN";
}

/** What people see of sync. Every query is scoped by user (invariant 14). */
export class StatusRepository {
  readonly #prisma: PrismaClient;
  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async findForUser(userId: number): Promise<SyncStatusRow[]> {
    return this.#prisma.$queryRaw`
      SELECT s."id", s."name", s."provider", c."accountEmail", s."status", c."status" AS "credentialStatus", s."enabled",
             s."lastPulledAt", s."lastPushedAt", s."lastNotificationAt", s."nextPollAt", s."lastError", s."lastErrorMessage", s."lastErrorAt",
             w."status"::text AS "subscriptionStatus", s."missedChanges", s."pullRequestedAt" IS NOT NULL AS "pullWanted",
             p."pending" AS "pendingPushes",
             p."failing" AS "failingPushes", p."failed" AS "failedPushes", p."error" AS "pushError",
             (SELECT count(*)::int FROM "ExternalEvent" e WHERE e."calendarSyncId" = s."id" AND e."setAsideReason" IS NOT NULL) AS "setAside",
             EXISTS (SELECT 1 FROM "DestinationCalendar" d WHERE d."calendarSyncId" = s."id") AS "isDestination",
             EXISTS (SELECT 1 FROM "SelectedCalendar" x WHERE x."calendarSyncId" = s."id") AS "isSelected"
        FROM "CalendarSync" s
        JOIN "Credential" c ON c."id" = s."credentialId"
        LEFT JOIN "CalendarSubscription" w ON w."id" = s."currentSubscriptionId"
        LEFT JOIN LATERAL (
          SELECT count(*) FILTER (WHERE r."pushRequestedAt" IS NOT NULL)::int AS "pending",
                 count(*) FILTER (WHERE r."pushRequestedAt" IS NOT NULL AND r."lastError" IS NOT NULL)::int AS "failing",
                 count(*) FILTER (WHERE r."status" = 'ERROR')::int AS "failed",
                 max(r."lastError") FILTER (WHERE r."pushRequestedAt" IS NOT NULL OR r."status" = 'ERROR') AS "error"
            FROM "BookingReference" r
           WHERE r."calendarSyncId" = s."id" AND (r."pushRequestedAt" IS NOT NULL OR r."status" = 'ERROR')) p ON true
       WHERE s."userId" = ${userId} AND s."inUse"
       ORDER BY s."name", s."id"`;
  }

  /** The calendars that a user's busy times come from, with what tells how fresh the mirror of each is. */
  async findSelectedMirrors(userId: number): Promise<SelectedMirror[]> {
    return this.#prisma.$queryRaw`
      SELECT x."calendarSyncId", x."credentialId", x."externalCalendarId", x."name", c."provider",
             c."status" = 'ACTIVE' AS "credentialActive", s."lastPulledAt", coalesce(s."enabled", false) AS "enabled",
             coalesce(s."status" = 'HEALTHY', false) AS "healthy", s."pullRequestedAt" IS NOT NULL AS "pullWanted",
             coalesce(w."status" IN ('ACTIVE', 'REPLACED') AND s."missedChanges" = 0, false) AS "announced",
             coalesce(p."unreadableCalendar", 'CLOSE') AS "unreadableCalendar"
        FROM "SelectedCalendar" x
        JOIN "Credential" c ON c."id" = x."credentialId"
        LEFT JOIN "CalendarSync" s ON s."id" = x."calendarSyncId"
        LEFT JOIN "CalendarSubscription" w ON w."id" = s."currentSubscriptionId"
        LEFT JOIN "SyncPreference" p ON p."userId" = x."userId"
       WHERE x."userId" = ${userId}
       ORDER BY x."name"`;
  }

  /** The calendars that a user uses, with the direction that holds for each. */
  async findUsed(
    userId: number,
  ): Promise<
    { id: string; name: string; provider: string; direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR" }[]
  > {
    return this.#prisma.$queryRaw`
      SELECT s."id", s."name", s."provider", coalesce(s."direction", p."direction", 'BOTH')::text AS "direction"
        FROM "CalendarSync" s
        LEFT JOIN "SyncPreference" p ON p."userId" = s."userId"
       WHERE s."userId" = ${userId} AND s."inUse" AND s."enabled"
       ORDER BY s."name", s."id"`;
  }

  /** Whether a calendar of the user is synced at all, and if not, why; null when it is not the user's. */
  async findStanding(userId: number, calendarSyncId: string): Promise<CalendarStanding | null> {
    const [row] = await this.#prisma.$queryRaw<{ standing: CalendarStanding }[]>`
      SELECT CASE WHEN c."status" <> 'ACTIVE' THEN 'disconnected' WHEN ${SWITCHED_ON} THEN 'on' ELSE 'off' END AS "standing"
        FROM "CalendarSync" s JOIN "Credential" c ON c."id" = s."credentialId"
       WHERE s."id" = ${calendarSyncId}::uuid AND s."userId" = ${userId}`;
    return row?.standing ?? null;
  }

  /**
   * Wakes the calendars and subscriptions of a credential that works again. Channels that stand are renewed: providers may end
   * them with the grant that they were made under. @returns the calendars.
   */
  async wakeCredential(
    sql: Pick<PrismaClient, "$queryRaw">,
    credentialId: number,
    now: Date,
  ): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      WITH woken AS (
        UPDATE "CalendarSync"
           SET "status" = CASE WHEN "lastPulledAt" IS NULL THEN 'INITIAL' ELSE 'RETRYING' END::"CalendarSyncStatus",
               "errorCount" = 0, "nextPollAt" = ${now}, "updatedAt" = now(),
               "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond')
         WHERE "credentialId" = ${credentialId} RETURNING "id"),
      retried AS (
        UPDATE "CalendarSubscription" w SET "nextAttemptAt" = ${now}, "errorCount" = 0
          FROM woken WHERE w."calendarSyncId" = woken."id" AND w."status" IN ('PENDING', 'ERROR', 'ACTIVE')),
      references_retried AS (
        UPDATE "BookingReference" r
           SET "status" = 'PENDING', "pushRequestedAt" = clock_timestamp(), "nextPushAt" = NULL, "errorCount" = 0
          FROM woken WHERE r."calendarSyncId" = woken."id" AND r."status" = 'ERROR')
      SELECT "id" FROM woken`;
    return rows.map((row) => row.id);
  }
}
