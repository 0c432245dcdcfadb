import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { ExternalEvent, Interval } from "@calsync/types";

type Sql = PrismaClient | PrismaTransaction;

/** A mirrored event, as it is to be stored. */
export interface MirroredEvent {
  externalEventId: string;
  originalStart: string;
  seriesId: string | null;
  iCalUid: string | null;
  version: string | null;
  snapshot: ExternalEvent | null;
  startTime: Date;
  endTime: Date;
  status: string;
  setAsideReason: string | null;
  externalUpdatedAt: string | null;
}

/** A mirrored event that is a series, or an exception to one. */
export interface SeriesPart {
  id: string;
  externalEventId: string;
  seriesId: string | null;
  originalStart: string;
  status: string;
  snapshot: ExternalEvent | null;
}

/** A series in the mirror that carries one of our markers. */
export interface MarkedSeries {
  calendarSyncId: string;
  /** Whether that is another calendar than the series', which holds its bookings by itself. */
  taken: boolean;
  event: ExternalEvent;
}

/** A mirrored event that a full listing has left out; `seriesId` and `originalStart` are set for an exception. */
export interface MissingEvent {
  externalEventId: string;
  seriesId: string | null;
  originalStart: string;
}

/** Where an event is that has gone from another calendar. */
export interface EventPlace {
  referenceId: string;
  calendarSyncId: string;
  externalEventId: string;
  /** The booking stands in that calendar already, with another event. */
  taken: boolean;
}

/** One stretch that an external event blocks. */
export interface BusyRow {
  externalEventRowId: string;
  start: Date;
  end: Date;
}

/** The mirror of other people's and our host's own events, and the busy times that follow. One statement per method. */
export class ExternalEventRepository {
  async upsertMany(
    sql: Sql,
    calendarSyncId: string,
    events: readonly MirroredEvent[],
    generation: number,
  ): Promise<{ id: string; externalEventId: string }[]> {
    if (events.length === 0) return [];
    return sql.$queryRaw`
      INSERT INTO "ExternalEvent" ("id", "calendarSyncId", "externalEventId", "originalStart", "seriesId", "iCalUid", "version",
                                   "snapshot", "startTime", "endTime", "status", "setAsideReason", "externalUpdatedAt", "seenGeneration", "updatedAt")
      SELECT gen_random_uuid(), ${calendarSyncId}::uuid, e."externalEventId", e."originalStart", e."seriesId", e."iCalUid", e."version",
             coalesce(e."snapshot", '{}'::jsonb), e."startTime", e."endTime", e."status", e."setAsideReason", e."externalUpdatedAt", ${generation}, now()
        FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
          AS e("externalEventId" text, "originalStart" text, "seriesId" text, "iCalUid" text, "version" text, "snapshot" jsonb,
               "startTime" timestamptz, "endTime" timestamptz, "status" text, "setAsideReason" text, "externalUpdatedAt" timestamptz)
      ON CONFLICT ("calendarSyncId", "externalEventId") DO UPDATE SET
        ("originalStart", "seriesId", "iCalUid", "version", "snapshot", "startTime", "endTime", "externalUpdatedAt") =
          (SELECT k."originalStart", k."seriesId", k."iCalUid", k."version", k."snapshot", k."startTime", k."endTime", k."externalUpdatedAt"
             FROM (SELECT EXCLUDED.* WHERE EXCLUDED."setAsideReason" IS NULL
                   UNION ALL SELECT "ExternalEvent".* WHERE EXCLUDED."setAsideReason" IS NOT NULL) k),
        "status" = EXCLUDED."status", "setAsideReason" = EXCLUDED."setAsideReason", "seenGeneration" = EXCLUDED."seenGeneration",
        "missingSince" = NULL, "updatedAt" = now()
      RETURNING "id", "externalEventId"`;
  }

  /** Forgets events that have gone, a series with its exceptions. Their busy times go with them. */
  async deleteMany(sql: Sql, calendarSyncId: string, eventIds: readonly string[]): Promise<void> {
    if (eventIds.length === 0) return;
    await sql.$executeRaw`
      DELETE FROM "ExternalEvent" WHERE "calendarSyncId" = ${calendarSyncId}::uuid
         AND ("externalEventId" = ANY(${eventIds}) OR "seriesId" = ANY(${eventIds}))`;
  }

  /** As deleteMany, of several calendars. */
  async deleteSeries(
    sql: Sql,
    places: readonly { calendarSyncId: string; externalEventId: string }[],
  ): Promise<void> {
    if (places.length === 0) return;
    await sql.$executeRaw`
      DELETE FROM "ExternalEvent" e
       USING jsonb_to_recordset(${JSON.stringify(places)}::jsonb) AS p("calendarSyncId" uuid, "externalEventId" text)
       WHERE e."calendarSyncId" = p."calendarSyncId"
         AND (e."externalEventId" = p."externalEventId" OR e."seriesId" = p."externalEventId")`;
  }

