import type { BookingRow } from "../repositories/BookingRepository.ts";
import type { GuestTokens } from "./guest-tokens.ts";

/** Who asks: a signed-in user, or a guest with the secret of their booking. */
export type Viewer = { userId: number } | { guestToken: string };

/** What a viewer is to a booking. */
export type Role = { role: "host" } | { role: "guest"; guest: BookingRow["attendees"][number] };

/** What the viewer is to the booking; null when nothing, and then it does not exist for them (invariant 14). */
export function roleOf(booking: BookingRow, viewer: Viewer, tokens: GuestTokens): Role | null {
  if ("userId" in viewer) return viewer.userId === booking.hostId ? { role: "host" } : null;
  const guest = booking.attendees.find(({ email }) =>
    tokens.matches(viewer.guestToken, { uid: booking.uid, email }),
  );
  return guest ? { role: "guest", guest } : null;
}

/** The guest of a booking with this address. */
export function findActingGuest(
  booking: BookingRow,
  email: string,
): BookingRow["attendees"][number] | undefined {
  return booking.attendees.find((attendee) => attendee.email.toLowerCase() === email.toLowerCase());
}
