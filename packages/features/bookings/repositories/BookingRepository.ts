import type { Prisma, PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { Interval } from "@calsync/types";

/** A client, or the transaction of a change. */
export type Sql = PrismaClient | PrismaTransaction;

/** What of a booking its pages show. */
export const BOOKING = {
  attendees: { orderBy: { id: "asc" } },
  eventType: {
    select: {
      slug: true,
      title: true,
      durationMinutes: true,
      bufferBeforeMinutes: true,
      bufferAfterMinutes: true,
    },
  },
  host: { select: { name: true, username: true, email: true } },
  references: {
    where: { detachedAt: null },
    select: {
      status: true,
      lastError: true,
      lastPushedAt: true,
      calendarSync: { select: { name: true, provider: true } },
    },
    orderBy: { createdAt: "asc" },
  },
} satisfies Prisma.BookingInclude;

/** A booking with what its pages show. */
export type BookingRow = Prisma.BookingGetPayload<{ include: typeof BOOKING }>;

/** Which of a host's bookings to list. */
export type BookingListKind = "upcoming" | "past" | "cancelled";

/** The last booking of a page: where the next page begins. */
export interface ListPosition {
  start: Date;
  id: number;
}

const ACTIVE = ["PENDING", "ACCEPTED"] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** No buffer is longer (a CHECK sees to it). */
const LONGEST_BUFFER_MS = 24 * 60 * 60_000;

/** A booking by the uid that people know it by; null when there is none, or the uid is no UUID. */
export async function findByUid(sql: Sql, uid: string): Promise<BookingRow | null> {
  if (!UUID.test(uid)) return null;
  return sql.booking.findUnique({ where: { uid }, include: BOOKING });
}

/** A booking that is known to be there. */
export async function findById(sql: Sql, id: number): Promise<BookingRow> {
  return sql.booking.findUniqueOrThrow({ where: { id }, include: BOOKING });
}

/** The booking that a request was answered with before. */
export async function findByIdempotencyKey(sql: Sql, idempotencyKey: string): Promise<BookingRow | null> {
  return sql.booking.findUnique({ where: { idempotencyKey }, include: BOOKING });
}

/** Locks the booking until the transaction ends and reads it as it then is. */
export async function lockByUid(tx: PrismaTransaction, uid: string): Promise<BookingRow | null> {
  if (!UUID.test(uid)) return null;
  await tx.$queryRaw`SELECT 1 AS "locked" FROM "Booking" WHERE "uid" = ${uid}::uuid FOR NO KEY UPDATE`;
  return findByUid(tx, uid);
}

/** Locks the active appointment with several seats that starts then, if there is one. @returns its id */
export async function lockShared(
  tx: PrismaTransaction,
  eventTypeId: number,
  start: Date,
): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ id: number }[]>`
    SELECT "id" FROM "Booking"
    WHERE "eventTypeId" = ${eventTypeId} AND "startTime" = ${start} AND "seats" > 1
      AND "status" IN ('PENDING', 'ACCEPTED')
    ORDER BY "id" LIMIT 1 FOR NO KEY UPDATE`;
  return row?.id ?? null;
}

/** Takes one more seat. @returns false when none is left */
export async function takeSeat(
  tx: PrismaTransaction,
  bookingId: number,
  guest: { email: string; name: string; timeZone: string },
  now: Date,
): Promise<boolean> {
  const taken = await tx.$executeRaw`
    UPDATE "Booking"
    SET "seatsTaken" = "seatsTaken" + 1, "sequence" = "sequence" + 1, "updatedAt" = ${now},
        "fieldChangedAt" = "fieldChangedAt" || ${JSON.stringify({ attendees: now.toISOString() })}::jsonb
    WHERE "id" = ${bookingId} AND "seatsTaken" < "seats"`;
  if (taken === 0) return false;
  const { email, ...changes } = guest;
  const seated = { ...changes, seat: true, expected: true, response: "ACCEPTED" } as const;
  await tx.attendee.upsert({
    where: { bookingId_email: { bookingId, email } },
    create: { bookingId, email, ...seated },
    update: seated,
  });
  return true;
}

/** Gives a guest's seat back, if they hold one. The guest stays known, so that their link still shows what became of it. */
export async function giveSeatBack(
  tx: PrismaTransaction,
  booking: { id: number },
  guest: { id: number; seat: boolean },
  now: Date,
): Promise<void> {
  await tx.attendee.update({
    where: { id: guest.id },
    data: { seat: false, expected: false, response: "DECLINED" },
  });
  await tx.$executeRaw`
    UPDATE "Booking"
    SET "seatsTaken" = greatest("seatsTaken" - ${guest.seat ? 1 : 0}, 0), "sequence" = "sequence" + 1, "updatedAt" = ${now},
        "fieldChangedAt" = "fieldChangedAt" || ${JSON.stringify({ attendees: now.toISOString() })}::jsonb
    WHERE "id" = ${booking.id}`;
}

/** A booking that a guest makes. */
export interface NewBooking {
  uid: string;
  hostId: number;
  eventTypeId: number;
  title: string;
  description: string;
  location: string;
  time: Interval;
  occupied: Interval;
  timeZone: string;
  seats: number;
  iCalUid: string;
  idempotencyKey: string | null;
  guest: { email: string; name: string; timeZone: string };
  createdAt: Date;
}

