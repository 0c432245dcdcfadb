import { Prisma, type PrismaClient, type PrismaTransaction } from "@calsync/prisma";
import type { SyncedState } from "../engine/synced-state.ts";
import { type RawReference, type ReferenceRow, toReferenceRow } from "./rows.ts";
import { IS_UNREAD } from "./SeriesReferenceRepository.ts";

type Sql = PrismaClient | PrismaTransaction;

/** New values of a reference. Members that are undefined stay as they are. */
export interface ReferencePatch {
  id: string;
  externalEventId?: string | null;
  originalStart?: string;
  seriesReferenceId?: string | null;
  iCalUid?: string | null;
  status?: ReferenceRow["status"];
  version?: string | null;
  sequence?: number;
  base?: SyncedState | null;
  /** Writes without an answer; null when none is left. */
  pending?: readonly SyncedState[] | null;
  /** Whether a deletion of ours may have arrived without an answer. */
  deletePending?: boolean;
  generation?: number;
  seenGeneration?: number;
  pushRequestedAt?: Date | null;
  nextPushAt?: Date | null;
  /** Ends the wish for a push that was made by then. One that was renewed since stays: the booking changed while its event was written. */
  pushedFor?: Date | null;
  lastError?: string | null;
  lastErrorMessage?: string | null;
  errorCount?: number;
  lastPushedAt?: Date;
  lastPulledAt?: Date;
  /** The event is in another calendar now. */
  calendarSyncId?: string;
  deletedSeenAt?: Date | null;
  recheckAt?: Date | null;
}

const COLUMNS = Prisma.sql`r."id", r."bookingId", r."calendarSyncId", r."externalEventId", r."status", r."version", r."sequence",
  r."baseSnapshot", r."pendingSnapshot", r."deletePending", r."generation", r."errorCount", r."pushRequestedAt", r."privacy",
  r."titleTemplate", r."descriptionTemplate", r."originalStart", r."seriesReferenceId"::text,
  r."detachedAt" IS NOT NULL AS "detached", r."iCalUid", r."deletedSeenAt", r."recheckAt"`;

/** The links between bookings and events. Every method is one statement, however many rows. */
export class ReferenceRepository {
  /**
   * References that a page is about: by event id; while that is not known yet, by our marker, or by the UID of a booking that
   * was never written to this calendar. A series stands
   * for all of its occurrences, also when the page names one of them only, or a copy of the series under its marker.
   * @param eventIds ids of events, and of the series of instances
   * @param uids iCalendar UIDs of single events that are there
   */
  async findForChanges(
    sql: Sql,
    calendarSyncId: string,
    eventIds: readonly string[],
    markers: readonly string[],
    uids: readonly string[],
  ): Promise<ReferenceRow[]> {
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r
       WHERE r."id" IN (
               SELECT "id" FROM "BookingReference"
                WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "originalStart" = '' AND "externalEventId" = ANY(${eventIds})
               UNION ALL
               SELECT "id" FROM "BookingReference"
                WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "externalEventId" IS NULL AND "seriesReferenceId" IS NULL
                  AND "id" = ANY(${markers}::uuid[])
               UNION ALL
               SELECT n."id" FROM "Booking" b JOIN "BookingReference" n ON n."bookingId" = b."id"
                WHERE b."iCalUid" = ANY(${uids}) AND n."calendarSyncId" = ${calendarSyncId}::uuid AND n."status" = 'PENDING'
                  AND n."externalEventId" IS NULL AND n."pendingSnapshot" IS NULL AND n."detachedAt" IS NULL
                  AND n."seriesReferenceId" IS NULL
               UNION ALL
               SELECT o."id" FROM "SeriesReference" s JOIN "BookingReference" o ON o."seriesReferenceId" = s."id"
                WHERE s."calendarSyncId" = ${calendarSyncId}::uuid
                  AND (s."externalEventId" = ANY(${eventIds}) OR s."id" = ANY(${markers}::uuid[])))
       ORDER BY r."bookingId" FOR NO KEY UPDATE OF r`;
    return rows.map(toReferenceRow);
  }

  /** The occurrences of series, by the references of these. */
  async findOfSeries(sql: Sql, seriesReferenceIds: readonly string[]): Promise<ReferenceRow[]> {
    if (seriesReferenceIds.length === 0) return [];
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r WHERE r."seriesReferenceId" = ANY(${seriesReferenceIds}::uuid[])
       ORDER BY r."bookingId"`;
    return rows.map(toReferenceRow);
  }

