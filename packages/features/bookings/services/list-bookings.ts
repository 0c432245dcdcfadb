import type { PrismaClient } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import type { BookingDto, BookingList, BookingListQuery } from "../dto.ts";
import { invalid } from "../errors.ts";
import {
  type BookingRow,
  findInRange,
  findOverlapping,
  findPage,
  type ListPosition,
} from "../repositories/BookingRepository.ts";
import { toHostDto } from "./to-dto.ts";

/** One page of a host's bookings. */
export async function listBookings(
  prisma: PrismaClient,
  userId: number,
  { status, cursor, limit }: BookingListQuery,
  now: Date,
): Promise<BookingList> {
  const after = cursor === undefined ? null : readCursor(cursor);
  // One more than asked for tells whether there is a next page.
  const rows = await findPage(prisma, userId, { kind: status, after, limit: limit + 1, now });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    bookings: await toHostDtos(prisma, page),
    nextCursor: rows.length > limit && last ? writeCursor({ start: last.startTime, id: last.id }) : null,
  };
}

/** A host's active bookings that touch a range, for a calendar view. */
export async function listBookingsBetween(
  prisma: PrismaClient,
  userId: number,
  range: Interval,
): Promise<BookingDto[]> {
  return toHostDtos(prisma, await findInRange(prisma, userId, range));
}

/** Bookings as their host sees them, with their overlaps. */
export async function toHostDtos(prisma: PrismaClient, rows: readonly BookingRow[]): Promise<BookingDto[]> {
  const overlapping = await findOverlapping(
    prisma,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => toHostDto(row, overlapping.has(row.id)));
}

function writeCursor({ start, id }: ListPosition): string {
  return Buffer.from(`${start.getTime()}.${id}`).toString("base64url");
}

function readCursor(cursor: string): ListPosition {
  const [, start, id] = /^(-?\d{1,15})\.(\d{1,10})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (start === undefined || id === undefined) {
    throw invalid("bad_cursor", "This cursor is not one of ours.", "Begin again without a cursor.");
  }
  return { start: new Date(Number(start)), id: Number(id) };
}