/**
 * Inserts the booking with its first guest. The database lets one of several that want the same time of a host through.
 * @returns its id
 */
export async function insert(tx: PrismaTransaction, booking: NewBooking): Promise<number> {
  const { time, occupied, guest, ...fields } = booking;
  const { id } = await tx.booking.create({
    data: {
      ...fields,
      startTime: time.start,
      endTime: time.end,
      occupiedStart: occupied.start,
      occupiedEnd: occupied.end,
      seatsTaken: 1,
      attendees: { create: guest },
    },
    select: { id: true },
  });
  return id;
}

/** Moves a booking. It gives up its right to overlap others: the database checks the new time like that of a new booking. */
export async function move(
  tx: PrismaTransaction,
  booking: BookingRow,
  place: { time: Interval; occupied: Interval },
  now: Date,
): Promise<void> {
  await tx.booking.update({
    where: { id: booking.id },
    data: {
      startTime: place.time.start,
      endTime: place.time.end,
      occupiedStart: place.occupied.start,
      occupiedEnd: place.occupied.end,
      // A host's own entry stays where the host wants it, over others if need be.
      hostPlaced: booking.kind === "ENTRY",
      sequence: { increment: 1 },
      fieldChangedAt: changed(booking, { time: now.toISOString() }),
    },
  });
}

/** Cancels a booking. */
export async function cancel(
  tx: PrismaTransaction,
  booking: BookingRow,
  reason: string | null,
  now: Date,
): Promise<void> {
  await tx.booking.update({
    where: { id: booking.id },
    data: {
      status: "CANCELLED",
      cancelledAt: now,
      cancellationReason: reason,
      sequence: { increment: 1 },
      fieldChangedAt: changed(booking, { status: now.toISOString() }),
    },
  });
}

function changed(booking: BookingRow, fields: Record<string, string>): Prisma.InputJsonObject {
  return { ...(booking.fieldChangedAt as Prisma.InputJsonObject), ...fields };
}

/** An active booking of a host, as slots and overlaps need it. */
export interface OccupiedTime {
  id: number;
  eventTypeId: number | null;
  startTime: Date;
  endTime: Date;
  occupiedStart: Date;
  occupiedEnd: Date;
  seats: number;
  seatsTaken: number;
}

/** The active bookings of a host that may occupy part of a range; some may lie just outside of it. */
export async function findOccupied(sql: Sql, hostId: number, range: Interval): Promise<OccupiedTime[]> {
  return sql.booking.findMany({
    where: {
      hostId,
      status: { in: [...ACTIVE] },
      endTime: { gt: new Date(range.start.getTime() - LONGEST_BUFFER_MS) },
      startTime: { lt: new Date(range.end.getTime() + LONGEST_BUFFER_MS) },
    },
    select: {
      id: true,
      eventTypeId: true,
      startTime: true,
      endTime: true,
      occupiedStart: true,
      occupiedEnd: true,
      seats: true,
      seatsTaken: true,
    },
    orderBy: { startTime: "asc" },
  });
}

/** One page of a host's bookings: upcoming ones with the next first, others with the latest first. */
export async function findPage(
  sql: Sql,
  hostId: number,
  query: { kind: BookingListKind; after: ListPosition | null; limit: number; now: Date },
): Promise<BookingRow[]> {
  const ascending = query.kind === "upcoming";
  const status = query.kind === "cancelled" ? ["CANCELLED" as const, "REJECTED" as const] : [...ACTIVE];
  const order = ascending ? "asc" : "desc";
  const { after } = query;
  const beyond = <T extends Date | number>(value: T) => (ascending ? { gt: value } : { lt: value });
  return sql.booking.findMany({
    where: {
      hostId,
      status: { in: status },
      ...(query.kind === "upcoming" ? { endTime: { gt: query.now } } : {}),
      ...(query.kind === "past" ? { endTime: { lte: query.now } } : {}),
      ...(after
        ? {
            OR: [{ startTime: beyond(after.start) }, { startTime: after.start, id: beyond(after.id) }],
          }
        : {}),
    },
    include: BOOKING,
    orderBy: [{ startTime: order }, { id: order }],
    take: query.limit,
  });
}

/** A host's active bookings that touch a range. */
export async function findInRange(sql: Sql, hostId: number, range: Interval): Promise<BookingRow[]> {
  return sql.booking.findMany({
    where: {
      hostId,
      status: { in: [...ACTIVE] },
      endTime: { gt: range.start },
      startTime: { lt: range.end },
    },
    include: BOOKING,
    orderBy: [{ startTime: "asc" }, { id: "asc" }],
  });
}

/** Which of these bookings take place while another active booking of the same host does. One statement. */
export async function findOverlapping(sql: Sql, bookingIds: readonly number[]): Promise<Set<number>> {
  if (bookingIds.length === 0) return new Set();
  const rows = await sql.$queryRaw<{ id: number }[]>`
    SELECT one."id" FROM "Booking" one
    WHERE one."id" = ANY(${[...bookingIds]}::int[]) AND one."status" IN ('PENDING', 'ACCEPTED')
      AND EXISTS (
        SELECT FROM "Booking" other
        WHERE other."hostId" = one."hostId" AND other."id" <> one."id" AND other."status" IN ('PENDING', 'ACCEPTED')
          AND other."startTime" < one."endTime" AND other."endTime" > one."startTime")`;
  return new Set(rows.map(({ id }) => id));
}
