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
  cancelledFor: string | null;
  fieldChangedAt: Record<string, string>;
  createdAt: Date;
  /** The series that it is an occurrence of, and its place there. */
  recurringGroup: string | null;
  originalStart: string | null;
  bufferBeforeMinutes: number;
  bufferAfterMinutes: number;
  hostName: string;
  /** In the order in which they came; also those who are not expected any more. */
  attendees: StoredAttendee[];
}

/** An attendee as sync reads and writes them. */
export interface StoredAttendee {
  email: string;
  name: string;
  response: "NEEDS_ACTION" | "ACCEPTED" | "TENTATIVE" | "DECLINED";
  optional: boolean;
  seat: boolean;
  expected: boolean;
}

const SELECT = `
  SELECT b."id", b."uid"::text, b."hostId", b."status"::text, b."title", b."description", b."location", b."startTime",
    b."endTime", b."timeZone", b."allDay", b."hostPlaced", b."iCalUid", b."sequence", b."cancelledAt",
    b."cancellationReason", b."cancelledFor", b."fieldChangedAt", b."createdAt",
    b."recurringGroup"::text, b."originalStart", u."name" AS "hostName",
    coalesce(e."bufferBeforeMinutes", 0) AS "bufferBeforeMinutes",
    coalesce(e."bufferAfterMinutes", 0) AS "bufferAfterMinutes",
    coalesce((
      SELECT jsonb_agg(jsonb_build_object('email', a."email", 'name', a."name", 'response', a."response",
        'optional', a."optional", 'seat', a."seat", 'expected', a."expected") ORDER BY a."id")
      FROM "Attendee" a WHERE a."bookingId" = b."id"
    ), '[]') AS "attendees"
  FROM "Booking" b
  JOIN "User" u ON u."id" = b."hostId"
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

/**
 * Writes the fields that actions may change, and what follows from them. One statement for all.
 * @param freedSeats how many seats are free again, by booking
 */
export async function updateMany(
  tx: PrismaTransaction,
  bookings: readonly StoredBooking[],
  freedSeats: ReadonlyMap<number, number>,
  now: Date,
): Promise<void> {
  if (bookings.length === 0) return;
  const rows = bookings.map(({ attendees: _attendees, hostName: _hostName, ...row }) => ({
    ...row,
    freedSeats: freedSeats.get(row.id) ?? 0,
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
        "cancelledFor" = r."cancelledFor", "seatsTaken" = greatest(b."seatsTaken" - r."freedSeats", 0),
        "fieldChangedAt" = r."fieldChangedAt", "updatedAt" = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
      "id" int, "title" text, "description" text, "location" text, "startTime" timestamptz, "endTime" timestamptz,
      "allDay" boolean, "timeZone" text, "occupiedStart" timestamptz, "occupiedEnd" timestamptz, "hostPlaced" boolean,
      "status" text, "sequence" int, "cancelledAt" timestamptz, "cancellationReason" text, "cancelledFor" text, "freedSeats" int, "fieldChangedAt" jsonb)
    WHERE b."id" = r."id"`;
}

/** Writes attendees under their booking and address: new ones are added, known ones changed. One statement for all. */
export async function writeAttendees(
  tx: PrismaTransaction,
  attendees: readonly (StoredAttendee & { bookingId: number; timeZone: string })[],
): Promise<void> {
  if (attendees.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO "Attendee" ("bookingId", "email", "name", "timeZone", "response", "optional", "seat", "expected")
    SELECT w."bookingId", w."email", w."name", w."timeZone", w."response"::"AttendeeResponse", w."optional", w."seat",
           w."expected"
      FROM jsonb_to_recordset(${JSON.stringify(attendees)}::jsonb) AS w(
        "bookingId" int, "email" text, "name" text, "timeZone" text, "response" text, "optional" boolean, "seat" boolean,
        "expected" boolean)
    ON CONFLICT ("bookingId", "email") DO UPDATE
      SET "response" = EXCLUDED."response", "optional" = EXCLUDED."optional", "seat" = EXCLUDED."seat",
          "expected" = EXCLUDED."expected"`;
}

/** Which of these bookings have a time that another active booking of their host occupies. One statement. */
export async function findTaken(tx: PrismaTransaction, bookingIds: readonly number[]): Promise<Set<number>> {
  if (bookingIds.length === 0) return new Set();
  const rows = await tx.$queryRaw<{ id: number }[]>`
    SELECT one."id" FROM "Booking" one
     WHERE one."id" = ANY(${[...bookingIds]}::int[])
       AND EXISTS (SELECT FROM "Booking" other
                    WHERE other."hostId" = one."hostId" AND other."id" <> one."id"
                      AND other."status" IN ('PENDING', 'ACCEPTED')
                      AND other."occupiedStart" < one."occupiedEnd" AND other."occupiedEnd" > one."occupiedStart")`;
  return new Set(rows.map(({ id }) => id));
}
