import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import type { BookingChange, BookingSync } from "../ports/BookingSync.ts";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { ChangeRecordRepository, NewChangeRecord } from "../repositories/ChangeRecordRepository.ts";
import type { ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import type { SeriesReferenceRepository } from "../repositories/SeriesReferenceRepository.ts";

/** Carries what happened to bookings in the app to their calendars: record, references, wishes for pushes, jobs. */
export class BookingReferences implements BookingSync {
  readonly #calendars: CalendarSyncRepository;
  readonly #references: ReferenceRepository;
  readonly #seriesReferences: SeriesReferenceRepository;
  readonly #records: ChangeRecordRepository;
  readonly #now: () => Date;

  constructor(
    calendars: CalendarSyncRepository,
    references: ReferenceRepository,
    seriesReferences: SeriesReferenceRepository,
    records: ChangeRecordRepository,
    now: () => Date,
  ) {
    this.#calendars = calendars;
    this.#references = references;
    this.#seriesReferences = seriesReferences;
    this.#records = records;
    this.#now = now;
  }

  async bookingsChanged(tx: PrismaTransaction, changes: readonly BookingChange[]): Promise<void> {
    await this.#records.append(tx, changes.map(toRecord), this.#now());
    const chosen = changes.flatMap(({ bookingId, calendarSyncIds }) =>
      calendarSyncIds ? [{ bookingId, calendarSyncIds }] : [],
    );
    await this.#references.placeInCalendars(tx, chosen, this.#now());
    await this.pushEverywhere(
      tx,
      changes.map(({ bookingId }) => bookingId),
      [...new Set(changes.flatMap(({ seriesIds }) => seriesIds ?? []))],
    );
  }

  /**
   * A host has chosen where bookings are written: those to come that stand in no calendar yet are written there. Bookings
   * that stand in another calendar stay in step with that one.
   */
  async destinationChosen(tx: PrismaTransaction, hostId: number): Promise<void> {
    const bookingIds = await this.#references.findUnreferencedBookings(tx, hostId, this.#now());
    if (bookingIds.length > 0) await this.pushEverywhere(tx, bookingIds, null);
  }

  /**
   * Makes the references that bookings lack and has every calendar made equal to them.
   * @param seriesIds series whose recurring events are to be written too; null: those of the bookings, whichever they are
   */
  async pushEverywhere(
    tx: PrismaTransaction,
    bookingIds: readonly number[],
    seriesIds: readonly string[] | null = [],
  ): Promise<void> {
    // A destination that no cron tick has seen yet gets its CalendarSync with its first booking.
    const unlinked = await this.#calendars.findUnlinkedDestinations(tx, bookingIds);
    if (unlinked.length > 0) {
      const made = await this.#calendars.ensure(tx, unlinked, this.#now());
      await this.#calendars.linkTargets(
        tx,
        made.map(({ id }) => id),
      );
    }
    await this.#references.ensureForBookings(tx, bookingIds);
    const tied =
      seriesIds?.length === 0 ? [] : await this.#seriesReferences.tie(tx, bookingIds, seriesIds ?? []);
    const ofSeries = await this.#seriesReferences.requestPushes(
      tx,
      seriesIds ?? tied.map(({ seriesId }) => seriesId),
    );
    const ofBookings = await this.#references.requestPushes(tx, { bookingIds });
    const calendars = [...new Set([...ofBookings, ...ofSeries])];
    await enqueueMany(
      tx,
      calendars.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
    );
  }
}

function toRecord({ bookingId, hostId, reason, before, after }: BookingChange): NewChangeRecord {
  return {
    userId: hostId,
    bookingId,
    calendarSyncId: null,
    referenceId: null,
    externalEventId: null,
    source: "APP",
    result: "APPLIED",
    action: reason.split("-by-")[0] ?? reason,
    reason,
    before,
    after,
    providerVersion: null,
    actionId: null,
  };
}
