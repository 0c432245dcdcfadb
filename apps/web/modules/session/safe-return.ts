import { z } from "zod";

const ORIGIN = "https://app.invalid";

/**
 * The page to go to after signing in, as an address brought it: a path of this app, and nothing that a browser would read as
 * another site (`//evil.example`, `/\evil.example`, a scheme). Everything else becomes the list of bookings.
 */
export const returnToSchema = z
  .string()
  .max(500)
  .refine(
    (path) => /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) && new URL(path, ORIGIN).origin === ORIGIN,
  )
  .refine((path) => path !== "/login" && !path.startsWith("/login?"))
  .catch("/bookings");

/** Whether the page to go to is a booking's: guests come there too, with a link of their own. */
export function isBooking(returnTo: string): boolean {
  return returnTo.startsWith("/booking/");
}
