import { randomUUID } from "node:crypto";
import { slotsOf } from "@calsync/icalendar";
import { queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";
import type { Booked, RecurrenceRule } from "../dto.ts";
import { conflict, invalid, slotTaken } from "../errors.ts";
import type { BookingRow } from "../repositories/BookingRepository.ts";
import type { BookableEventType } from "../repositories/EventTypeRepository.ts";
import { findOccurrences, insertSeries } from "../repositories/SeriesRepository.ts";
import { inTransaction, isTimeTaken } from "../repositories/transaction.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { toNewBooking, type Wish } from "./new-booking.ts";
import { findOffered, isOfferedWhenFree, type OfferQuery } from "./offered.ts";
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
  await requireAllOffered(deps, wish.target, starts, wish.now);
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
    await requireAllOffered(deps, wish.target, starts, wish.now);
    throw slotTaken(error);
  }
}

/** The starts of a series of `count` occurrences of an event type; its schedule's local time is what repeats. */
function seriesTime(
  { target, start }: Pick<Wish, "target" | "start">,
  { frequency, interval }: RecurrenceRule,
  count: number,
): { time: EventTime; recurrence: string[] } {
  const { eventType, host, schedule } = target;
  const end = new Date(start.getTime() + eventType.durationMinutes * 60_000);
  return {
    time: {
      allDay: false,
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: schedule?.timeZone ?? host.timeZone,
    },
    recurrence: [`RRULE:FREQ=${frequency.toUpperCase()};INTERVAL=${interval};COUNT=${count}`],
  };
}

/** @throws invalid when the event type is not recurring, or not so often */
function ruleFor({ eventType: { recurrence } }: BookableEventType, count: number): RecurrenceRule {
  if (!recurrence) {
    throw invalid(
      "not_recurring",
      "This kind of appointment is booked one at a time.",
      "Leave `recurrence` out, or choose a recurring event type.",
    );
  }
  if (count > recurrence.maxCount) {
    throw invalid(
      "too_many_occurrences",
      `At most ${recurrence.maxCount} occurrences can be booked at once.`,
    );
  }
  return recurrence;
}

/**
 * Whether all starts can be booked. Only the first one has to lie within the days that are open for booking; a series
 * reaches beyond them by its nature.
 * @throws conflict `occurrences_taken` with the starts that are not free; invalid `slot_not_offered`
 */
async function requireAllOffered(
  { prisma, busy }: BookingDependencies,
  target: BookableEventType,
  starts: readonly Date[],
  now: Date,
  moving?: OfferQuery["moving"],
): Promise<void> {
  const [first, last] = [starts[0], starts.at(-1)];
  if (!first || !last) return;
  const open = farAhead(target);
  const more = moving ? { moving } : {};
  const range = { start: first, end: new Date(last.getTime() + 1) };
  const { slots } = await findOffered(prisma, busy, { target: open, range, now, ...more });
  const offered = new Set(slots.map(({ start }) => start.getTime()));
  const gone = starts.filter((start) => !offered.has(start.getTime()));
  if (gone.length > 0) {
    const never = gone.filter((start) => !isOfferedWhenFree({ target: open, start, now, ...more }));
    const errors = gone.map((start) => ({
      path: `occurrences.${starts.indexOf(start)}`,
      message: `${start.toISOString()} ${never.includes(start) ? "is not offered" : "is taken"}`,
    }));
    throw conflict(
      "occurrences_taken",
      `${gone.length} of ${starts.length} times cannot be booked: ${gone.map((start) => start.toISOString()).join(", ")}.`,
      "Choose another start, or fewer occurrences.",
      undefined,
      errors,
    );
  }
  if (isOfferedWhenFree({ target, start: first, now, ...more })) return;
  throw invalid(
    "slot_not_offered",
    "The first time lies too far ahead.",
    "Ask GET /v1/slots for times that can be booked.",
  );
}

/** The event type without its last bookable day. */
function farAhead(target: BookableEventType): BookableEventType {
  return { ...target, eventType: { ...target.eventType, maximumDaysAhead: 36_600 } };
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
