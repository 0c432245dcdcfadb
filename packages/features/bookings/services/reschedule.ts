import { queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import {
  bookingEnded,
  calendarUnreadable,
  conflict,
  forbidden,
  invalid,
  slotTaken,
  unknownBooking,
} from "../errors.ts";
import {
  type BookingRow,
  findById,
  findByUid,
  findOccupied,
  lockByUid,
  move,
} from "../repositories/BookingRepository.ts";
import { inTransaction, isTimeTaken } from "../repositories/transaction.ts";
import type { SeriesScope } from "./cancel-series.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { findOffered, isOfferedWhenFree, movingOf, oneStart } from "./offered.ts";
import { placeAt, targetOf } from "./reschedule-place.ts";
import { moveOccurrences, type Occurrence, requireAllFit } from "./reschedule-series.ts";
import { type Role, roleOf, type Viewer } from "./viewer.ts";

/** A booking and what the one who asked is to it. */
export interface Acted {
  booking: BookingRow;
  role: Role;
}

/** Moves a booking, or several occurrences of its series; lengths, ids and uids stay. See `BookingService.reschedule`. */
export async function reschedule(
  deps: BookingDependencies,
  uid: string,
  newStart: Date,
  viewer: Viewer,
  scope: SeriesScope | "one" = "one",
): Promise<Acted> {
  const now = deps.now();
  const seen = await findByUid(deps.prisma, uid);
  const role = seen && roleOf(seen, viewer, deps.guestTokens);
  if (!seen || !role) throw unknownBooking();
  requireMovable(seen, role, now);
  if (isThere(seen, newStart, scope)) return { booking: seen, role };
  if (newStart <= now)
    throw invalid("time_in_past", "The new time lies in the past.", "Choose a time to come.");
  if (scope !== "one" && isOccurrence(seen))
    await requireAllFit(deps, seen, { scope, role: role.role, newStart, now });
  else if (role.role === "guest") await requireOffered(deps, seen, newStart, now);
  else if (seen.kind === "BOOKING") await requireNotBusy(deps, seen, newStart);
  try {
    const booking = await inTransaction(deps.prisma, async (tx) => {
      const current = await lockByUid(tx, uid);
      // Read again: it may have been moved, cancelled or taken from this guest meanwhile.
      const currentRole = current && roleOf(current, viewer, deps.guestTokens);
      if (!current || !currentRole) throw unknownBooking();
      requireMovable(current, currentRole, now);
      if (isThere(current, newStart, scope)) return current;
      return scope !== "one" && isOccurrence(current)
        ? moveOccurrences(deps, tx, current, { scope, role: currentRole, newStart, now })
        : moveTo(deps, tx, current, currentRole, newStart, now);
    });
    deps.log.info({ bookingId: booking.id, by: role.role }, "rescheduled");
    return { booking, role };
  } catch (error) {
    if (isTimeTaken(error)) throw slotTaken(error);
    throw error;
  }
}

/** Whether there is nothing to move. Others of its series may follow one that was moved alone to where it is. */
function isThere({ startTime, originalStart }: BookingRow, start: Date, scope: SeriesScope | "one"): boolean {
  const at = start.getTime();
  return (
    startTime.getTime() === at &&
    (scope === "one" || originalStart === null || Date.parse(originalStart) === at)
  );
}

function isOccurrence(booking: BookingRow): booking is Occurrence {
  return booking.recurringGroup !== null;
}

function requireMovable(booking: BookingRow, role: Role, now: Date): void {
  if (booking.status !== "ACCEPTED" && booking.status !== "PENDING") {
    throw conflict("booking_cancelled", "A cancelled booking cannot be moved.", "Book a new time.");
  }
  if (booking.endTime <= now) throw bookingEnded();
  if (role.role === "host") return;
  if (!role.guest.expected) {
    throw conflict("booking_cancelled", "You are no longer expected at this time.", "Book a new time.");
  }
  if (!role.guest.seat) {
    throw forbidden(
      "not_your_booking",
      "The host has invited you to somebody else's appointment, so it cannot be moved by you.",
      "Ask the host to move it.",
    );
  }
  if (booking.seats > 1) {
    throw forbidden(
      "shared_booking",
      "Other guests take part at this time, so it cannot be moved by one of them.",
      "Cancel your seat and book another time.",
    );
  }
}

/** Guests choose among what is offered; the booking's own time does not stand in its own way. */
async function requireOffered(
  deps: BookingDependencies,
  booking: BookingRow,
  start: Date,
  now: Date,
): Promise<void> {
  const target = await targetOf(deps, booking);
  const moving = movingOf(booking);
  const { slots, schedule, closed } = await findOffered(deps.prisma, deps.busy, {
    target,
    range: oneStart(start),
    now,
    moving,
  });
  if (slots.length > 0) return;
  if (closed) throw calendarUnreadable();
  if (isOfferedWhenFree({ target: { ...target, schedule }, start, now, moving })) throw slotTaken();
  throw invalid(
    "slot_not_offered",
    "This time is not offered.",
    "Ask GET /v1/slots for times that can be booked.",
  );
}

/** Hosts may choose any time that is free, within their hours or not. */
async function requireNotBusy(deps: BookingDependencies, booking: BookingRow, start: Date): Promise<void> {
  const { time, occupied } = placeAt(booking, start);
  const [taken, { intervals }] = await Promise.all([
    findOccupied(deps.prisma, booking.hostId, occupied),
    deps.busy(booking.hostId, time, [{ start: booking.startTime, end: booking.endTime }]),
  ]);
  const others = taken.filter(({ id }) => id !== booking.id);
  const clash =
    others.some((other) => other.occupiedStart < occupied.end && other.occupiedEnd > occupied.start) ||
    intervals.some((busy) => busy.start < time.end && busy.end > time.start);
  if (clash) throw slotTaken();
}

async function moveTo(
  deps: BookingDependencies,
  tx: PrismaTransaction,
  current: BookingRow,
  role: Role,
  start: Date,
  now: Date,
): Promise<BookingRow> {
  await move(tx, current, placeAt(current, start), now);
  const booking = await findById(tx, current.id);
  await queueBookingMails(
    tx,
    [
      {
        bookingId: booking.id,
        kind: "rescheduled",
        sequence: booking.sequence,
        actor: { by: role.role, name: role.role === "guest" ? role.guest.name : null, via: null },
        previousTime: { start: current.startTime.toISOString(), end: current.endTime.toISOString() },
      },
    ],
    { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) },
  );
  await deps.sync.bookingsChanged(tx, [
    {
      bookingId: booking.id,
      hostId: booking.hostId,
      reason: `rescheduled-by-${role.role}`,
      before: { time: toEventTime(current) },
      after: { time: toEventTime(booking) },
    },
  ]);
  return booking;
}
