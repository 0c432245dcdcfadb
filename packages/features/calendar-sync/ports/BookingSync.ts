import type { PrismaTransaction } from "@calsync/prisma";

/** What a booking store tells sync, in the transaction of its own change. */
export interface BookingSync {
  /**
   * Bookings were made, changed or cancelled in the app: makes references in their destination calendars and enqueues
   * a push for each reference. A fixed number of statements for any number of bookings.
   */
  bookingsChanged(tx: PrismaTransaction, bookingIds: readonly number[]): Promise<void>;
}
