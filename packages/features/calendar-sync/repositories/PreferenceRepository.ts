import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { EventView } from "../engine/view.ts";
import type { StoredPolicy } from "./rows.ts";

type Sql = PrismaClient | PrismaTransaction;

/** A host's preferences as the database keeps them. */
export interface PreferenceRow extends Required<StoredPolicy> {
  enabled: boolean;
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  unreadableCalendar: "CLOSE" | "WARN";
  pollIntervalMinutes: number | null;
}

/** Where one calendar differs from its host's preferences; null members are as there. */
export interface CalendarPreferenceRow {
  id: string;
  name: string;
  enabled: boolean;
  direction: PreferenceRow["direction"] | null;
  pollIntervalMinutes: number | null;
  policyOverrides: StoredPolicy;
}

/** A team as one of its members sees it. */
export interface TeamRow {
  id: number;
  name: string;
  twoWaySyncEnabled: boolean;
  role: "MEMBER" | "ADMIN" | "OWNER";
  /** How many people are in it, the user among them. */
  memberCount: number;
}

/** What hosts, teams and operators want of sync. Every query for a user is scoped by user (invariant 14). */
export class PreferenceRepository {
  /** Null for a host who has chosen nothing. */
  async find(sql: Sql, userId: number): Promise<PreferenceRow | null> {
    const [row] = await sql.$queryRaw<PreferenceRow[]>`
      SELECT "enabled", "direction", "fields", "conflictPolicy", "massChangeLimit", "outsideHours", "overlap", "allDeclined",
             "hostDeclined", "unreadableCalendar", "pollIntervalMinutes"
        FROM "SyncPreference" WHERE "userId" = ${userId}`;
    return row ?? null;
  }

  /** Writes the given members, over the defaults for a host who had chosen nothing. */
  async save(sql: PrismaTransaction, userId: number, patch: Partial<PreferenceRow>): Promise<void> {
    await sql.syncPreference.upsert({ where: { userId }, create: { userId, ...patch }, update: patch });
  }

  /** The user's calendar, locked until the transaction ends; null when there is none or it is somebody else's. */
  async lockCalendar(
    tx: PrismaTransaction,
    userId: number,
    calendarSyncId: string,
  ): Promise<CalendarPreferenceRow | null> {
    const [row] = await tx.$queryRaw<CalendarPreferenceRow[]>`
      SELECT "id", "name", "enabled", "direction", "pollIntervalMinutes", "policyOverrides"
        FROM "CalendarSync" WHERE "id" = ${calendarSyncId}::uuid AND "userId" = ${userId} FOR NO KEY UPDATE`;
    return row ?? null;
  }

  /** The calendars that the user has in use, by name. */
  async findAll(sql: Sql, userId: number): Promise<CalendarPreferenceRow[]> {
    return sql.$queryRaw`
      SELECT "id", "name", "enabled", "direction", "pollIntervalMinutes", "policyOverrides"
        FROM "CalendarSync" WHERE "userId" = ${userId} AND "inUse" ORDER BY "name", "id"`;
  }

  async saveCalendar(tx: PrismaTransaction, row: CalendarPreferenceRow): Promise<void> {
    await tx.$executeRaw`
      UPDATE "CalendarSync"
         SET "enabled" = ${row.enabled}, "direction" = ${row.direction}::"SyncDirection",
             "pollIntervalMinutes" = ${row.pollIntervalMinutes}, "policyOverrides" = ${JSON.stringify(row.policyOverrides)}::jsonb,
             "updatedAt" = now()
       WHERE "id" = ${row.id}::uuid`;
  }

