import type { PrismaTransaction } from "@calsync/prisma";
import type { WebhookData, WebhookEvent } from "../messages/webhook-message.ts";

type BookingState = WebhookData<"BOOKING_CREATED">["booking"];

/** A webhook that wants to hear of something that happened to a booking. */
export interface BookingListener {
  /** Position in the list that was asked for. */
  index: number;
  webhookId: string;
  booking: BookingState;
}

/** A delivery as it is put into the queue. */
export interface NewDelivery {
  webhookId: string;
  event: WebhookEvent | "PING";
  bookingId: number | null;
  payload: WebhookData;
  /** While nothing was sent, later news with the same key take this one's place. */
  coalesceKey: string | null;
  nextAttemptAt: Date;
}

/**
 * The webhooks that are to hear of these bookings, each with the booking as it is in this transaction: those of the host, and
 * those of the team whose event type was booked. One statement, by index; nothing more is needed when nobody listens.
 */
export async function findBookingListeners(
  tx: PrismaTransaction,
  news: readonly { index: number; bookingId: number; event: WebhookEvent }[],
): Promise<BookingListener[]> {
  return tx.$queryRawUnsafe<BookingListener[]>(
    `SELECT n."index", w."id"::text AS "webhookId", jsonb_build_object(
       'uid', b."uid", 'kind', lower(b."kind"::text), 'status', lower(b."status"::text), 'title', b."title",
       'description', b."description", 'location', b."location", 'start', calsync_instant(b."startTime"),
       'end', calsync_instant(b."endTime"), 'allDay', b."allDay", 'timeZone', b."timeZone", 'sequence', b."sequence",
       'attendees', coalesce((
         SELECT jsonb_agg(jsonb_build_object('name', a."name", 'email', a."email", 'timeZone', a."timeZone",
                                             'response', replace(lower(a."response"::text), '_', '-')) ORDER BY a."id")
         FROM "Attendee" a WHERE a."bookingId" = b."id" AND a."seat"), '[]'),
       'host', jsonb_build_object('name', u."name", 'username', u."username", 'email', u."email"),
       'eventType', CASE WHEN e."id" IS NULL THEN NULL
                         ELSE jsonb_build_object('slug', e."slug", 'title', e."title") END,
       'cancelledAt', calsync_instant(b."cancelledAt"), 'cancellationReason', b."cancellationReason") AS "booking"
     FROM jsonb_to_recordset($1::jsonb) AS n("index" int, "bookingId" int, "event" text)
     JOIN "Booking" b ON b."id" = n."bookingId"
     JOIN "User" u ON u."id" = b."hostId"
     LEFT JOIN "EventType" e ON e."id" = b."eventTypeId"
     CROSS JOIN LATERAL (
       SELECT own."id" FROM "Webhook" own WHERE own."userId" = b."hostId" AND own."active" AND n."event" = ANY(own."events")
       UNION ALL
       SELECT team."id" FROM "Webhook" team WHERE team."teamId" = e."teamId" AND team."active" AND n."event" = ANY(team."events")
     ) w
     ORDER BY 1, 2`,
    JSON.stringify(news),
  );
}

/**
 * The webhooks that are to hear of something that happened to a user: the user's own, and those of their teams; when it is
 * about a booking, only of the team whose event type was booked. One statement.
 */
export async function findListeners(
  tx: PrismaTransaction,
  news: readonly { index: number; userId: number; bookingId: number | null; event: WebhookEvent }[],
): Promise<{ index: number; webhookId: string }[]> {
  return tx.$queryRawUnsafe<{ index: number; webhookId: string }[]>(
    `SELECT n."index", w."id"::text AS "webhookId"
     FROM jsonb_to_recordset($1::jsonb) AS n("index" int, "userId" int, "bookingId" int, "event" text)
     CROSS JOIN LATERAL (
       SELECT own."id" FROM "Webhook" own WHERE own."userId" = n."userId" AND own."active" AND n."event" = ANY(own."events")
       UNION ALL
       SELECT team."id" FROM "Membership" m
       JOIN "Webhook" team ON team."teamId" = m."teamId" AND team."active" AND n."event" = ANY(team."events")
       WHERE m."userId" = n."userId" AND n."bookingId" IS NULL
       UNION ALL
       SELECT team."id" FROM "Booking" b
       JOIN "EventType" e ON e."id" = b."eventTypeId"
       JOIN "Webhook" team ON team."teamId" = e."teamId" AND team."active" AND n."event" = ANY(team."events")
       WHERE b."id" = n."bookingId" AND b."hostId" = n."userId"
     ) w
     ORDER BY 1, 2`,
    JSON.stringify(news),
  );
}

/**
 * Queues deliveries. One that waits under the same key and has not been tried takes over the new state and time, and keeps
 * what came before the first of the changes. A cancellation makes moves that wait superfluous. One statement.
 * @returns the ids of those that wait now, with the time of each
 */
export async function insertDeliveries(
  tx: PrismaTransaction,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<{ id: string; nextAttemptAt: Date }[]> {
  return tx.$queryRawUnsafe<{ id: string; nextAttemptAt: Date }[]>(
    `WITH d AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS d("webhookId" uuid, "event" text, "bookingId" int, "payload" jsonb,
                                                        "coalesceKey" text, "nextAttemptAt" timestamptz)
     ), superseded AS (
       UPDATE "WebhookDelivery" old SET "status" = 'SUPERSEDED', "nextAttemptAt" = NULL FROM d
       WHERE d."event" = 'BOOKING_CANCELLED' AND old."bookingId" = d."bookingId" AND old."webhookId" = d."webhookId"
         AND old."event" = 'BOOKING_RESCHEDULED' AND old."status" = 'QUEUED' AND old."attempts" = 0
         AND d."payload"->'guests' = 'null'::jsonb
     )
     INSERT INTO "WebhookDelivery" AS old
       ("id", "webhookId", "event", "bookingId", "payload", "coalesceKey", "nextAttemptAt", "createdAt")
     SELECT gen_random_uuid(), d."webhookId", d."event", d."bookingId", d."payload", d."coalesceKey", d."nextAttemptAt", $2
     FROM d
     ON CONFLICT ("webhookId", "coalesceKey") WHERE "status" = 'QUEUED' AND "attempts" = 0 AND "coalesceKey" IS NOT NULL
     DO UPDATE SET "payload" = EXCLUDED."payload" || jsonb_build_object('previous', old."payload"->'previous'),
                   "nextAttemptAt" = EXCLUDED."nextAttemptAt", "createdAt" = EXCLUDED."createdAt"
     RETURNING "id"::text, "nextAttemptAt"`,
    JSON.stringify(deliveries),
    now,
  );
}
