import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { SyncedSeries } from "../engine/synced-state.ts";
import type { SeriesReferenceRow } from "./rows.ts";

type Sql = PrismaClient | PrismaTransaction;

/** A row as raw SQL gives it. */
interface RawSeriesReference extends Omit<SeriesReferenceRow, "base" | "pending"> {
  baseSnapshot: SyncedSeries | null;
  pendingSnapshot: SyncedSeries[] | null;
}

/** New values of a series' reference. Members that are undefined stay as they are. */
export interface SeriesReferencePatch {
  id: string;
  externalEventId?: string | null;
  iCalUid?: string | null;
  status?: SeriesReferenceRow["status"];
  version?: string | null;
  sequence?: number;
  base?: SyncedSeries | null;
  pending?: readonly SyncedSeries[] | null;
  deletePending?: boolean;
  generation?: number;
  seenGeneration?: number;
  goneBookingIds?: readonly number[];
  settleAt?: Date | null;
  deletedSeenAt?: Date | null;
  calendarSyncId?: string;
  pushRequestedAt?: Date;
  nextPushAt?: Date | null;
  lastError?: string | null;
  lastErrorMessage?: string | null;
  errorCount?: number;
  lastPushedAt?: Date;
  lastPulledAt?: Date;
}

const COLUMNS = Prisma.sql`s."id"::text, s."seriesId"::text, s."calendarSyncId"::text, s."externalEventId", s."status", s."version",
  s."sequence", s."baseSnapshot", s."pendingSnapshot", s."deletePending", s."generation", s."errorCount", s."pushRequestedAt", s."goneBookingIds",
  s."settleAt", s."iCalUid", s."deletedSeenAt"`;

/** Of a series `s`: its event was found in this calendar, and a look at it is still to come. */
export const IS_UNREAD = Prisma.sql`(s."externalEventId" IS NOT NULL AND s."version" IS NULL AND s."settleAt" IS NOT NULL)`;

/** The same of a row. */
export const isUnread = ({
  externalEventId,
  version,
  settleAt,
}: Pick<SeriesReferenceRow, "externalEventId" | "version" | "settleAt">): boolean =>
  externalEventId !== null && version === null && settleAt !== null;

/** The links between series and their recurring events. Every method is one statement, however many rows. */
export class SeriesReferenceRepository {
  /** The series that a page is about, locked: known ones by id, and those whose copies it has, by our marker. */
  async findForChanges(
    sql: Sql,
    calendarSyncId: string,
    ids: readonly string[],
  ): Promise<SeriesReferenceRow[]> {
    if (ids.length === 0) return [];
    const rows = await sql.$queryRaw<RawSeriesReference[]>`
      SELECT ${COLUMNS} FROM "SeriesReference" s
       WHERE s."calendarSyncId" = ${calendarSyncId}::uuid AND s."id" = ANY(${ids}::uuid[])
       ORDER BY s."id" FOR NO KEY UPDATE OF s`;
    return rows.map(toRow);
  }

  /**
   * Series whose push is due, the longest waiting first. One that has moved here is read before it is written: a person may have
   * changed it since.
   */
  async findDuePushes(
    sql: Sql,
    calendarSyncId: string,
    now: Date,
    limit: number,
  ): Promise<SeriesReferenceRow[]> {
    const rows = await sql.$queryRaw<RawSeriesReference[]>`
      SELECT ${COLUMNS} FROM "SeriesReference" s
       WHERE s."calendarSyncId" = ${calendarSyncId}::uuid AND s."pushRequestedAt" IS NOT NULL
         AND (s."nextPushAt" IS NULL OR s."nextPushAt" <= ${now}) AND NOT ${IS_UNREAD}
       ORDER BY s."pushRequestedAt", s."id" LIMIT ${limit}`;
    return rows.map(toRow);
  }

  /** Series that a full listing has not shown. Each is read directly before anything is concluded. */
  async findUnseen(sql: Sql, calendarSyncId: string, generation: number): Promise<SeriesReferenceRow[]> {
    const rows = await sql.$queryRaw<RawSeriesReference[]>`
      SELECT ${COLUMNS} FROM "SeriesReference" s
       WHERE s."calendarSyncId" = ${calendarSyncId}::uuid AND s."seenGeneration" < ${generation}
         AND s."externalEventId" IS NOT NULL AND s."status" <> 'DELETED'
       ORDER BY s."id"`;
    return rows.map(toRow);
  }

