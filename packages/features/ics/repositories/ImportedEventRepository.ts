import type { IcsEvent } from "@calsync/icalendar";
import { Prisma, type PrismaTransaction } from "@calsync/prisma";
import type { DateString, Interval } from "@calsync/types";
import type { EventRow } from "../services/event-row.ts";
import type { EventSpan, GroupMember } from "../services/occurrences.ts";
import type { ImportCounts, Sql, Verdict } from "./ImportRepository.ts";

/** What each event of an import is to what counts now. Events that stand for the user's own bookings are `own`. */
const verdictsOf = (userId: number, importId: string) => Prisma.sql`
  SELECT n."id", n."uid", n."verdict" AS "before", CASE
      WHEN EXISTS (SELECT 1 FROM "Booking" b WHERE b."iCalUid" = n."uid" AND b."hostId" = n."userId")
        OR EXISTS (SELECT 1 FROM "BookingSeries" s WHERE s."iCalUid" = n."uid" AND s."hostId" = n."userId") THEN 'own'
      WHEN c."id" IS NULL AND n."recurrenceId" = '' AND n."snapshot"->>'status' = 'cancelled' THEN 'unchanged'
      WHEN c."id" IS NULL THEN 'added'
      WHEN n."contentHash" = c."contentHash" AND n."sequence" <= c."sequence" THEN 'unchanged'
      WHEN (n."sequence", coalesce(n."stampedAt", '')) < (c."sequence", coalesce(c."stampedAt", '')) THEN 'outdated'
      WHEN n."snapshot"->>'status' = 'cancelled' THEN 'cancelled'
      ELSE 'changed' END AS "verdict"
    FROM "ImportedEvent" n
    LEFT JOIN "ImportedEvent" c
      ON c."userId" = n."userId" AND c."uid" = n."uid" AND c."recurrenceId" = n."recurrenceId" AND c."current"
   WHERE n."importId" = ${importId}::uuid AND n."userId" = ${userId}`;

function toCounts(rows: readonly { verdict: Verdict; count: number }[]): ImportCounts {
  const counts: ImportCounts = { added: 0, changed: 0, cancelled: 0, unchanged: 0, outdated: 0, own: 0 };
  for (const { verdict, count } of rows) counts[verdict] = count;
  return counts;
}

