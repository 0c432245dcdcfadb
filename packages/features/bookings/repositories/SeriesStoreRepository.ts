import type { PrismaTransaction } from "@calsync/prisma";
import type { Sql } from "./BookingRepository.ts";

/** A series as the engine's store needs it. */
export interface StoredSeries {
  id: string;
  hostId: number;
  title: string;
  description: string;
  location: string;
  startTime: Date;
  endTime: Date;
  timeZone: string;
  allDay: boolean;
  recurrence: string[];
  iCalUid: string;
  sequence: number;
  cancelledAt: Date | null;
  fieldChangedAt: Record<string, string>;
  createdAt: Date;
}

/** Reads series, in order of id; with `lock` they stay locked until the transaction ends. */
export async function findManySeries(
  tx: Sql,
  ids: readonly string[],
  { lock = false }: { lock?: boolean } = {},
): Promise<StoredSeries[]> {
  if (ids.length === 0) return [];
  const select = `
    SELECT "id"::text, "hostId", "title", "description", "location", "startTime", "endTime", "timeZone", "allDay", "recurrence",
      "iCalUid", "sequence", "cancelledAt", "fieldChangedAt", "createdAt"
    FROM "BookingSeries" WHERE "id" = ANY($1::uuid[]) ORDER BY "id"`;
  return tx.$queryRawUnsafe<StoredSeries[]>(lock ? `${select} FOR NO KEY UPDATE` : select, [...new Set(ids)]);
}

/** Writes series, new ones too. A changed series is a later version than each of its occurrences' (RFC 5546 §2.1.4). One statement. */
export async function saveSeries(
  tx: PrismaTransaction,
  series: readonly (StoredSeries & { eventTypeOf: string })[],
  now: Date,
): Promise<void> {
  if (series.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO "BookingSeries" ("id", "hostId", "eventTypeId", "title", "description", "location", "startTime", "endTime",
                                 "timeZone", "allDay", "recurrence", "iCalUid", "sequence", "cancelledAt", "fieldChangedAt",
                                 "createdAt", "updatedAt")
    SELECT r."id", r."hostId", (SELECT "eventTypeId" FROM "BookingSeries" WHERE "id" = r."eventTypeOf"), r."title",
           r."description", r."location", r."startTime", r."endTime", r."timeZone", r."allDay",
           ARRAY(SELECT jsonb_array_elements_text(r."recurrence")), r."iCalUid",
           greatest(r."sequence", (SELECT max(b."sequence") FROM "Booking" b WHERE b."recurringGroup" = r."id")) + 1,
           r."cancelledAt", r."fieldChangedAt", r."createdAt", ${now}
    FROM jsonb_to_recordset(${JSON.stringify(series)}::jsonb) AS r(
      "id" uuid, "eventTypeOf" uuid, "hostId" int, "title" text, "description" text, "location" text, "startTime" timestamptz,
      "endTime" timestamptz, "timeZone" text, "allDay" boolean, "recurrence" jsonb, "iCalUid" text, "sequence" int,
      "cancelledAt" timestamptz, "fieldChangedAt" jsonb, "createdAt" timestamptz)
    ON CONFLICT ("id") DO UPDATE SET
      "title" = EXCLUDED."title", "description" = EXCLUDED."description", "location" = EXCLUDED."location",
      "startTime" = EXCLUDED."startTime", "endTime" = EXCLUDED."endTime", "timeZone" = EXCLUDED."timeZone",
      "allDay" = EXCLUDED."allDay", "recurrence" = EXCLUDED."recurrence", "sequence" = EXCLUDED."sequence",
      "cancelledAt" = EXCLUDED."cancelledAt", "fieldChangedAt" = EXCLUDED."fieldChangedAt", "updatedAt" = EXCLUDED."updatedAt"`;
}

/** Puts bookings into their places; a null series means that the booking stands alone. One statement. */
export async function placeInSeries(
  tx: PrismaTransaction,
  places: readonly { bookingId: number; seriesId: string | null; originalStart: string | null }[],
  now: Date,
): Promise<void> {
  if (places.length === 0) return;
  await tx.$executeRaw`
    UPDATE "Booking" b
    SET "recurringGroup" = p."seriesId", "originalStart" = p."originalStart", "updatedAt" = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(places)}::jsonb) AS p("bookingId" int, "seriesId" uuid, "originalStart" text)
    WHERE b."id" = p."bookingId"`;
}

/**
 * Makes the next booking to come of each of these series a version later, so that news of its series can be told in its name. One
 * statement. @returns that booking of each series which still has one
 */
export async function raiseNextOfSeries(
  tx: PrismaTransaction,
  seriesIds: readonly string[],
  now: Date,
): Promise<{ bookingId: number; sequence: number; seriesId: string }[]> {
  if (seriesIds.length === 0) return [];
  return tx.$queryRaw`
    UPDATE "Booking" b SET "sequence" = b."sequence" + 1, "updatedAt" = ${now}
      FROM (SELECT DISTINCT ON (o."recurringGroup") o."id" FROM "Booking" o
             WHERE o."recurringGroup" = ANY(${[...seriesIds]}::uuid[]) AND o."status" IN ('ACCEPTED', 'PENDING')
               AND o."endTime" > ${now}
             ORDER BY o."recurringGroup", o."startTime", o."id") AS next
     WHERE b."id" = next."id"
    RETURNING b."id" AS "bookingId", b."sequence", b."recurringGroup"::text AS "seriesId"`;
}
