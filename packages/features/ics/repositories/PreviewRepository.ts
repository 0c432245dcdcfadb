import type { Interval } from "@calsync/types";
import type { Sql, Verdict } from "./ImportRepository.ts";

/** A busy time of an import that lies on a booking. */
export interface ConflictRow {
  bookingUid: string;
  bookingTitle: string;
  bookingStart: Date;
  bookingEnd: Date;
  title: string;
  start: Date;
  end: Date;
}

/** A time of an import that is to come. */
export interface UpcomingRow extends Interval {
  title: string;
  allDay: boolean;
  free: boolean;
  verdict: Verdict;
}

/** What a file would bring, before it is applied. Every query is scoped by the user; one statement per method. */
export const previewRepository = {
  /** Bookings to come that busy times of the import overlap, each once with the first of them. */
  async findConflicts(
    sql: Sql,
    userId: number,
    importId: string,
    now: Date,
    limit: number,
  ): Promise<ConflictRow[]> {
    return sql.$queryRaw`
      SELECT b."uid"::text AS "bookingUid", b."title" AS "bookingTitle", b."startTime" AS "bookingStart", b."endTime" AS "bookingEnd",
             x."title", x."start", x."end"
        FROM "Booking" b
        CROSS JOIN LATERAL (
          SELECT e."snapshot"->>'title' AS "title", lower(t."during") AS "start", upper(t."during") AS "end"
            FROM "ImportedTime" t JOIN "ImportedEvent" e ON e."id" = t."eventId"
           WHERE int4range(t."userId", t."userId", '[]') && int4range(${userId}::int, ${userId}::int, '[]')
             AND t."during" && tstzrange(b."startTime", b."endTime") AND NOT t."free"
             AND e."importId" = ${importId}::uuid AND e."verdict" IN ('added', 'changed')
           ORDER BY 2, e."id" LIMIT 1) x
       WHERE b."hostId" = ${userId} AND b."status" IN ('PENDING', 'ACCEPTED') AND b."endTime" > ${now}
       ORDER BY b."startTime", b."id" LIMIT ${limit}`;
  },

  /** The next times of the import that would count. */
  async findUpcoming(
    sql: Sql,
    userId: number,
    importId: string,
    now: Date,
    limit: number,
  ): Promise<UpcomingRow[]> {
    return sql.$queryRaw`
      SELECT e."snapshot"->>'title' AS "title", (e."snapshot"->'time'->>'allDay')::boolean AS "allDay", e."verdict",
             lower(t."during") AS "start", upper(t."during") AS "end", t."free"
        FROM "ImportedEvent" e JOIN "ImportedTime" t ON t."eventId" = e."id"
       WHERE e."importId" = ${importId}::uuid AND e."userId" = ${userId} AND upper(t."during") > ${now}
         AND e."verdict" IN ('added', 'changed')
       ORDER BY lower(t."during"), e."id" LIMIT ${limit}`;
  },

  /** How many of the import's times leave their owner free: whether the question what becomes of them arises. */
  async countFree(sql: Sql, userId: number, importId: string): Promise<number> {
    const rows = await sql.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS "count" FROM "ImportedEvent" e JOIN "ImportedTime" t ON t."eventId" = e."id" AND t."free"
       WHERE e."importId" = ${importId}::uuid AND e."userId" = ${userId}`;
    return rows[0]?.count ?? 0;
  },
};