  /**
   * Frees the places of occurrences that are about to get other ones, so that two that trade places do not meet on the way
   * (the key of calendar, event and original start is checked row by row).
   */
  async freePlaces(sql: Sql, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await sql.$executeRaw`
      UPDATE "BookingReference" SET "originalStart" = "originalStart" || '~' WHERE "id" = ANY(${ids}::uuid[])`;
  }

  /**
   * References whose push is due, the longest waiting first. Occurrences wait for their series, and
   * what is to be read first is not written yet.
   */
  async findDuePushes(sql: Sql, calendarSyncId: string, now: Date, limit: number): Promise<ReferenceRow[]> {
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r
       WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND r."pushRequestedAt" IS NOT NULL
         AND (r."nextPushAt" IS NULL OR r."nextPushAt" <= ${now}) AND r."recheckAt" IS NULL
         AND NOT EXISTS (SELECT 1 FROM "SeriesReference" s
                          WHERE s."id" = r."seriesReferenceId" AND (s."pushRequestedAt" IS NOT NULL OR ${IS_UNREAD}))
       ORDER BY r."pushRequestedAt", r."id" LIMIT ${limit}`;
    return rows.map(toReferenceRow);
  }

  async findByIds(sql: Sql, ids: readonly string[]): Promise<ReferenceRow[]> {
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r WHERE r."id" = ANY(${ids}::uuid[])`;
    return rows.map(toReferenceRow);
  }

  /** Keeps references from being changed by others until the transaction ends. */
  async lock(sql: Sql, ids: readonly string[]): Promise<void> {
    await sql.$queryRaw`
      SELECT 1 FROM "BookingReference" WHERE "id" = ANY(${ids}::uuid[]) ORDER BY "bookingId" FOR NO KEY UPDATE`;
  }

  /** When the next waiting push of the calendar is due; null when none waits. */
  async nextPushAt(sql: Sql, calendarSyncId: string): Promise<Date | null> {
    const rows = await sql.$queryRaw<{ at: Date | null }[]>`
      SELECT min("at") AS "at" FROM (
        SELECT min(coalesce(r."nextPushAt", r."pushRequestedAt")) AS "at" FROM "BookingReference" r
         WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND r."pushRequestedAt" IS NOT NULL AND r."recheckAt" IS NULL
           AND NOT EXISTS (SELECT 1 FROM "SeriesReference" s
                            WHERE s."id" = r."seriesReferenceId" AND (s."pushRequestedAt" IS NOT NULL OR ${IS_UNREAD}))
        UNION ALL
        SELECT min(coalesce(s."nextPushAt", s."pushRequestedAt")) FROM "SeriesReference" s
         WHERE s."calendarSyncId" = ${calendarSyncId}::uuid AND s."pushRequestedAt" IS NOT NULL AND NOT ${IS_UNREAD}) waiting`;
    return rows[0]?.at ?? null;
  }

  /** References whose event is to be read directly by now. */
  async findDueRechecks(sql: Sql, calendarSyncId: string, now: Date, limit: number): Promise<ReferenceRow[]> {
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r
       WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND r."recheckAt" <= ${now}
       ORDER BY r."recheckAt", r."id" LIMIT ${limit}`;
    return rows.map(toReferenceRow);
  }

  /** When the next event of the calendar is to be read directly; null when none is. */
  async nextRecheckAt(sql: Sql, calendarSyncId: string): Promise<Date | null> {
    const rows = await sql.$queryRaw<{ at: Date | null }[]>`
      SELECT min("recheckAt") AS "at" FROM "BookingReference"
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "recheckAt" IS NOT NULL`;
    return rows[0]?.at ?? null;
  }

  /**
   * Events with these markers have turned up in one calendar of the user: asks for a direct read of each reference that
   * stands for its event in another one. Bookings that are over are left alone.
   * @returns the calendars to read in
   */
  async requestRechecks(
    sql: Sql,
    found: { userId: number; calendarSyncId: string; markers: readonly string[] },
    now: Date,
  ): Promise<string[]> {
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      WITH marked AS (
        UPDATE "BookingReference" r SET "recheckAt" = ${now}, "updatedAt" = now()
          FROM "CalendarSync" s, "Booking" b
         WHERE r."id" = ANY(${found.markers}::uuid[]) AND r."calendarSyncId" <> ${found.calendarSyncId}::uuid
           AND s."id" = r."calendarSyncId" AND s."userId" = ${found.userId}
           AND b."id" = r."bookingId" AND b."endTime" > ${now} AND r."externalEventId" IS NOT NULL
        RETURNING r."calendarSyncId")
      SELECT DISTINCT "calendarSyncId" FROM marked`;
    return rows.map((row) => row.calendarSyncId);
  }

