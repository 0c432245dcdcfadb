import { createHash } from "node:crypto";
import { queueBookingMails, wasCausedBy } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { Booked, BookRequest } from "../dto.ts";
import { calendarUnreadable, conflict, invalid, slotTaken, unknownEventType } from "../errors.ts";
import {
  type BookingRow,
  findById,
  findByIdempotencyKey,
  insert,
  lockShared,
  takeSeat,
} from "../repositories/BookingRepository.ts";
import { findByAddress } from "../repositories/EventTypeRepository.ts";
import { inTransaction, isIdempotencyKeyTaken, isTimeTaken } from "../repositories/transaction.ts";
import { bookSeries } from "./book-series.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { toNewBooking, type Wish } from "./new-booking.ts";
import { findOffered, isOfferedWhenFree, oneStart } from "./offered.ts";
import { toGuestDto } from "./to-dto.ts";
import { findActingGuest } from "./viewer.ts";

/** Tries to share an appointment that another guest has made at the same moment; the second one finds it. */
const SHARED_TRIES = 3;

/** Books a time for a guest. See `BookingService.book`. */
export async function book(
  deps: BookingDependencies,
  request: BookRequest,
  options: { idempotencyKey?: string | undefined } = {},
): Promise<Booked> {
  const target = await findByAddress(deps.prisma, request.username, request.eventType);
  if (!target) throw unknownEventType();
  const wish: Wish = {
    target,
    request,
    start: new Date(request.start),
    now: deps.now(),
    idempotencyKey: storedKey(target.eventType.id, options.idempotencyKey),
  };
  const earlier = await findEarlier(deps, wish);
  if (request.recurrence) return bookSeries(deps, wish, request.recurrence.count, earlier);
  if (earlier) return toBooked(deps, earlier, request.guest.email);
  await requireOffered(deps, wish);
  for (let attempt = 1; ; attempt++) {
    try {
      const booking = await inTransaction(deps.prisma, (tx) => place(deps, tx, wish));
      deps.log.info({ bookingId: booking.id, hostId: booking.hostId }, "booked");
      return toBooked(deps, booking, request.guest.email);
    } catch (error) {
      if (!isTimeTaken(error) && !isIdempotencyKeyTaken(error)) throw error;
      // Perhaps it is this very request that has taken the time, sent twice at once.
      const twin = await findEarlier(deps, wish);
      if (twin) return toBooked(deps, twin, request.guest.email);
      if (target.eventType.seats === 1 || attempt === SHARED_TRIES) throw slotTaken(error);
    }
  }
}

async function requireOffered(deps: BookingDependencies, wish: Wish): Promise<void> {
  const { target, start, now } = wish;
  const { slots, schedule, closed } = await findOffered(deps.prisma, deps.busy, {
    target,
    range: oneStart(start),
    now,
  });
  if (slots.length > 0) return;
  if (closed) throw calendarUnreadable();
  if (isOfferedWhenFree({ target: { ...target, schedule }, start, now })) throw slotTaken();
  throw invalid(
    "slot_not_offered",
    "This time is not offered: it lies outside the host's hours, too soon, too far ahead, or between two starts.",
    "Ask GET /v1/slots for times that can be booked.",
  );
}

/** Takes a seat in an appointment that is there, or makes one; with its mails and its calendars. */
async function place(deps: BookingDependencies, tx: PrismaTransaction, wish: Wish): Promise<BookingRow> {
  const { target, request, start, now, idempotencyKey } = wish;
  const guest = { ...request.guest, timeZone: request.timeZone };
  const shared = target.eventType.seats > 1 ? await lockShared(tx, target.eventType.id, start) : null;
  let bookingId: number;
  if (shared === null) {
    bookingId = await insert(tx, toNewBooking(wish));
  } else {
    const before = await findById(tx, shared);
    if (findActingGuest(before, guest.email)?.seat) {
      throw conflict(
        "already_booked",
        "This address has a seat at this time already.",
        "The link in the confirmation mail leads to the booking.",
      );
    }
    if (!(await takeSeat(tx, shared, guest, now))) throw slotTaken();
    bookingId = shared;
  }
  const booking = await findById(tx, bookingId);
  await queueBookingMails(
    tx,
    [
      {
        bookingId,
        kind: "booked",
        sequence: booking.sequence,
        actor: { by: "guest", name: guest.name, via: null },
        guests: [guest.email],
        // Guests of a shared appointment see its description, and their notes are meant for the host.
        ...(booking.seats > 1 && request.notes ? { noteToHost: request.notes } : {}),
        ...(idempotencyKey ? { idempotencyKey } : {}),
      },
    ],
    { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) },
  );
  await deps.sync.bookingsChanged(tx, [
    shared === null
      ? {
          bookingId,
          hostId: booking.hostId,
          reason: "booked-by-guest",
          before: null,
          after: { time: toEventTime(booking) },
        }
      : {
          bookingId,
          hostId: booking.hostId,
          reason: "seat-taken-by-guest",
          before: null,
          after: { attendees: [guest.email] },
        },
  ]);
  return booking;
}

/** The booking that an earlier request with the same key has made. */
async function findEarlier(deps: BookingDependencies, wish: Wish): Promise<BookingRow | null> {
  const { idempotencyKey, request, start, target } = wish;
  if (!idempotencyKey) return null;
  const made = await findByIdempotencyKey(deps.prisma, idempotencyKey);
  if (made) {
    // The first request's own guest, and no one else, gets its answer: the answer holds the guest's secret.
    const sameTime = made.startTime.getTime() === start.getTime() || made.sequence > 0;
    if (sameTime && findActingGuest(made, request.guest.email)) return made;
    throw conflict(
      "idempotency_key_reused",
      "This Idempotency-Key belongs to another request.",
      "Choose a new random key for each booking.",
    );
  }
  if (target.eventType.seats === 1) return null;
  return inTransaction(deps.prisma, async (tx) => {
    const shared = await lockShared(tx, target.eventType.id, start);
    const recipient = request.guest.email;
    if (shared === null || !(await wasCausedBy(tx, { bookingId: shared, recipient, idempotencyKey })))
      return null;
    return findById(tx, shared);
  });
}

/** Keys of different event types do not meet, and what is stored does not show the key. */
function storedKey(eventTypeId: number, key: string | undefined): string | null {
  return key === undefined ? null : createHash("sha256").update(`${eventTypeId}\n${key}`).digest("base64url");
}

function toBooked({ guestTokens }: BookingDependencies, booking: BookingRow, email: string): Booked {
  const guestToken = guestTokens.tokenFor({ uid: booking.uid, email });
  return { booking: toGuestDto(booking, email), guestToken, occurrences: null };
}
