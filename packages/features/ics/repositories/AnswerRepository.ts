import type { AttendeeResponse } from "@calsync/types";
import type { Sql } from "./ImportRepository.ts";

/** An answer of an uploaded REPLY with a booking that it may be about; one without a booking when there is none. */
export interface AnswerRow {
  /** The event of the file. */
  id: string;
  email: string;
  name: string | null;
  response: AttendeeResponse;
  sequence: number;
  stampedAt: string | null;
  /** A later answer of the same person to the same invitation was applied before. */
  overtaken: boolean;
  bookingId: number | null;
  bookingUid: string | null;
  bookingTitle: string | null;
  bookingStart: Date | null;
  bookingEnd: Date | null;
  bookingActive: boolean | null;
  /** SEQUENCE of the invitation as it stands. */
  bookingSequence: number | null;
  /** What the person has answered so far; null when they are not invited. */
  known: AttendeeResponse | null;
}

/** Finds the user's bookings that the answers of an import are about. One statement per method. */
export const answerRepository = {
  /**
   * The answers of an import in order, each with its booking. An answer to a series is one to each of its bookings to come;
   * with a RECURRENCE-ID it is to that one alone.
   */
  async find(sql: Sql, userId: number, importId: string, now: Date): Promise<AnswerRow[]> {
    return sql.$queryRaw`
      SELECT a."id"::text, a."email", a."name", a."response", a."sequence", a."stampedAt", b."id" AS "bookingId",
             b."uid"::text AS "bookingUid", b."title" AS "bookingTitle", b."startTime" AS "bookingStart", b."endTime" AS "bookingEnd",
             b."status" IN ('PENDING', 'ACCEPTED') AS "bookingActive", b."invitationSequence" AS "bookingSequence",
             (SELECT replace(lower(t."response"::text), '_', '-') FROM "Attendee" t
               WHERE t."bookingId" = b."id" AND t."expected" AND lower(t."email") = a."email") AS "known",
             EXISTS (SELECT 1 FROM "ImportedEvent" o JOIN "CalendarImport" i ON i."id" = o."importId"
                      WHERE o."userId" = ${userId} AND o."uid" = a."uid" AND o."recurrenceId" = a."recurrenceId"
                        AND i."method" = 'REPLY' AND i."status" = 'APPLIED'
                        AND lower(o."snapshot"->'attendees'->0->>'email') = a."email"
                        AND coalesce(o."stampedAt", '') > coalesce(a."stampedAt", '')) AS "overtaken"
        FROM (SELECT e."id", e."uid", e."recurrenceId", e."sequence", e."stampedAt",
                     lower(e."snapshot"->'attendees'->0->>'email') AS "email", e."snapshot"->'attendees'->0->>'name' AS "name",
                     e."snapshot"->'attendees'->0->>'response' AS "response"
                FROM "ImportedEvent" e WHERE e."importId" = ${importId}::uuid AND e."userId" = ${userId}) a
        LEFT JOIN LATERAL (
          SELECT x."id", x."uid", x."title", x."startTime", x."endTime", x."status", x."sequence" AS "invitationSequence"
            FROM "Booking" x WHERE x."hostId" = ${userId} AND x."iCalUid" = a."uid"
          UNION ALL
          SELECT x."id", x."uid", x."title", x."startTime", x."endTime", x."status", s."sequence"
            FROM "BookingSeries" s JOIN "Booking" x ON x."recurringGroup" = s."id"
           WHERE s."hostId" = ${userId} AND s."iCalUid" = a."uid"
             AND CASE WHEN a."recurrenceId" = '' THEN x."endTime" > ${now} AND x."status" IN ('PENDING', 'ACCEPTED')
                      ELSE x."originalStart" = a."recurrenceId" END) b ON true
       ORDER BY a."id", b."startTime", b."id"`;
  },
};