  /**
   * References that a full listing has not shown, of bookings that lie in its window. Each is read directly before
   * anything is concluded.
   */
  async findUnseen(
    sql: Sql,
    calendarSyncId: string,
    generation: number,
    window: { start: Date; end: Date },
  ): Promise<ReferenceRow[]> {
    const rows = await sql.$queryRaw<RawReference[]>`
      SELECT ${COLUMNS} FROM "BookingReference" r JOIN "Booking" b ON b."id" = r."bookingId"
       WHERE r."calendarSyncId" = ${calendarSyncId}::uuid AND r."seenGeneration" < ${generation}
         AND r."externalEventId" IS NOT NULL AND r."status" <> 'DELETED'
         -- An occurrence is listed with its series; alone it is only listed when it differs from it.
         AND (r."seriesReferenceId" IS NULL OR r."version" IS NOT NULL)
         AND b."status" IN ('PENDING', 'ACCEPTED') AND b."endTime" > ${window.start} AND b."startTime" < ${window.end}
       ORDER BY r."id"`;
    return rows.map(toReferenceRow);
  }

  /** Ids of single events and series that were written, and that no pull has told of since. */
  async findUntold(sql: Sql, calendarSyncId: string): Promise<string[]> {
    const rows = await sql.$queryRaw<{ id: string }[]>`
      SELECT "externalEventId" AS id FROM "BookingReference"
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "status" <> 'DELETED' AND "seriesReferenceId" IS NULL
         AND "externalEventId" IS NOT NULL AND "lastPushedAt" > coalesce("lastPulledAt", '-infinity'::timestamptz)
       UNION
      SELECT "externalEventId" FROM "SeriesReference"
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "status" <> 'DELETED'
         AND "externalEventId" IS NOT NULL AND "lastPushedAt" > coalesce("lastPulledAt", '-infinity'::timestamptz)`;
    return rows.map(({ id }) => id);
  }

