import { lockHostTime, type PrismaTransaction } from "@calsync/prisma";
import type { EventTime, Interval } from "@calsync/types";
import { BOOKING, type BookingRow, type NewBooking, type Sql } from "./BookingRepository.ts";

/** A recurring booking as it is made. */
export interface NewSeries {
  id: string;
  iCalUid: string;
  /** The first occurrence, and the lines that repeat it. */
  time: EventTime;
  recurrence: string[];
  /** At least one; what they share is taken from the first. */
  occurrences: (NewBooking & { originalStart: string })[];
  now: Date;
}

/** Inserts a series with its occurrences and their guest. Four statements, however many occurrences. */
export async function insertSeries(tx: PrismaTransaction, series: NewSeries): Promise<void> {
  const { id, iCalUid, time, recurrence, occurrences, now } = series;
  const [first] = occurrences;
  if (!first) return;
  await lockHostTime(tx, first.hostId);
  await tx.bookingSeries.create({
    data: {
      id,
      iCalUid,
      recurrence,
      hostId: first.hostId,
      eventTypeId: first.eventTypeId,
      title: first.title,
      description: first.description,
      location: first.location,
      startTime: first.time.start,
      endTime: first.time.end,
      timeZone: time.allDay ? first.timeZone : time.timeZone,
      allDay: time.allDay,
      createdAt: now,
    },
    select: { id: true },
  });
  const made = await tx.booking.createManyAndReturn({
    data: occurrences.map(({ time: own, occupied, guest: _guest, ...fields }) => ({
      ...fields,
      startTime: own.start,
      endTime: own.end,
      occupiedStart: occupied.start,
      occupiedEnd: occupied.end,
      seatsTaken: 1,
      recurringGroup: id,
    })),
    select: { id: true },
  });
  await tx.attendee.createMany({ data: made.map((booking) => ({ bookingId: booking.id, ...first.guest })) });
}

/** All occurrences of a series, cancelled ones too, in order of their places in it. */
export async function findOccurrences(sql: Sql, seriesId: string): Promise<BookingRow[]> {
  return sql.booking.findMany({
    where: { recurringGroup: seriesId },
    include: BOOKING,
    orderBy: [{ originalStart: "asc" }, { id: "asc" }],
  });
}

/** Locks all occurrences of a series until the transaction ends and reads them as they then are. */
export async function lockOccurrences(tx: PrismaTransaction, seriesId: string): Promise<BookingRow[]> {
  await tx.$queryRaw`
    SELECT 1 AS "locked" FROM "Booking" WHERE "recurringGroup" = ${seriesId}::uuid ORDER BY "id" FOR NO KEY UPDATE`;
  return findOccurrences(tx, seriesId);
}

/**
 * Moves bookings of a host all at once, so that each may take the time that another of them leaves. Two statements: the
 * database checks each row's new time as it is written, and until then none of them must stand in another's way.
 * @throws an exclusion violation when a time belongs to somebody else
 */
export async function moveMany(
  tx: PrismaTransaction,
  hostId: number,
  moves: readonly { id: number; status: BookingRow["status"]; time: Interval; occupied: Interval }[],
  now: Date,
): Promise<void> {
  if (moves.length === 0) return;
  await lockHostTime(tx, hostId);
  await tx.$executeRaw`UPDATE "Booking" SET "status" = 'CANCELLED' WHERE "id" = ANY(${moves.map(({ id }) => id)}::int[])`;
  const rows = moves.map(({ id, status, time, occupied }) => ({
    id,
    status,
    startTime: time.start,
    endTime: time.end,
    occupiedStart: occupied.start,
    occupiedEnd: occupied.end,
  }));
  await tx.$executeRaw`
    UPDATE "Booking" b
    SET "status" = r."status"::"BookingStatus", "startTime" = r."startTime", "endTime" = r."endTime",
        "occupiedStart" = r."occupiedStart", "occupiedEnd" = r."occupiedEnd", "hostPlaced" = false, "allDay" = false,
        "sequence" = b."sequence" + 1, "updatedAt" = ${now},
        "fieldChangedAt" = b."fieldChangedAt" || ${JSON.stringify({ time: now.toISOString() })}::jsonb
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
      "id" int, "status" text, "startTime" timestamptz, "endTime" timestamptz, "occupiedStart" timestamptz,
      "occupiedEnd" timestamptz)
    WHERE b."id" = r."id"`;
}

/** Cancels bookings as people do. One statement. */
export async function cancelMany(
  tx: PrismaTransaction,
  ids: readonly number[],
  reason: string | null,
  now: Date,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Booking"
    SET "status" = 'CANCELLED', "cancelledAt" = ${now}, "cancellationReason" = ${reason}, "sequence" = "sequence" + 1,
        "updatedAt" = ${now},
        "fieldChangedAt" = "fieldChangedAt" || ${JSON.stringify({ status: now.toISOString() })}::jsonb
    WHERE "id" = ANY(${[...ids]}::int[])`;
}
