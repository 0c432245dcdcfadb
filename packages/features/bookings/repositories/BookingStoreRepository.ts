import type { PrismaTransaction } from "@calsync/prisma";

/** A booking as the engine's store needs it. */
export interface StoredBooking {
  id: number;
  uid: string;
  hostId: number;
  status: "PENDING" | "ACCEPTED" | "CANCELLED" | "REJECTED";
  title: string;
  description: string;
  location: string;
  startTime: Date;
  endTime: Date;
  timeZone: string;
  allDay: boolean;
  hostPlaced: boolean;
  iCalUid: string;
  sequence: number;
  cancelledAt: Date | null;
  cancellationReason: string | null;
  fieldChangedAt: Record<string, string>;
  createdAt: Date;
  bufferBeforeMinutes: number;
  bufferAfterMinutes: number;
  /** Those who are expected: guests who gave their seat up are not among them. */
  attendees: {
    email: string;
    name: string;
    response: "NEEDS_ACTION" | "ACCEPTED" | "TENTATIVE" | "DECLINED";
  }[];
}

const SELECT = `
  SELECT b."id", b."uid"::text, b."hostId", b."status"::text, b."title", b."description", b."location", b."startTime",
    b."endTime", b."timeZone", b."allDay", b."hostPlaced", b."iCalUid", b."sequence", b."cancelledAt",
    b."cancellationReason", b."fieldChangedAt", b."createdAt",
    coalesce(e."bufferBeforeMinutes", 0) AS "bufferBeforeMinutes",
    coalesce(e."bufferAfterMinutes", 0) AS "bufferAfterMinutes",
    coalesce((
      SELECT jsonb_agg(jsonb_build_object('email', a."email", 'name', a."name", 'response', a."response"))
      FROM "Attendee" a WHERE a."bookingId" = b."id" AND a."seat"
    ), '[]') AS "attendees"
  FROM "Booking" b
  LEFT JOIN "EventType" e ON e."id" = b."eventTypeId"
  WHERE b."id" = ANY($1::int[])
  ORDER BY b."id"`;

/**
 * Reads bookings, in order of id. With `lock` they stay locked until the transaction ends, taken in that order, so that two
 * transactions with bookings in common wait for each other and do not deadlock.
 */
export async function findMany(
  tx: PrismaTransaction,
  ids: readonly number[],
  { lock = false }: { lock?: boolean } = {},
): Promise<StoredBooking[]> {
  if (ids.length === 0) return [];
  return tx.$queryRawUnsafe<StoredBooking[]>(lock ? `${SELECT} FOR NO KEY UPDATE OF b` : SELECT, [
    ...new Set(ids),
  ]);
}

/** Which of these actions have been applied before. */
export async function findAppliedActions(
  tx: PrismaTransaction,
  actionIds: readonly string[],
): Promise<Set<string>> {
  if (actionIds.length === 0) return new Set();
  const rows = await tx.$queryRaw<{ actionId: string }[]>`
    SELECT "actionId" FROM "ChangeRecord" WHERE "actionId" = ANY(${[...actionIds]}::text[])`;
  return new Set(rows.map(({ actionId }) => actionId));
}

/** Writes the fields that actions may change, and what follows from them. One statement for all. */
export async function updateMany(
  tx: PrismaTransaction,
  bookings: readonly StoredBooking[],
  now: Date,
): Promise<void> {
  if (bookings.length === 0) return;
  const rows = bookings.map(({ attendees: _attendees, ...row }) => ({
    ...row,
    occupiedStart: new Date(row.startTime.getTime() - row.bufferBeforeMinutes * 60_000),
    occupiedEnd: new Date(row.endTime.getTime() + row.bufferAfterMinutes * 60_000),
  }));
  await tx.$executeRaw`
    UPDATE "Booking" b
    SET "title" = r."title", "description" = r."description", "location" = r."location",
        "startTime" = r."startTime", "endTime" = r."endTime", "allDay" = r."allDay", "timeZone" = r."timeZone",
        "occupiedStart" = CASE WHEN (b."startTime", b."endTime") = (r."startTime", r."endTime")
                               THEN b."occupiedStart" ELSE r."occupiedStart" END,
        "occupiedEnd" = CASE WHEN (b."startTime", b."endTime") = (r."startTime", r."endTime")
                             THEN b."occupiedEnd" ELSE r."occupiedEnd" END,
        "hostPlaced" = r."hostPlaced", "status" = r."status"::"BookingStatus", "sequence" = r."sequence",
        "cancelledAt" = r."cancelledAt", "cancellationReason" = r."cancellationReason",
        "fieldChangedAt" = r."fieldChangedAt", "updatedAt" = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
      "id" int, "title" text, "description" text, "location" text, "startTime" timestamptz, "endTime" timestamptz,
      "allDay" boolean, "timeZone" text, "occupiedStart" timestamptz, "occupiedEnd" timestamptz, "hostPlaced" boolean,
      "status" text, "sequence" int, "cancelledAt" timestamptz, "cancellationReason" text, "fieldChangedAt" jsonb)
    WHERE b."id" = r."id"`;
}