  async update(sql: Sql, patches: readonly ReferencePatch[]): Promise<void> {
    if (patches.length === 0) return;
    await sql.$executeRaw`
      UPDATE "BookingReference" r SET
        "externalEventId" = CASE WHEN p.d ? 'externalEventId' THEN p.d->>'externalEventId' ELSE r."externalEventId" END,
        "originalStart" = coalesce(p.d->>'originalStart', r."originalStart"),
        "seriesReferenceId" = CASE WHEN p.d ? 'seriesReferenceId' THEN (p.d->>'seriesReferenceId')::uuid ELSE r."seriesReferenceId" END,
        "iCalUid" = CASE WHEN p.d ? 'iCalUid' THEN p.d->>'iCalUid' ELSE r."iCalUid" END,
        "status" = coalesce((p.d->>'status')::"ReferenceStatus", r."status"),
        "version" = CASE WHEN p.d ? 'version' THEN p.d->>'version' ELSE r."version" END,
        "sequence" = coalesce((p.d->>'sequence')::int, r."sequence"),
        "baseSnapshot" = CASE WHEN p.d ? 'base' THEN nullif(p.d->'base', 'null'::jsonb) ELSE r."baseSnapshot" END,
        "pendingSnapshot" = CASE WHEN p.d ? 'pending' THEN nullif(p.d->'pending', 'null'::jsonb) ELSE r."pendingSnapshot" END,
        "deletePending" = coalesce((p.d->>'deletePending')::boolean, r."deletePending"),
        "generation" = coalesce((p.d->>'generation')::int, r."generation"),
        "seenGeneration" = coalesce((p.d->>'seenGeneration')::int, r."seenGeneration"),
        "dismissedAt" = CASE WHEN p.d->>'status' = 'ERROR' THEN NULL ELSE r."dismissedAt" END,
        "pushRequestedAt" = CASE WHEN p.d ? 'pushRequestedAt' THEN (p.d->>'pushRequestedAt')::timestamptz
                                 WHEN r."pushRequestedAt" <= (p.d->>'pushedFor')::timestamptz THEN NULL ELSE r."pushRequestedAt" END,
        "nextPushAt" = CASE WHEN p.d ? 'nextPushAt' THEN (p.d->>'nextPushAt')::timestamptz
                            WHEN r."pushRequestedAt" <= (p.d->>'pushedFor')::timestamptz THEN NULL ELSE r."nextPushAt" END,
        "lastError" = CASE WHEN p.d ? 'lastError' THEN p.d->>'lastError' ELSE r."lastError" END,
        "lastErrorMessage" = CASE WHEN p.d ? 'lastErrorMessage' THEN p.d->>'lastErrorMessage' ELSE r."lastErrorMessage" END,
        "errorCount" = coalesce((p.d->>'errorCount')::int, r."errorCount"),
        "lastPushedAt" = coalesce((p.d->>'lastPushedAt')::timestamptz, r."lastPushedAt"),
        "lastPulledAt" = coalesce((p.d->>'lastPulledAt')::timestamptz, r."lastPulledAt"),
        "calendarSyncId" = coalesce((p.d->>'calendarSyncId')::uuid, r."calendarSyncId"),
        "deletedSeenAt" = CASE WHEN p.d ? 'deletedSeenAt' THEN (p.d->>'deletedSeenAt')::timestamptz ELSE r."deletedSeenAt" END,
        "recheckAt" = CASE WHEN p.d ? 'recheckAt' THEN (p.d->>'recheckAt')::timestamptz ELSE r."recheckAt" END,
        "updatedAt" = now()
      FROM (SELECT (d->>'id')::uuid AS id, d FROM jsonb_array_elements(${JSON.stringify(patches)}::jsonb) d) p
      WHERE r."id" = p.id`;
  }

  /**
   * Wishes a push for all references of the bookings except `exceptIds`, and for the references `ids`. Each wish is later
   * than the one before it, so that the end of an older one never takes a newer one with it.
   * @returns the calendars concerned
   */
  async requestPushes(
    sql: Sql,
    wish: { bookingIds?: readonly number[]; exceptIds?: readonly string[]; ids?: readonly string[] },
  ): Promise<string[]> {
    const { bookingIds = [], exceptIds = [], ids = [] } = wish;
    if (bookingIds.length === 0 && ids.length === 0) return [];
    const rows = await sql.$queryRaw<{ calendarSyncId: string }[]>`
      WITH marked AS (
        UPDATE "BookingReference"
           SET "pushRequestedAt" = greatest(clock_timestamp(), "pushRequestedAt" + interval '1 millisecond'),
               "nextPushAt" = NULL, "updatedAt" = now()
         WHERE "id" IN (SELECT "id" FROM "BookingReference"
                         WHERE "bookingId" = ANY(${bookingIds}::int[]) AND NOT ("id" = ANY(${exceptIds}::uuid[]))
                        UNION ALL SELECT unnest(${ids}::uuid[]))
        RETURNING "calendarSyncId")
      SELECT DISTINCT "calendarSyncId" FROM marked`;
    return rows.map((row) => row.calendarSyncId);
  }

  /** Bookings to come of a host that stand in no calendar yet. */
  async findUnreferencedBookings(sql: Sql, hostId: number, now: Date): Promise<number[]> {
    const rows = await sql.$queryRaw<{ id: number }[]>`
      SELECT b."id" FROM "Booking" b
       WHERE b."hostId" = ${hostId} AND b."endTime" > ${now} AND b."status" IN ('PENDING', 'ACCEPTED')
         AND NOT EXISTS (SELECT 1 FROM "BookingReference" r WHERE r."bookingId" = b."id")
       ORDER BY b."id"`;
    return rows.map((row) => row.id);
  }