  /**
   * Series that are to be read once more: whose occurrences dropped out of the rule and have not turned up anywhere in time,
   * that are found in this calendar, or that have gone from it, these also before their time is over.
   */
  async findSettling(sql: Sql, calendarSyncId: string, now: Date): Promise<SeriesReferenceRow[]> {
    const rows = await sql.$queryRaw<RawSeriesReference[]>`
      SELECT ${COLUMNS} FROM "SeriesReference" s
       WHERE s."calendarSyncId" = ${calendarSyncId}::uuid AND s."settleAt" IS NOT NULL
         AND (s."settleAt" <= ${now} OR s."deletedSeenAt" IS NOT NULL)
       ORDER BY s."id"`;
    return rows.map(toRow);
  }

  /**
   * Recurring events with these markers have turned up in one calendar of the user: asks for a look at each series that stands
   * for its event in another one. One that waits already waits on.
   * @returns the calendars to look in
   */
  async requestLooks(
    sql: Sql,
    found: { userId: number; calendarSyncId: string; markers: readonly string[] },
    now: Date,
  ): Promise<string[]> {
    if (found.markers.length === 0) return [];
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      UPDATE "SeriesReference" s SET "settleAt" = coalesce(s."settleAt", ${now}), "updatedAt" = now()
        FROM "CalendarSync" c
       WHERE s."id" = ANY(${found.markers}::uuid[]) AND s."calendarSyncId" <> ${found.calendarSyncId}::uuid
         AND c."id" = s."calendarSyncId" AND c."userId" = ${found.userId} AND s."externalEventId" IS NOT NULL
      RETURNING s."calendarSyncId"::text`;
    return [...new Set(rows.map((row) => row.calendarSyncId))];
  }

  async update(sql: Sql, patches: readonly SeriesReferencePatch[]): Promise<void> {
    if (patches.length === 0) return;
    await sql.$executeRaw`
      UPDATE "SeriesReference" s SET
        "externalEventId" = CASE WHEN p.d ? 'externalEventId' THEN p.d->>'externalEventId' ELSE s."externalEventId" END,
        "iCalUid" = CASE WHEN p.d ? 'iCalUid' THEN p.d->>'iCalUid' ELSE s."iCalUid" END,
        "status" = coalesce((p.d->>'status')::"ReferenceStatus", s."status"),
        "version" = CASE WHEN p.d ? 'version' THEN p.d->>'version' ELSE s."version" END,
        "sequence" = coalesce((p.d->>'sequence')::int, s."sequence"),
        "baseSnapshot" = CASE WHEN p.d ? 'base' THEN nullif(p.d->'base', 'null'::jsonb) ELSE s."baseSnapshot" END,
        "pendingSnapshot" = CASE WHEN p.d ? 'pending' THEN nullif(p.d->'pending', 'null'::jsonb) ELSE s."pendingSnapshot" END,
        "deletePending" = coalesce((p.d->>'deletePending')::boolean, s."deletePending"),
        "generation" = coalesce((p.d->>'generation')::int, s."generation"),
        "seenGeneration" = coalesce((p.d->>'seenGeneration')::int, s."seenGeneration"),
        "goneBookingIds" = CASE WHEN p.d ? 'goneBookingIds'
                                THEN ARRAY(SELECT jsonb_array_elements_text(p.d->'goneBookingIds')::int) ELSE s."goneBookingIds" END,
        "settleAt" = CASE WHEN p.d ? 'settleAt' THEN (p.d->>'settleAt')::timestamptz ELSE s."settleAt" END,
        "deletedSeenAt" = CASE WHEN p.d ? 'deletedSeenAt' THEN (p.d->>'deletedSeenAt')::timestamptz ELSE s."deletedSeenAt" END,
        "calendarSyncId" = coalesce((p.d->>'calendarSyncId')::uuid, s."calendarSyncId"),
        "pushRequestedAt" = coalesce((p.d->>'pushRequestedAt')::timestamptz, s."pushRequestedAt"),
        "nextPushAt" = CASE WHEN p.d ? 'nextPushAt' THEN (p.d->>'nextPushAt')::timestamptz ELSE s."nextPushAt" END,
        "lastError" = CASE WHEN p.d ? 'lastError' THEN p.d->>'lastError' ELSE s."lastError" END,
        "lastErrorMessage" = CASE WHEN p.d ? 'lastErrorMessage' THEN p.d->>'lastErrorMessage' ELSE s."lastErrorMessage" END,
        "errorCount" = coalesce((p.d->>'errorCount')::int, s."errorCount"),
        "lastPushedAt" = coalesce((p.d->>'lastPushedAt')::timestamptz, s."lastPushedAt"),
        "lastPulledAt" = coalesce((p.d->>'lastPulledAt')::timestamptz, s."lastPulledAt"),
        "updatedAt" = now()
      FROM (SELECT (d->>'id')::uuid AS id, d FROM jsonb_array_elements(${JSON.stringify(patches)}::jsonb) d) p
      WHERE s."id" = p.id`;
  }

  /** Ends a wish for a push, unless it was renewed since. */
  async clearPushRequest(sql: Sql, id: string, requestedAt: Date | null): Promise<void> {
    await sql.$executeRaw`
      UPDATE "SeriesReference" SET "pushRequestedAt" = NULL, "nextPushAt" = NULL, "updatedAt" = now()
       WHERE "id" = ${id}::uuid AND "pushRequestedAt" <= ${requestedAt}`;
  }

  /** Wishes a push for the recurring events of these series, except `exceptIds`. @returns the calendars concerned */
  async requestPushes(
    sql: Sql,
    seriesIds: readonly string[],
    exceptIds: readonly string[] = [],
  ): Promise<string[]> {
    if (seriesIds.length === 0) return [];
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      UPDATE "SeriesReference"
         SET "pushRequestedAt" = greatest(clock_timestamp(), "pushRequestedAt" + interval '1 millisecond'),
             "nextPushAt" = NULL, "updatedAt" = now()
       WHERE "seriesId" = ANY(${seriesIds}::uuid[]) AND NOT ("id" = ANY(${exceptIds}::uuid[]))
      RETURNING "calendarSyncId"::text`;
    return [...new Set(rows.map((row) => row.calendarSyncId))];
  }