  /** The calendars that these users have in use and switched on. */
  async findCalendars(sql: Sql, userIds: readonly number[]): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "CalendarSync" WHERE "userId" = ANY(${userIds}::int[]) AND "inUse" AND "enabled" ORDER BY "id"`;
    return rows.map(({ id }) => id);
  }

  /** Asks for a pull of each calendar, at once and whatever its schedule says. */
  async requestPulls(tx: PrismaTransaction, ids: readonly string[], now: Date): Promise<void> {
    await tx.$executeRaw`
      UPDATE "CalendarSync"
         SET "pullRequestedAt" = greatest(clock_timestamp(), "pullRequestedAt" + interval '1 millisecond'),
             "nextPollAt" = least("nextPollAt", ${now}), "updatedAt" = now()
       WHERE "id" = ANY(${ids}::uuid[])`;
  }

  /** Has every pull that was asked for and never made taken by the next ticks, whatever the calendars' schedules say. */
  async hastenPulls(sql: Sql, now: Date): Promise<void> {
    await sql.$executeRaw`
      UPDATE "CalendarSync" SET "nextPollAt" = ${now}, "updatedAt" = now()
       WHERE "pullRequestedAt" IS NOT NULL AND "enabled" AND "nextPollAt" > ${now}`;
  }

  /** Wishes a push for every reference of a coming booking; those that are equal are found to be so and not written. */
  async requestPushes(tx: PrismaTransaction, ids: readonly string[], now: Date): Promise<string[]> {
    const rows = await tx.$queryRaw<{ calendarSyncId: string }[]>`
      WITH marked AS (
        UPDATE "BookingReference" r
           SET "pushRequestedAt" = greatest(clock_timestamp(), r."pushRequestedAt" + interval '1 millisecond'),
               "nextPushAt" = NULL, "updatedAt" = now()
          FROM "Booking" b
         WHERE r."calendarSyncId" = ANY(${ids}::uuid[]) AND b."id" = r."bookingId" AND b."endTime" > ${now}
        RETURNING r."calendarSyncId")
      SELECT DISTINCT "calendarSyncId" FROM marked`;
    return rows.map(({ calendarSyncId }) => calendarSyncId);
  }

  /**
   * Shows the coming bookings of a user's destination there as the destination says now, and wishes a push for those that
   * were shown otherwise. @returns the calendars concerned
   */
  async showAsDestination(
    tx: PrismaTransaction,
    userId: number,
    eventTypeId: number | null,
    now: Date,
  ): Promise<string[]> {
    const rows = await tx.$queryRaw<{ calendarSyncId: string }[]>`
      WITH marked AS (
        UPDATE "BookingReference" r
           SET "privacy" = d."privacy", "titleTemplate" = d."titleTemplate", "descriptionTemplate" = d."descriptionTemplate",
               "pushRequestedAt" = greatest(clock_timestamp(), r."pushRequestedAt" + interval '1 millisecond'),
               "nextPushAt" = NULL, "updatedAt" = now()
          FROM "DestinationCalendar" d, "Booking" b
         WHERE d."userId" = ${userId} AND d."eventTypeId" IS NOT DISTINCT FROM ${eventTypeId}::int
           AND r."calendarSyncId" = d."calendarSyncId" AND b."id" = r."bookingId" AND b."hostId" = d."userId"
           AND b."endTime" > ${now}
           AND (d."eventTypeId" = b."eventTypeId"
                OR (d."eventTypeId" IS NULL AND NOT EXISTS (
                      SELECT 1 FROM "DestinationCalendar" own
                       WHERE own."userId" = b."hostId" AND own."eventTypeId" = b."eventTypeId")))
           AND (r."privacy", r."titleTemplate", r."descriptionTemplate")
               IS DISTINCT FROM (d."privacy", d."titleTemplate", d."descriptionTemplate")
        RETURNING r."calendarSyncId")
      SELECT DISTINCT "calendarSyncId" FROM marked`;
    return rows.map(({ calendarSyncId }) => calendarSyncId);
  }

  /** The user's destination for an event type, or the default one, changed. @returns false when there is none */
  async saveView(
    tx: PrismaTransaction,
    userId: number,
    eventTypeId: number | null,
    view: Partial<Omit<EventView, "attendees">>,
  ): Promise<boolean> {
    const { count } = await tx.destinationCalendar.updateMany({ where: { userId, eventTypeId }, data: view });
    return count > 0;
  }

  /** The teams of a user; with `teamId`, only that one. */
  async findTeams(sql: Sql, userId: number, teamId: number | null = null): Promise<TeamRow[]> {
    return sql.$queryRaw`
      SELECT t."id", t."name", t."twoWaySyncEnabled", m."role",
             (SELECT count(*) FROM "Membership" all_members WHERE all_members."teamId" = t."id")::int AS "memberCount"
        FROM "Membership" m JOIN "Team" t ON t."id" = m."teamId"
       WHERE m."userId" = ${userId} ${teamId === null ? Prisma.empty : Prisma.sql`AND t."id" = ${teamId}`}
       ORDER BY t."name", t."id"`;
  }

  /** @returns the members of the team */
  async saveTeam(tx: PrismaTransaction, teamId: number, enabled: boolean): Promise<number[]> {
    await tx.$executeRaw`UPDATE "Team" SET "twoWaySyncEnabled" = ${enabled} WHERE "id" = ${teamId}`;
    const rows = await tx.$queryRaw<{ userId: number }[]>`
      SELECT "userId" FROM "Membership" WHERE "teamId" = ${teamId} ORDER BY "userId"`;
    return rows.map(({ userId }) => userId);
  }

  async findKillSwitch(sql: Sql): Promise<boolean> {
    const [row] = await sql.$queryRaw<{ on: boolean }[]>`
      SELECT "twoWaySyncEnabled" AS "on" FROM "GlobalSetting" WHERE "id" = 1`;
    return row?.on ?? true;
  }

  async saveKillSwitch(sql: Sql, on: boolean): Promise<void> {
    await sql.$executeRaw`
      INSERT INTO "GlobalSetting" ("id", "twoWaySyncEnabled", "updatedAt") VALUES (1, ${on}, now())
      ON CONFLICT ("id") DO UPDATE SET "twoWaySyncEnabled" = ${on}, "updatedAt" = now()`;
  }
}
