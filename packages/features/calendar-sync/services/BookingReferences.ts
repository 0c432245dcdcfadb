import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { BookingSync } from "../ports/BookingSync.ts";
import type { ReferenceRepository } from "../repositories/ReferenceRepository.ts";

/** Carries what happened to bookings in the app to their calendars: references, wishes for pushes, jobs. */
export class BookingReferences implements BookingSync {
  readonly #references: ReferenceRepository;
  constructor(references: ReferenceRepository) {
    this.#references = references;
  }

  async bookingsChanged(tx: PrismaTransaction, bookingIds: readonly number[]): Promise<void> {
    await this.#references.ensureForBookings(tx, bookingIds);
    const calendars = await this.#references.requestPushes(tx, { bookingIds });
    await enqueueMany(
      tx,
      calendars.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
    );
  }
}