  /**
   * Ties the occurrences among the bookings, and all of the given series, to the references of their series, which are made
   * where they are missing. An
   * occurrence that has moved into another series lets go of the event that it had. The id follows from series and
   * calendar, as that of a booking's reference does. @returns the references of series that were tied to
   */
  async tie(
    sql: Sql,
    bookingIds: readonly number[],
    seriesIds: readonly string[] = [],
  ): Promise<Pick<SeriesReferenceRow, "id" | "seriesId" | "calendarSyncId">[]> {
    if (bookingIds.length === 0) return [];
    const rows = await sql.$queryRaw<Pick<SeriesReferenceRow, "id" | "seriesId" | "calendarSyncId">[]>`
      WITH loose AS (
        SELECT r."id", b."recurringGroup" AS "seriesId", r."calendarSyncId"
          FROM "BookingReference" r
          JOIN "Booking" b ON b."id" = r."bookingId" AND b."recurringGroup" IS NOT NULL
          LEFT JOIN "SeriesReference" s ON s."id" = r."seriesReferenceId"
         WHERE (b."id" = ANY(${bookingIds}::int[]) OR b."recurringGroup" = ANY(${seriesIds}::uuid[]))
           AND CASE WHEN s."id" IS NULL THEN r."status" = 'PENDING' AND r."externalEventId" IS NULL
                    ELSE s."seriesId" <> b."recurringGroup" END),
      made AS (
        INSERT INTO "SeriesReference" ("id", "seriesId", "calendarSyncId", "updatedAt")
        SELECT DISTINCT md5(concat_ws(':', l."seriesId", c."provider", c."externalCalendarId"))::uuid, l."seriesId",
               l."calendarSyncId", now()
          FROM loose l JOIN "CalendarSync" c ON c."id" = l."calendarSyncId"
        ON CONFLICT ("seriesId", "calendarSyncId") DO UPDATE SET "updatedAt" = now()
        RETURNING "id", "seriesId", "calendarSyncId")
      UPDATE "BookingReference" r
         SET "seriesReferenceId" = made."id", "externalEventId" = NULL, "originalStart" = '', "version" = NULL,
             "baseSnapshot" = NULL, "pendingSnapshot" = NULL,
             "status" = CASE WHEN r."status" = 'DELETED' THEN r."status" ELSE 'PENDING' END, "updatedAt" = now()
        FROM loose l JOIN made ON made."seriesId" = l."seriesId" AND made."calendarSyncId" = l."calendarSyncId"
       WHERE r."id" = l."id"
      RETURNING made."id"::text, made."seriesId"::text, made."calendarSyncId"::text`;
    return [...new Map(rows.map((row) => [row.id, row])).values()];
  }
}

function toRow({ baseSnapshot, pendingSnapshot, ...rest }: RawSeriesReference): SeriesReferenceRow {
  return { ...rest, base: baseSnapshot, pending: pendingSnapshot ?? [] };
}
