import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";

/** What the database knows of a time that a booking is to be moved to. */
export interface TimeFactsRow {
  bookingId: number;
  uid: string;
  start: Date;
  end: Date;
  /** The hours under which the booking was made; null when its event type is gone, or its host has none. */
  schedule: {
    timeZone: string;
    availability: { days: number[]; date: string | null; startMinute: number; endMinute: number }[];
  } | null;
  /** Whether a calendar that the host's busy times come from, or an imported file, holds something else then. */
  busy: boolean;
  /** Hours beside the schedule's that reach into the time. */
  extra: { start: string; end: string }[];
  /** Active bookings of the host that the time overlaps. */
  overlaps: { id: number; uid: string }[];
}

/**
 * Reads what stands at the times that bookings of event types are to be moved to. One statement. All-day times begin and end at
 * midnight of the booking's zone. A host's own entries are left out: they may stand anywhere.
 * @param leaving bookings that do not count as standing anywhere
 */
export async function findTimeFacts(
  tx: PrismaTransaction,
  moves: readonly { bookingId: number; time: EventTime }[],
  leaving: readonly number[],
): Promise<TimeFactsRow[]> {
  if (moves.length === 0) return [];
  const wishes = moves.map(({ bookingId, time }) => ({
    bookingId,
    start: time.start,
    end: time.end,
    allDay: time.allDay,
  }));
  return tx.$queryRaw`
    SELECT w."bookingId", w."uid", w."start", w."end",
           (SELECT jsonb_build_object('timeZone', s."timeZone", 'availability', coalesce((
                     SELECT jsonb_agg(jsonb_build_object('days', a."days", 'date', a."date", 'startMinute', a."startMinute", 'endMinute', a."endMinute"))
                       FROM "Availability" a WHERE a."scheduleId" = s."id"), '[]'))
              FROM "Schedule" s
             WHERE s."id" = coalesce(w."scheduleId", (SELECT min(f."id") FROM "Schedule" f WHERE f."userId" = w."hostId"))) AS "schedule",
           EXISTS (SELECT 1 FROM busy_intervals(
                     ARRAY(SELECT c."calendarSyncId" FROM "SelectedCalendar" c WHERE c."userId" = w."hostId" AND c."calendarSyncId" IS NOT NULL),
                     w."start", w."end"))
             OR EXISTS (SELECT 1 FROM imported_times(w."hostId", w."start", w."end") t WHERE NOT t."free") AS "busy",
           coalesce((SELECT jsonb_agg(jsonb_build_object('start', t."startTime", 'end', t."endTime"))
                       FROM imported_times(w."hostId", w."start", w."end") t WHERE t."free"), '[]') AS "extra",
           coalesce((SELECT jsonb_agg(jsonb_build_object('id', o."id", 'uid', o."uid") ORDER BY o."id")
                       FROM "Booking" o
                      WHERE o."hostId" = w."hostId" AND o."id" <> w."bookingId" AND o."status" IN ('PENDING', 'ACCEPTED')
                        AND o."startTime" < w."end" AND o."endTime" > w."start"
                        AND NOT (o."id" = ANY(${[...leaving]}::int[]))), '[]') AS "overlaps"
      FROM (SELECT m."bookingId", b."uid"::text, b."hostId", e."scheduleId",
                   CASE WHEN m."allDay" THEN m."start"::timestamp AT TIME ZONE b."timeZone" ELSE m."start"::timestamptz END AS "start",
                   CASE WHEN m."allDay" THEN m."end"::timestamp AT TIME ZONE b."timeZone" ELSE m."end"::timestamptz END AS "end"
              FROM jsonb_to_recordset(${JSON.stringify(wishes)}::jsonb) AS m("bookingId" int, "start" text, "end" text, "allDay" boolean)
              JOIN "Booking" b ON b."id" = m."bookingId" AND b."kind" = 'BOOKING'
              JOIN "EventType" e ON e."id" = b."eventTypeId") w`;
}
