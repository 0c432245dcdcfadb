import { randomUUID } from "node:crypto";
import { slotsOf } from "@calsync/icalendar";
import { queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";
import type { Booked } from "../dto.ts";
import { slotTaken } from "../errors.ts";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import { findOccurrences, insertSeries } from "../repositories/SeriesRepository.ts";
import { inTransaction, isTimeTaken } from "../repositories/transaction.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { toNewBooking, type Wish } from "./new-booking.ts";
import { requireAllOffered, ruleFor, seriesTime } from "./offered-series.ts";
import { toGuestDto } from "./to-dto.ts";

/**
 * Books all occurrences of a recurring booking, or none: in one transaction, with one mail to each person and one recurring
 * event in each calendar. @param earlier what a first request with the same key has made
 */
export async function bookSeries(
  deps: BookingDependencies,
  wish: Wish,
  count: number,
  earlier: BookingRow | null,
): Promise<Booked> {
  if (earlier) return toBookedSeries(deps, await occurrencesOf(deps, earlier), wish.request.guest.email);
  const rule = ruleFor(wish.target, count);
  const series = seriesTime(wish, rule, count);
  const starts = slotsOf(series).slots.map((slot) => new Date(slot));
  await requireAllOffered(deps, { target: wish.target, starts, now: wish.now });
  try {
    const bookings = await inTransaction(deps.prisma, (tx) => place(deps, tx, wish, series, starts));
    const [first] = bookings;
    deps.log.info(
      { bookingId: first?.id, hostId: first?.hostId, occurrences: bookings.length },
      "booked a series",
    );
    return toBookedSeries(deps, bookings, wish.request.guest.email);
  } catch (error) {
    if (!isTimeTaken(error)) throw error;
    // Somebody was quicker: say which times are gone.
    await requireAllOffered(deps, { target: wish.target, starts, now: wish.now });
    throw slotTaken(error);
  }
}

async function place(
  deps: BookingDependencies,
  tx: PrismaTransaction,
  wish: Wish,
  series: { time: EventTime; recurrence: string[] },
  starts: readonly Date[],
): Promise<BookingRow[]> {
  const { now, request } = wish;
  const seriesId = randomUUID();
  const occurrences = starts.map((start, index) => ({
    ...toNewBooking({ ...wish, start, idempotencyKey: index === 0 ? wish.idempotencyKey : null }),
    originalStart: start.toISOString(),
  }));
  await insertSeries(tx, { id: seriesId, iCalUid: `${seriesId}@calsync`, ...series, occurrences, now });
  const bookings = await findOccurrences(tx, seriesId);
  await queueBookingMails(
    tx,
    bookings.map((booking) => ({
      bookingId: booking.id,
      kind: "booked",
      sequence: booking.sequence,
      seriesId,
      actor: { by: "guest", name: request.guest.name, via: null },
    })),
    { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) },
  );
  await deps.sync.bookingsChanged(
    tx,
    bookings.map((booking) => ({
      bookingId: booking.id,
      hostId: booking.hostId,
      reason: "booked-by-guest",
      before: null,
      after: { time: toEventTime(booking) },
      seriesIds: [seriesId],
    })),
  );
  return bookings;
}

async function occurrencesOf({ prisma }: BookingDependencies, booking: BookingRow): Promise<BookingRow[]> {
  return booking.recurringGroup ? findOccurrences(prisma, booking.recurringGroup) : [booking];
}

function toBookedSeries(
  { guestTokens }: BookingDependencies,
  bookings: readonly BookingRow[],
  email: string,
): Booked {
  const [first] = bookings;
  if (!first) throw new RangeError("A series has at least one occurrence");
  const tokenOf = ({ uid }: BookingRow) => guestTokens.tokenFor({ uid, email });
  return {
    booking: toGuestDto(first, email),
    guestToken: tokenOf(first),
    occurrences: bookings.map((booking) => ({
      uid: booking.uid,
      start: booking.startTime.toISOString(),
      end: booking.endTime.toISOString(),
      guestToken: tokenOf(booking),
    })),
  };
}