  /**
   * Marks what a full listing of `window` has not shown: each is to be read directly before it is forgotten. Events outside the
   * window are left as they are. @returns how many
   */
  async markUnseen(
    sql: Sql,
    calendarSyncId: string,
    generation: number,
    window: Interval,
    now: Date,
  ): Promise<number> {
    return sql.$executeRaw`
      UPDATE "ExternalEvent" SET "missingSince" = ${now}, "updatedAt" = now()
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "seenGeneration" < ${generation}
         AND "endTime" > ${window.start} AND "startTime" < ${window.end} AND "missingSince" IS NULL`;
  }

  /** Events that a full listing has left out, the soonest first; an exception only once its series is certain. */
  async findMissing(sql: Sql, calendarSyncId: string, limit: number): Promise<MissingEvent[]> {
    return sql.$queryRaw`
      SELECT e."externalEventId", e."seriesId", e."originalStart" FROM "ExternalEvent" e
       WHERE e."calendarSyncId" = ${calendarSyncId}::uuid AND e."missingSince" IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM "ExternalEvent" s
                          WHERE s."calendarSyncId" = e."calendarSyncId" AND s."externalEventId" = e."seriesId"
                            AND s."missingSince" IS NOT NULL)
       ORDER BY e."startTime", e."externalEventId" LIMIT ${limit}`;
  }

  /** These events of a calendar, or all (null), count as there. */
  async clearMissing(sql: Sql, calendarSyncId: string, eventIds: readonly string[] | null): Promise<void> {
    await sql.$executeRaw`
      UPDATE "ExternalEvent" SET "missingSince" = NULL, "updatedAt" = now()
       WHERE "calendarSyncId" = ${calendarSyncId}::uuid AND "missingSince" IS NOT NULL
         AND (${eventIds === null} OR "externalEventId" = ANY(${eventIds ?? []}))`;
  }

  /**
   * Looks for events that have gone from one calendar of a user in the user's others: by our marker, by the event's id, by
   * its UID. One place for each: a series that was cut after it had moved has copies with its marker, and is not one of them.
   */
  async findElsewhere(
    sql: Sql,
    userId: number,
    goneFrom: string,
    gone: readonly { id: string; externalEventId: string | null; iCalUid: string | null }[],
  ): Promise<EventPlace[]> {
    const wanted = gone.map(({ id, externalEventId, iCalUid }) => ({ id, externalEventId, iCalUid }));
    // OFFSET 0 keeps the planner, who takes a few events for hundreds, from going through all references there are instead.
    return sql.$queryRaw`
      SELECT DISTINCT ON (w."id") w."id" AS "referenceId", e."calendarSyncId", e."externalEventId",
             EXISTS (SELECT 1 FROM "BookingReference" mine JOIN "BookingReference" other ON other."bookingId" = mine."bookingId"
                      WHERE mine."id" = w."id" AND other."id" <> mine."id" AND other."calendarSyncId" = e."calendarSyncId" OFFSET 0)
             OR EXISTS (SELECT 1 FROM "SeriesReference" mine JOIN "SeriesReference" other ON other."seriesId" = mine."seriesId"
                         WHERE mine."id" = w."id" AND other."id" <> mine."id" AND other."calendarSyncId" = e."calendarSyncId" OFFSET 0) AS "taken"
        FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w("id" uuid, "externalEventId" text, "iCalUid" text)
        JOIN "CalendarSync" s ON s."userId" = ${userId} AND s."id" <> ${goneFrom}::uuid
        CROSS JOIN LATERAL (
          SELECT x."calendarSyncId", x."externalEventId", x."iCalUid", x."startTime", 1 AS "rank" FROM "ExternalEvent" x
           WHERE x."calendarSyncId" = s."id" AND x."snapshot"->>'marker' = w."id"::text
             AND x."snapshot"->>'marker' IS NOT NULL AND x."status" IN ('confirmed', 'tentative') AND x."seriesId" IS NULL
          UNION ALL
          SELECT x."calendarSyncId", x."externalEventId", x."iCalUid", x."startTime", 2 FROM "ExternalEvent" x
           WHERE x."calendarSyncId" = s."id" AND x."externalEventId" = w."externalEventId"
             AND x."status" IN ('confirmed', 'tentative') AND x."seriesId" IS NULL
          UNION ALL
          SELECT x."calendarSyncId", x."externalEventId", x."iCalUid", x."startTime", 3 FROM "ExternalEvent" x
           WHERE x."calendarSyncId" = s."id" AND x."iCalUid" = w."iCalUid"
             AND x."status" IN ('confirmed', 'tentative') AND x."seriesId" IS NULL) e
       ORDER BY w."id", e."rank", (e."externalEventId" = w."externalEventId") IS NOT TRUE, (e."iCalUid" = w."iCalUid") IS NOT TRUE,
                e."startTime", e."calendarSyncId"`;
  }

