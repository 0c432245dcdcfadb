import { cutAfter, describeSlots, shiftSlots, slotsOf, timeAt } from "@calsync/icalendar";
import { AppError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";
import type { AppReason } from "../engine/reasons.ts";
import type { LocalSeries, SeriesStore } from "../ports/BookingStore.ts";
import type { BookingSync } from "../ports/BookingSync.ts";
import { hasEnded } from "./MemoryBookings.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import type { BookingRecord } from "./memory-tables.ts";

/** The series of a product's own bookings, as small as they can be: a store for the engine, and what people do in the product. */
export class MemorySeries implements Twin<SeriesStore> {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  load: Twin<SeriesStore>["load"] = (_tx, ids) => ids.flatMap((id) => this.#db.tables.series.get(id) ?? []);

  change: Twin<SeriesStore>["change"] = (_tx, changes) => {
    const { series, bookings } = this.#db.tables;
    for (const { seriesId, splitFrom, set, changedAt, slots, leaving } of changes) {
      const origin = series.get(splitFrom ?? seriesId);
      if (!origin) continue;
      const fields = Object.keys(set).map((field) => (field === "recurrence" ? "time" : field));
      const times = changedAt === null ? [] : fields.map((field) => [field, changedAt] as const);
      if (splitFrom || fields.length > 0) {
        series.set(seriesId, {
          ...origin,
          ...(splitFrom
            ? { active: true, iCalUid: `${seriesId}@product.test`, createdAt: this.#db.now().toISOString() }
            : {}),
          ...set,
          seriesId,
          changedAt: { ...origin.changedAt, ...Object.fromEntries(times) },
          sequence: origin.sequence + 1,
        });
      }
      for (const { bookingId, originalStart } of slots) {
        const booking = bookings.get(bookingId);
        if (booking) bookings.set(bookingId, { ...booking, series: { id: seriesId, originalStart } });
      }
      for (const bookingId of leaving) {
        const booking = bookings.get(bookingId);
        if (booking) bookings.set(bookingId, { ...booking, series: null });
      }
    }
  };

  /** A guest books so many weeks. @returns the bookings in order */
  async book(sync: BookingSync, hostId: number, time: EventTime, count: number): Promise<number[]> {
    const seriesId = this.#db.nextUuid();
    const createdAt = this.#db.now().toISOString();
    const fields = { title: "Lesson", description: "", location: "" };
    const recurrence = [`RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=${count}`];
    const guest = { email: "ann@guest.test", name: "ann", response: "accepted" as const, optional: false };
    const made = slotsOf({ time, recurrence }).slots.map((slot): BookingRecord => {
      const id = this.#db.nextNumber();
      return {
        id,
        uid: `uid-${id}`,
        hostId,
        active: true,
        snapshot: { ...fields, time: timeAt(time, slot), attendees: [guest] },
        changedAt: {},
        createdAt,
        sequence: 1,
        series: { id: seriesId, originalStart: slot },
      };
    });
    const series: LocalSeries = {
      seriesId,
      hostId,
      active: true,
      ...fields,
      time,
      recurrence,
      changedAt: {},
      createdAt,
      iCalUid: `${seriesId}@product.test`,
      sequence: 1,
    };
    await this.#commit(sync, "booked-by-guest", made, () => {
      this.#db.tables.series.set(seriesId, series);
      return [seriesId];
    });
    return made.map(({ id }) => id);
  }

  /** It and all later ones are off. @throws AppError when there is nothing to cancel */
  async cancelFollowing(sync: BookingSync, bookingId: number): Promise<void> {
    const { all, series, slot } = this.#standing(bookingId);
    const status = this.#db.now().toISOString();
    const leaving = all.filter(
      (one) => one.active && !hasEnded(one, this.#db.now()) && (one.series?.originalStart ?? "") >= slot,
    );
    if (!leaving.some(({ id }) => id === bookingId))
      throw new AppError("conflict", "booking_closed", "The booking is cancelled or over.");
    const first = leaving[0]?.series?.originalStart ?? "";
    const last = all.filter((one) => (one.series?.originalStart ?? "") < first).at(-1)?.series?.originalStart;
    const next = leaving.map((one) => ({
      ...one,
      active: false,
      changedAt: { ...one.changedAt, status },
      sequence: one.sequence + 1,
    }));
    await this.#commit(sync, "cancelled-by-host", next, (tx) => {
      const set = last ? { recurrence: cutAfter(series, last) } : { active: false };
      this.change(
        tx,
        [{ seriesId: series.seriesId, set, changedAt: status, slots: [], leaving: [] }],
        this.#db.now(),
      );
      return [series.seriesId];
    });
  }

  /** All of them move by as many hours, while none is over. @throws AppError when that is not so */
  async moveAll(sync: BookingSync, bookingId: number, hours: number): Promise<void> {
    const { all, series } = this.#standing(bookingId);
    if (all.some((one) => hasEnded(one, this.#db.now())))
      throw new AppError("conflict", "booking_closed", "Some are over.");
    const changedAt = this.#db.now().toISOString();
    const start = new Date(Date.parse(series.time.start) + hours * 3_600_000).toISOString();
    const time = timeAt(series.time, start);
    const slots = shiftSlots(
      all.map((one) => one.series?.originalStart ?? ""),
      series.time,
      time,
    );
    const places = all.map(({ id }, index) => ({ bookingId: id, originalStart: slots[index] ?? "" }));
    const next = all.flatMap((one, index): BookingRecord[] => {
      const own = one.series?.originalStart ?? "";
      const stands = one.active && one.snapshot.time.start === timeAt(series.time, own).start;
      if (!stands) return [];
      const at = timeAt(one.snapshot.time, slots[index] ?? own);
      return [
        {
          ...one,
          snapshot: { ...one.snapshot, time: at },
          changedAt: { ...one.changedAt, time: changedAt },
          sequence: one.sequence + 1,
        },
      ];
    });
    await this.#commit(sync, "rescheduled-by-host", next, (tx) => {
      const set = {
        time: timeAt(series.time, slots[0] ?? start),
        recurrence: describeSlots(time, slots, series.recurrence),
      };
      this.change(
        tx,
        [{ seriesId: series.seriesId, set, changedAt, slots: places, leaving: [] }],
        this.#db.now(),
      );
      return [series.seriesId];
    });
  }

  #standing(bookingId: number): { all: BookingRecord[]; series: LocalSeries; slot: string } {
    const { bookings, series } = this.#db.tables;
    const place = bookings.get(bookingId)?.series;
    const own = place && series.get(place.id);
    if (!place || !own) throw new AppError("conflict", "booking_closed", "It is in no series any more.");
    const all = [...bookings.values()]
      .filter((one) => one.series?.id === place.id)
      .sort((a, b) => ((a.series?.originalStart ?? "") < (b.series?.originalStart ?? "") ? -1 : 1));
    if (!all.some((one) => one.active && !hasEnded(one, this.#db.now())))
      throw new AppError("conflict", "booking_closed", "None of it is still to come.");
    return { all, series: own, slot: place.originalStart };
  }

  async #commit(
    sync: BookingSync,
    reason: AppReason,
    next: readonly BookingRecord[],
    also: (tx: PrismaTransaction) => string[],
  ): Promise<void> {
    await this.#db.prisma.$transaction(async (tx: PrismaTransaction) => {
      const { bookings } = this.#db.tables;
      const before = new Map(next.map(({ id }) => [id, bookings.get(id)?.snapshot ?? null]));
      for (const one of next) bookings.set(one.id, one);
      const seriesIds = also(tx);
      await sync.bookingsChanged(
        tx,
        next.map(({ id, hostId, snapshot }) => ({
          bookingId: id,
          hostId,
          reason,
          before: before.get(id) ?? null,
          after: snapshot,
          seriesIds,
        })),
      );
    });
  }
}