/** Events of imported files, and the times that follow. Every query is scoped by the user; one statement per method. */
export const importedEventRepository = {
  /** Adds events to an import; of two versions in one file the later counts (RFC 5546 §2.1.5). Each key once per call. */
  async add(sql: Sql, userId: number, importId: string, rows: readonly EventRow[]): Promise<void> {
    if (rows.length === 0) return;
    await sql.$executeRaw`
      INSERT INTO "ImportedEvent" ("importId", "userId", "uid", "recurrenceId", "sequence", "stampedAt", "contentHash", "snapshot")
      SELECT ${importId}::uuid, ${userId}, r."uid", r."recurrenceId", r."sequence", r."stampedAt", decode(r."contentHash", 'hex'), r."snapshot"
        FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
          "uid" text, "recurrenceId" text, "sequence" int, "stampedAt" text, "contentHash" text, "snapshot" jsonb)
      ON CONFLICT ("importId", "uid", "recurrenceId") DO UPDATE
        SET "sequence" = EXCLUDED."sequence", "stampedAt" = EXCLUDED."stampedAt", "contentHash" = EXCLUDED."contentHash",
            "snapshot" = EXCLUDED."snapshot"
        WHERE (EXCLUDED."sequence", coalesce(EXCLUDED."stampedAt", ''))
           >= ("ImportedEvent"."sequence", coalesce("ImportedEvent"."stampedAt", ''))`;
  },

  /**
   * Notes of each event of an import what it is to what counts now.
   * @returns how many are what, and the UIDs of those that were something else when last noted
   */
  async judge(
    sql: Sql,
    userId: number,
    importId: string,
  ): Promise<{ counts: ImportCounts; changed: string[] }> {
    const rows = await sql.$queryRaw<{ verdict: Verdict; count: number; changed: string[] | null }[]>`
      WITH judged AS (${verdictsOf(userId, importId)}),
           noted AS (UPDATE "ImportedEvent" d SET "verdict" = j."verdict" FROM judged j
                      WHERE d."id" = j."id" AND d."verdict" IS DISTINCT FROM j."verdict")
      SELECT j."verdict", count(*)::int AS "count", array_agg(DISTINCT j."uid") FILTER (WHERE j."before" <> j."verdict") AS "changed"
        FROM judged j GROUP BY 1`;
    return { counts: toCounts(rows), changed: rows.flatMap(({ changed }) => changed ?? []) };
  },

  /** How many events of an import are what, as things stand. */
  async countVerdicts(sql: Sql, userId: number, importId: string): Promise<ImportCounts> {
    return toCounts(
      await sql.$queryRaw`
        SELECT "verdict", count(*)::int AS "count" FROM (${verdictsOf(userId, importId)}) j GROUP BY 1`,
    );
  },

  /** UIDs of an import in order, after a given one. */
  async findUids(
    sql: Sql,
    userId: number,
    importId: string,
    after: string | null,
    limit: number,
  ): Promise<string[]> {
    const rows = await sql.$queryRaw<{ uid: string }[]>`
      SELECT DISTINCT "uid" FROM "ImportedEvent"
       WHERE "importId" = ${importId}::uuid AND "userId" = ${userId} AND (${after}::text IS NULL OR "uid" > ${after})
       ORDER BY "uid" LIMIT ${limit}`;
    return rows.map(({ uid }) => uid);
  },

  /**
   * The events of some UIDs that count, by UID, without their texts. With an import that is not applied yet: as they will be once
   * it is.
   */
  async findGroups(
    sql: Sql,
    userId: number,
    uids: readonly string[],
    withImport: string | null = null,
  ): Promise<Map<string, GroupMember[]>> {
    const rows = await sql.$queryRaw<(GroupMember & { uid: string })[]>`
      SELECT DISTINCT ON (e."uid", e."recurrenceId") e."id"::text, e."uid", i."timeZone", e."current",
             e."snapshot" || '{"title": "", "description": "", "location": "", "url": null}' AS "event"
        FROM "ImportedEvent" e JOIN "CalendarImport" i ON i."id" = e."importId"
       WHERE e."userId" = ${userId} AND e."uid" = ANY(${[...uids]})
         AND (e."current" OR (e."importId" = ${withImport}::uuid AND e."verdict" IN ('added', 'changed', 'cancelled')))
       ORDER BY e."uid", e."recurrenceId", e."current"`;
    const groups = new Map<string, GroupMember[]>();
    for (const { uid, ...member } of rows) {
      const group = groups.get(uid);
      if (group) group.push(member);
      else groups.set(uid, [member]);
    }
    return groups;
  },

  /** Replaces the times of some events, and notes which of them go on beyond `until`. */
  async replaceTimes(
    sql: Sql,
    userId: number,
    eventIds: readonly string[],
    spans: readonly EventSpan[],
    goingOn: readonly string[],
    until: Date,
  ): Promise<void> {
    if (eventIds.length === 0) return;
    // The deletion sees the rows as they were before the statement, so the new ones stay.
    await sql.$executeRaw`
      WITH replaced AS (DELETE FROM "ImportedTime" WHERE "userId" = ${userId} AND "eventId" = ANY(${[...eventIds]}::bigint[])),
           noted AS (UPDATE "ImportedEvent" SET "expandedUntil" = CASE WHEN "id" = ANY(${[...goingOn]}::bigint[]) THEN ${until}::timestamptz END
                      WHERE "userId" = ${userId} AND "id" = ANY(${[...eventIds]}::bigint[]))
      INSERT INTO "ImportedTime" ("userId", "eventId", "during", "free")
      SELECT ${userId}, s."id", tstzrange(s."start", s."end"), s."free"
        FROM jsonb_to_recordset(${JSON.stringify(spans)}::jsonb) AS s("id" bigint, "start" timestamptz, "end" timestamptz, "free" boolean)`;
  },

  /** What counted before and has a new version in the import counts no more. */
  async retireReplaced(tx: PrismaTransaction, userId: number, importId: string): Promise<void> {
    await tx.$executeRaw`
      UPDATE "ImportedEvent" c SET "current" = false FROM "ImportedEvent" n
       WHERE n."importId" = ${importId}::uuid AND n."userId" = ${userId} AND n."verdict" IN ('changed', 'cancelled')
         AND c."userId" = ${userId} AND c."uid" = n."uid" AND c."recurrenceId" = n."recurrenceId" AND c."current"`;
  },

  /** The import's events count from now on; those that change nothing are forgotten. */
  async bringIn(tx: PrismaTransaction, userId: number, importId: string): Promise<void> {
    await tx.$executeRaw`
      WITH forgotten AS (
        DELETE FROM "ImportedEvent"
         WHERE "importId" = ${importId}::uuid AND "userId" = ${userId} AND "verdict" IN ('unchanged', 'outdated', 'own'))
      UPDATE "ImportedEvent" SET "current" = true
       WHERE "importId" = ${importId}::uuid AND "userId" = ${userId} AND "verdict" IN ('added', 'changed', 'cancelled')`;
  },

  /** UIDs of an import that other imports of the user have events of too: their times depend on each other. */
  async findSharedUids(tx: PrismaTransaction, userId: number, importId: string): Promise<string[]> {
    const rows = await tx.$queryRaw<{ uid: string }[]>`
      SELECT DISTINCT n."uid" FROM "ImportedEvent" n
       WHERE n."importId" = ${importId}::uuid AND n."userId" = ${userId}
         AND EXISTS (SELECT 1 FROM "ImportedEvent" o JOIN "CalendarImport" i ON i."id" = o."importId" AND i."status" = 'APPLIED'
                      WHERE o."userId" = ${userId} AND o."uid" = n."uid" AND o."importId" <> n."importId")
       ORDER BY n."uid"`;
    return rows.map(({ uid }) => uid);
  },

  /** Forgets the events of an import. */
  async removeOf(tx: PrismaTransaction, userId: number, importId: string): Promise<void> {
    await tx.$executeRaw`DELETE FROM "ImportedEvent" WHERE "importId" = ${importId}::uuid AND "userId" = ${userId}`;
  },

  /** Where nothing of a UID's event counts any more, the latest version that other imports still have does. */
  async promoteEarlier(tx: PrismaTransaction, userId: number, uids: readonly string[]): Promise<void> {
    if (uids.length === 0) return;
    await tx.$executeRaw`
      UPDATE "ImportedEvent" SET "current" = true WHERE "id" IN (
        SELECT DISTINCT ON (e."uid", e."recurrenceId") e."id"
          FROM "ImportedEvent" e JOIN "CalendarImport" i ON i."id" = e."importId" AND i."status" = 'APPLIED'
         WHERE e."userId" = ${userId} AND e."uid" = ANY(${[...uids]}) AND i."method" IS DISTINCT FROM 'REPLY'
           AND NOT EXISTS (SELECT 1 FROM "ImportedEvent" c WHERE c."userId" = ${userId} AND c."uid" = e."uid"
                              AND c."recurrenceId" = e."recurrenceId" AND c."current")
         ORDER BY e."uid", e."recurrenceId", e."sequence" DESC, coalesce(e."stampedAt", '') DESC, e."id" DESC)`;
  },

  /** Series whose times end before `before`, of all users: one UID per row. */
  async findToExtend(sql: Sql, before: Date, limit: number): Promise<{ userId: number; uid: string }[]> {
    return sql.$queryRaw`
      SELECT DISTINCT "userId", "uid" FROM (
        SELECT "userId", "uid" FROM "ImportedEvent"
         WHERE "current" AND "expandedUntil" IS NOT NULL AND "expandedUntil" < ${before}
         ORDER BY "expandedUntil" LIMIT ${limit}) due`;
  },

  /** Times that count in a range, with what takes place, in order. */
  async findInRange(sql: Sql, userId: number, range: Interval): Promise<ImportedItemRow[]> {
    return sql.$queryRaw`
      SELECT e."importId"::text, e."uid", e."snapshot"->>'title' AS "title", e."snapshot"->>'location' AS "location",
             i."fileName", i."calendarName",
             CASE WHEN (e."snapshot"->'time'->>'allDay')::boolean THEN jsonb_build_object(
               'start', (t."startTime" AT TIME ZONE i."timeZone")::date, 'end', (t."endTime" AT TIME ZONE i."timeZone")::date) END AS "days",
             t."startTime" AS "start", t."endTime" AS "end", t."free"
        FROM imported_times(${userId}::int, ${range.start}, ${range.end}) t
        JOIN "ImportedEvent" e ON e."id" = t."eventId" JOIN "CalendarImport" i ON i."id" = e."importId"
       ORDER BY "start", "end", e."id"`;
  },

  /** The same as stretches alone. */
  async findTimes(sql: Sql, userId: number, range: Interval): Promise<(Interval & { free: boolean })[]> {
    return sql.$queryRaw`
      SELECT "startTime" AS "start", "endTime" AS "end", "free"
        FROM imported_times(${userId}::int, ${range.start}, ${range.end}) ORDER BY 1, 2`;
  },

  /** Events that count and take place in a range, with all that belongs to their UIDs. */
  async findEventsInRange(sql: Sql, userId: number, range: Interval): Promise<IcsEvent[]> {
    const rows = await sql.$queryRaw<{ snapshot: IcsEvent }[]>`
      SELECT e."snapshot" FROM "ImportedEvent" e
       WHERE e."userId" = ${userId} AND e."current" AND e."uid" IN (
         SELECT x."uid" FROM "ImportedTime" t JOIN "ImportedEvent" x ON x."id" = t."eventId" AND x."current"
          WHERE int4range(t."userId", t."userId", '[]') && int4range(${userId}::int, ${userId}::int, '[]')
            AND t."during" && tstzrange(${range.start}, ${range.end}))
       ORDER BY e."uid", e."recurrenceId"`;
    return rows.map(({ snapshot }) => snapshot);
  },
};

/** A time of an imported event, for a calendar view. */
export interface ImportedItemRow extends Interval {
  importId: string;
  uid: string;
  title: string;
  location: string;
  /** What it covers when it lasts all day, the end excluded. */
  days: { start: DateString; end: DateString } | null;
  fileName: string;
  calendarName: string | null;
  free: boolean;
}
