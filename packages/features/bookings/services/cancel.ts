import { type BookingMail, queueBookingMails } from "@calsync/notifications";
import { bookingEnded, unknownBooking } from "../errors.ts";
import {
  type BookingRow,
  cancel as cancelBooking,
  findById,
  giveSeatBack,
  lockByUid,
} from "../repositories/BookingRepository.ts";
import { inTransaction } from "../repositories/transaction.ts";
import { cancelOccurrences, type SeriesScope } from "./cancel-series.ts";
import type { BookingDependencies } from "./dependencies.ts";
import type { Acted } from "./reschedule.ts";
import { type Role, roleOf, type Viewer } from "./viewer.ts";

/** Cancels a booking, or a guest's seat in a shared one. See `BookingService.cancel`. */
export async function cancel(
  deps: BookingDependencies,
  uid: string,
  reason: string | null,
  viewer: Viewer,
  scope: SeriesScope | "one" = "one",
): Promise<Acted> {
  const now = deps.now();
  const acted = await inTransaction(deps.prisma, async (tx): Promise<Acted & { changed: boolean }> => {
    const current = await lockByUid(tx, uid);
    const role = current && roleOf(current, viewer, deps.guestTokens);
    if (!current || !role) throw unknownBooking();
    // Cancelling twice is what people do who did not see an answer.
    if (isOver(current, role)) return { booking: current, role, changed: false };
    if (current.endTime <= now) throw bookingEnded();
    const { recurringGroup } = current;
    // Somebody who only takes back their own coming does so date by date.
    if (scope !== "one" && recurringGroup !== null && (role.role === "host" || role.guest.seat)) {
      await cancelOccurrences(deps, tx, { ...current, recurringGroup }, { scope, reason, role, now });
      return { booking: await findById(tx, current.id), role, changed: true };
    }
    // Somebody whom the host has invited to another's appointment takes back their own coming alone.
    const leaves = role.role === "guest" && (current.seats > 1 || !role.guest.seat);
    if (leaves) await giveSeatBack(tx, current, role.guest, now);
    else await cancelBooking(tx, current, reason, now);
    const booking = await findById(tx, current.id);
    const mail: BookingMail = {
      bookingId: booking.id,
      kind: "cancelled",
      sequence: booking.sequence,
      actor: { by: role.role, name: role.role === "guest" ? role.guest.name : null, via: null },
      ...(leaves ? { guests: [role.guest.email], ...(reason ? { noteToHost: reason } : {}) } : {}),
    };
    await queueBookingMails(tx, [mail], { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) });
    await deps.sync.bookingsChanged(tx, [
      {
        bookingId: booking.id,
        hostId: booking.hostId,
        reason: leaves ? "seat-given-up-by-guest" : `cancelled-by-${role.role}`,
        before: leaves ? { attendees: [role.guest.email] } : { status: current.status },
        after: leaves ? null : { status: booking.status },
      },
    ]);
    return { booking, role, changed: true };
  });
  const { booking, role, changed } = acted;
  if (changed) deps.log.info({ bookingId: booking.id, by: role.role }, "cancelled");
  return { booking, role };
}

function isOver({ status }: BookingRow, role: Role): boolean {
  return status === "CANCELLED" || status === "REJECTED" || (role.role === "guest" && !role.guest.expected);
}