  /**
   * Makes the references that active bookings lack in their destination calendars: the event type's own destination,
   * else the host's default one. Bookings that have a reference somewhere keep it: a changed destination concerns new
   * bookings only.
   *
   * The id follows from booking and calendar: a calendar that is disconnected and connected again gives the same one, so
   * that the same key finds the event that is there already.
   */
  async ensureForBookings(sql: Sql, bookingIds: readonly number[]): Promise<void> {
    if (bookingIds.length === 0) return;
    await sql.$executeRaw`
      INSERT INTO "BookingReference"
        ("id", "bookingId", "calendarSyncId", "privacy", "titleTemplate", "descriptionTemplate", "updatedAt")
      SELECT DISTINCT ON (b."id", d."calendarSyncId")
             md5(concat_ws(':', b."uid", s."provider", s."externalCalendarId"))::uuid, b."id", d."calendarSyncId",
             d."privacy", d."titleTemplate", d."descriptionTemplate", now()
        FROM "Booking" b
        JOIN "DestinationCalendar" d ON d."userId" = b."hostId" AND d."calendarSyncId" IS NOT NULL
         AND (d."eventTypeId" = b."eventTypeId"
              OR (d."eventTypeId" IS NULL AND NOT EXISTS (
                    SELECT 1 FROM "DestinationCalendar" own
                     WHERE own."userId" = b."hostId" AND own."eventTypeId" = b."eventTypeId")))
        JOIN "CalendarSync" s ON s."id" = d."calendarSyncId"
       WHERE b."id" = ANY(${bookingIds}::int[]) AND b."status" IN ('PENDING', 'ACCEPTED')
         AND NOT EXISTS (SELECT 1 FROM "BookingReference" r WHERE r."bookingId" = b."id")
      ON CONFLICT DO NOTHING`;
  }

  /**
   * Makes each booking stand in exactly these calendars of its host: references that lack are made, those elsewhere are
   * detached (a push takes their events away), those that were detached are in force again.
   */
  async placeInCalendars(
    sql: Sql,
    places: readonly { bookingId: number; calendarSyncIds: readonly string[] }[],
    now: Date,
  ): Promise<void> {
    if (places.length === 0) return;
    await sql.$executeRaw`
      WITH wanted AS (
        SELECT p."bookingId", c::uuid AS "calendarSyncId"
          FROM jsonb_to_recordset(${JSON.stringify(places)}::jsonb) AS p("bookingId" int, "calendarSyncIds" jsonb)
         CROSS JOIN jsonb_array_elements_text(p."calendarSyncIds") c
      ), detached AS (
        UPDATE "BookingReference" r SET "detachedAt" = ${now}, "updatedAt" = now()
         WHERE r."bookingId" IN (SELECT "bookingId" FROM wanted) AND r."detachedAt" IS NULL
           AND NOT EXISTS (SELECT 1 FROM wanted w
                            WHERE w."bookingId" = r."bookingId" AND w."calendarSyncId" = r."calendarSyncId")
      )
      INSERT INTO "BookingReference"
        ("id", "bookingId", "calendarSyncId", "privacy", "titleTemplate", "descriptionTemplate", "updatedAt")
      SELECT md5(concat_ws(':', b."uid", s."provider", s."externalCalendarId"))::uuid, b."id", s."id",
             coalesce(d."privacy", 'FULL'), d."titleTemplate", d."descriptionTemplate", now()
        FROM wanted w
        JOIN "Booking" b ON b."id" = w."bookingId"
        JOIN "CalendarSync" s ON s."id" = w."calendarSyncId" AND s."userId" = b."hostId"
        LEFT JOIN "DestinationCalendar" d
          ON d."calendarSyncId" = s."id" AND d."userId" = b."hostId" AND d."eventTypeId" IS NULL
      ON CONFLICT ("bookingId", "calendarSyncId") DO UPDATE SET "detachedAt" = NULL, "updatedAt" = now()`;
  }
}
