import type { PrismaTransaction } from "@calsync/prisma";
import type { AppReason } from "../engine/reasons.ts";

/** One change of a booking that a person made in the app. */
export interface BookingChange {
  bookingId: number;
  hostId: number;
  reason: AppReason;
  /** What the change concerns, before and after; JSON, for people to compare. Null for what was not there. */
  before: unknown;
  after: unknown;
  /**
   * The host's calendars that it is to stand in from now on, and no others; those of the destinations, for good, when left out.
   */
  calendarSyncIds?: readonly string[];
  /** Series that changed as a whole with the booking: their recurring events are to be written. */
  seriesIds?: readonly string[];
}

/** What a booking store tells sync, in the transaction of its own change. */
export interface BookingSync {
  /**
   * Bookings were made, changed or cancelled in the app: records it, makes references in their destination calendars and
   * enqueues pushes. A fixed number of statements for any number of bookings. Call it last in the transaction.
   */
  bookingsChanged(tx: PrismaTransaction, changes: readonly BookingChange[]): Promise<void>;
}
