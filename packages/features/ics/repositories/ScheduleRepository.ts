import type { ExternalEvent, Interval } from "@calsync/types";
import type { Sql } from "./ImportRepository.ts";

/** A booking or an entry, as it is exported. */
export interface ScheduledBooking {
  uid: string;
  iCalUid: string;
  sequence: number;
  title: string;
  description: string;
  location: string;
  startTime: Date;
  endTime: Date;
  allDay: boolean;
  timeZone: string;
  active: boolean;
  /** Stretch that nobody else can book. */
  occupiedStart: Date;
  occupiedEnd: Date;
  createdAt: Date;
  updatedAt: Date;
  seriesId: string | null;
  originalStart: string | null;
  guests: { name: string; email: string }[];
}

/** A recurring booking, as it is exported. */
export interface ScheduledSeries {
  id: string;
  iCalUid: string;
  sequence: number;
  title: string;
  description: string;
  location: string;
  startTime: Date;
  endTime: Date;
  allDay: boolean;
  timeZone: string;
  recurrence: string[];
  updatedAt: Date;
}

/** A busy time of a connected calendar. */
export interface ScheduledBusy extends Interval {
  calendarSyncId: string;
  externalEventId: string;
  event: ExternalEvent | null;
  timeZone: string;
  seenAt: Date;
}

/** What stands in a user's schedule. Every query is scoped by the user; one statement per method. */
export const scheduleRepository = {
  /**
   * Bookings of a range, in order, with all other occurrences of the series that reach into it. Cancelled ones for a while too:
   * who subscribes is told that they are off.
   */
  async findBookings(
    sql: Sql,
    userId: number,
    range: Interval,
    cancelledSince: Date,
  ): Promise<ScheduledBooking[]> {
    return sql.$queryRaw`
      SELECT b."uid"::text, b."iCalUid", b."sequence", b."title", b."description", b."location", b."startTime", b."endTime", b."allDay",
             b."timeZone", b."status" IN ('PENDING', 'ACCEPTED') AS "active", b."occupiedStart", b."occupiedEnd", b."createdAt",
             b."updatedAt", b."recurringGroup"::text AS "seriesId", b."originalStart",
             coalesce((SELECT jsonb_agg(jsonb_build_object('name', a."name", 'email', a."email") ORDER BY a."id")
                         FROM "Attendee" a WHERE a."bookingId" = b."id" AND a."expected"), '[]') AS "guests"
        FROM "Booking" b
       WHERE b."hostId" = ${userId}
         AND (b."startTime" < ${range.end} AND b."endTime" > ${range.start}
                AND (b."status" IN ('PENDING', 'ACCEPTED') OR b."recurringGroup" IS NOT NULL OR b."cancelledAt" > ${cancelledSince})
              OR b."recurringGroup" IN (SELECT g."recurringGroup" FROM "Booking" g
                   WHERE g."hostId" = ${userId} AND g."recurringGroup" IS NOT NULL
                     AND g."startTime" < ${range.end} AND g."endTime" > ${range.start}))
       ORDER BY b."startTime", b."id"`;
  },

  async findSeries(sql: Sql, userId: number, ids: readonly string[]): Promise<ScheduledSeries[]> {
    if (ids.length === 0) return [];
    return sql.$queryRaw`
      SELECT "id"::text, "iCalUid", "sequence", "title", "description", "location", "startTime", "endTime", "allDay", "timeZone",
             "recurrence", "updatedAt"
        FROM "BookingSeries" WHERE "hostId" = ${userId} AND "id" = ANY(${[...ids]}::uuid[]) ORDER BY "startTime", "id"`;
  },

  /** Busy times of the calendars that the user has selected, in order. */
  async findBusy(sql: Sql, userId: number, range: Interval): Promise<ScheduledBusy[]> {
    return sql.$queryRaw`
      SELECT m."calendarSyncId"::text, m."externalEventId", nullif(m."snapshot", '{}'::jsonb) AS "event", u."timeZone",
             m."createdAt" AS "seenAt", lower(b."during") AS "start", upper(b."during") AS "end"
        FROM "BusyInterval" b
        JOIN "ExternalEvent" m ON m."id" = b."externalEventId"
        JOIN "User" u ON u."id" = ${userId}
       WHERE b."calendarSyncId" IN (SELECT c."calendarSyncId" FROM "SelectedCalendar" c
               WHERE c."userId" = ${userId} AND c."calendarSyncId" IS NOT NULL)
         AND b."during" && tstzrange(${range.start}, ${range.end})
       ORDER BY "start", m."id"`;
  },
};