  /**
   * Single events of the mirror that stand for bookings which were never written to their calendar: they carry the
   * booking's UID, or our marker. One event for each reference.
   */
  async findStanding(
    sql: Sql,
    calendarSyncId: string,
    unwritten: readonly { referenceId: string; iCalUid: string }[],
  ): Promise<{ referenceId: string; externalEventId: string }[]> {
    if (unwritten.length === 0) return [];
    return sql.$queryRaw`
      SELECT DISTINCT ON (w."referenceId") w."referenceId", e."externalEventId"
        FROM jsonb_to_recordset(${JSON.stringify(unwritten)}::jsonb) AS w("referenceId" text, "iCalUid" text)
        CROSS JOIN LATERAL (
          SELECT x."externalEventId", x."status", x."seriesId", x."snapshot", 1 AS "rank" FROM "ExternalEvent" x
           WHERE x."calendarSyncId" = ${calendarSyncId}::uuid AND x."snapshot"->>'marker' = w."referenceId"
             AND x."snapshot"->>'marker' IS NOT NULL
          UNION ALL
          SELECT x."externalEventId", x."status", x."seriesId", x."snapshot", 2 FROM "ExternalEvent" x
           WHERE x."calendarSyncId" = ${calendarSyncId}::uuid AND x."iCalUid" = w."iCalUid") e
       WHERE e."status" IN ('confirmed', 'tentative') AND e."seriesId" IS NULL
         AND jsonb_typeof(e."snapshot"->'recurrence') IS DISTINCT FROM 'array'
       ORDER BY w."referenceId", e."rank", e."externalEventId"`;
  }

  /** Series of these calendars by their event ids, with their exceptions; a null list means all series there. */
  async findSeries(
    sql: Sql,
    calendarSyncIds: readonly string[],
    seriesIds: readonly string[] | null,
  ): Promise<SeriesPart[]> {
    if (seriesIds?.length === 0) return [];
    return sql.$queryRaw`
      SELECT "id", "externalEventId", "seriesId", "originalStart", "status", nullif("snapshot", '{}'::jsonb) AS "snapshot"
        FROM "ExternalEvent"
       WHERE "calendarSyncId" = ANY(${calendarSyncIds}::uuid[])
         AND CASE WHEN ${seriesIds === null} THEN "seriesId" IS NOT NULL OR jsonb_typeof("snapshot"->'recurrence') = 'array'
                  ELSE "externalEventId" = ANY(${seriesIds ?? []}) OR "seriesId" = ANY(${seriesIds ?? []}) END`;
  }

  /**
   * Series in the mirror of a user's calendars that carry one of our markers: copies of ours, as "this and following" makes them.
   */
  async findMarkedSeries(sql: Sql, userId: number, markers: readonly string[]): Promise<MarkedSeries[]> {
    return sql.$queryRaw`
      SELECT e."calendarSyncId"::text, e."snapshot" AS "event",
             EXISTS (SELECT 1 FROM "BookingReference" mine JOIN "BookingReference" other ON other."bookingId" = mine."bookingId"
                      WHERE mine."seriesReferenceId"::text = e."snapshot"->>'marker' AND mine."calendarSyncId" <> e."calendarSyncId"
                        AND other."calendarSyncId" = e."calendarSyncId") AS "taken"
        FROM "CalendarSync" c
        JOIN "ExternalEvent" e ON e."calendarSyncId" = c."id"
       WHERE c."userId" = ${userId} AND e."seriesId" IS NULL AND e."status" <> 'cancelled'
         AND e."snapshot"->>'marker' = ANY(${markers}) AND e."snapshot"->>'marker' IS NOT NULL
         AND jsonb_typeof(e."snapshot"->'recurrence') = 'array'
       ORDER BY e."startTime", e."externalEventId"`;
  }

  /** Replaces the busy times of the given events. */
  async replaceBusy(
    sql: Sql,
    calendarSyncId: string,
    eventRowIds: readonly string[],
    busy: readonly BusyRow[],
  ): Promise<void> {
    if (eventRowIds.length === 0 && busy.length === 0) return;
    // The deletion sees the rows as they were before the statement, so the new ones stay.
    await sql.$executeRaw`
      WITH replaced AS (DELETE FROM "BusyInterval" WHERE "externalEventId" = ANY(${eventRowIds}::uuid[]))
      INSERT INTO "BusyInterval" ("calendarSyncId", "externalEventId", "during")
      SELECT ${calendarSyncId}::uuid, b."externalEventRowId", tstzrange(b."start", b."end")
        FROM jsonb_to_recordset(${JSON.stringify(busy)}::jsonb) AS b("externalEventRowId" uuid, "start" timestamptz, "end" timestamptz)
       WHERE b."start" < b."end"`;
  }

  /** Busy times of the calendars that a user has selected, cut to nothing, in order of start. */
  async findBusy(
    sql: Sql,
    userId: number,
    range: Interval,
  ): Promise<(Interval & { calendarSyncId: string })[]> {
    return sql.$queryRaw`
      SELECT "calendarSyncId", "startTime" AS "start", "endTime" AS "end"
        FROM busy_intervals(
               ARRAY(SELECT "calendarSyncId" FROM "SelectedCalendar" WHERE "userId" = ${userId} AND "calendarSyncId" IS NOT NULL),
               ${range.start}, ${range.end})
       ORDER BY 2`;
  }
}
