import { AppError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { EventTime } from "@calsync/types";
import type { AppReason } from "../engine/reasons.ts";
import { differingFields, type EventSnapshot } from "../engine/snapshot.ts";
import type { BookingAction, BookingActionOutcome, BookingStore, LocalItem } from "../ports/BookingStore.ts";
import type { BookingSync } from "../ports/BookingSync.ts";
import type { MemoryDatabase, Twin } from "./MemoryDatabase.ts";
import type { BookingRecord } from "./memory-tables.ts";

/**
 * A product's own bookings, as small as they can be: a store for the engine, and what guests and hosts do in the product.
 * Each change that people hear of leaves a notice.
 */
export class MemoryBookings implements Twin<BookingStore> {
  readonly #db: MemoryDatabase;
  constructor(db: MemoryDatabase) {
    this.#db = db;
  }

  loadItems: Twin<BookingStore>["loadItems"] = (_tx, ids) =>
    ids.flatMap((id) => {
      const booking = this.#db.tables.bookings.get(id);
      return booking ? [toItem(booking)] : [];
    });

  applyActions: Twin<BookingStore>["applyActions"] = (_tx, actions, now) => {
    const told = new Set<number>();
    const outcomes = actions.map((action) => {
      const outcome = this.#apply(action, now);
      if (outcome.applied) told.add(action.bookingId);
      return outcome;
    });
    for (const id of told) this.#tell(id);
    return outcomes;
  };

  /** A guest books. */
  async book(sync: BookingSync, hostId: number, time: EventTime, guest: string): Promise<number> {
    const id = this.#db.nextNumber();
    const snapshot: EventSnapshot = {
      time,
      title: `Meeting with ${guest}`,
      description: "",
      location: "",
      attendees: [{ email: `${guest}@guest.test`, name: guest, response: "accepted", optional: false }],
    };
    await this.#change(sync, "booked-by-guest", {
      id,
      uid: `uid-${id}`,
      hostId,
      active: true,
      snapshot,
      changedAt: {},
      createdAt: this.#db.now().toISOString(),
      sequence: 0,
    });
    return id;
  }

  /** @throws AppError when the booking is cancelled or over, as the product does. */
  async reschedule(sync: BookingSync, id: number, time: EventTime, by: "host" | "guest"): Promise<void> {
    const booking = this.#standing(id);
    // Nothing that people would have to hear of.
    if (booking.snapshot.time.start === time.start && booking.snapshot.time.end === time.end) return;
    await this.#change(sync, `rescheduled-by-${by}`, {
      ...booking,
      snapshot: { ...booking.snapshot, time },
      changedAt: { ...booking.changedAt, time: this.#db.now().toISOString() },
    });
  }

  /** @throws AppError when the booking is cancelled or over, as the product does. */
  async cancel(sync: BookingSync, id: number, by: "host" | "guest"): Promise<void> {
    const booking = this.#standing(id);
    await this.#change(sync, `cancelled-by-${by}`, {
      ...booking,
      active: false,
      changedAt: { ...booking.changedAt, status: this.#db.now().toISOString() },
    });
  }

  #standing(id: number): BookingRecord {
    const booking = this.#db.tables.bookings.get(id);
    if (!booking?.active || hasEnded(booking, this.#db.now()))
      throw new AppError("conflict", "booking_closed", "The booking is cancelled or over.");
    return booking;
  }

  async #change(sync: BookingSync, reason: AppReason, next: BookingRecord): Promise<void> {
    await this.#db.prisma.$transaction(async (tx: PrismaTransaction) => {
      const before = this.#db.tables.bookings.get(next.id)?.snapshot ?? null;
      this.#db.tables.bookings.set(next.id, { ...next, sequence: next.sequence + 1 });
      this.#tell(next.id);
      const change = { bookingId: next.id, hostId: next.hostId, reason, before, after: next.snapshot };
      await sync.bookingsChanged(tx, [change]);
    });
  }

  #tell(bookingId: number): void {
    const booking = this.#db.tables.bookings.get(bookingId);
    if (!booking) return;
    const { active, snapshot } = booking;
    this.#db.tables.notices.set(this.#db.nextNumber(), { bookingId, active, snapshot });
  }

  #apply(action: BookingAction, now: Date): BookingActionOutcome {
    const { actionId, bookingId } = action;
    const { bookings, appliedActions } = this.#db.tables;
    const booking = bookings.get(bookingId);
    if (!booking) throw new Error(`The engine acts on booking ${bookingId}, which never was.`);
    const before = booking.snapshot;
    const refused = { actionId, bookingId, applied: false, before, after: before };
    const earlier = appliedActions.get(actionId);
    if (earlier) return { ...refused, ...earlier, refusal: "repeated" };
    if (hasEnded(booking, now)) return { ...refused, refusal: "past-booking" };
    const next = carryOut(booking, action);
    if (next === null) return { ...refused, refusal: "booking-cancelled" };
    if (next.active === booking.active && differingFields(next.snapshot, before).length === 0) return refused;
    bookings.set(bookingId, { ...next, sequence: booking.sequence + 1 });
    appliedActions.set(actionId, { before, after: next.snapshot });
    return { actionId, bookingId, applied: true, before, after: next.snapshot };
  }
}

/** The booking after an action; null when its state does not allow it. */
function carryOut(booking: BookingRecord, action: BookingAction): BookingRecord | null {
  switch (action.kind) {
    case "reschedule":
      return booking.active ? moved(booking, action.time, action.changedAt) : null;
    case "change-details": {
      if (!booking.active) return null;
      const { title, description, location } = action;
      const given = Object.entries({ title, description, location }).filter(([, text]) => text !== undefined);
      const times = given.map(([field]) => [field, action.changedAt] as const);
      return {
        ...booking,
        snapshot: { ...booking.snapshot, ...Object.fromEntries(given) },
        changedAt: { ...booking.changedAt, ...Object.fromEntries(times) },
      };
    }
    case "change-attendees":
      if (!booking.active) return null;
      return {
        ...booking,
        snapshot: { ...booking.snapshot, attendees: action.attendees },
        changedAt: { ...booking.changedAt, attendees: action.changedAt },
      };
    case "cancel":
      return booking.active ? { ...withoutStatus(booking), active: false } : null;
    case "restore": {
      const restored = { ...withoutStatus(booking), active: true };
      return action.time ? moved(restored, action.time, action.changedAt) : restored;
    }
  }
}

function moved(booking: BookingRecord, time: EventTime, changedAt: string): BookingRecord {
  return {
    ...booking,
    snapshot: { ...booking.snapshot, time },
    changedAt: { ...booking.changedAt, time: changedAt },
  };
}

/** Sync has made the last change of status: the app's own no longer counts. */
function withoutStatus(booking: BookingRecord): BookingRecord {
  const { status: _status, ...changedAt } = booking.changedAt;
  return { ...booking, changedAt };
}

function toItem(booking: BookingRecord): LocalItem {
  const { id, uid, hostId, active, snapshot, changedAt, createdAt, sequence } = booking;
  const iCalUid = iCalUidOf({ uid });
  const series = booking.series ?? null;
  return { bookingId: id, uid, hostId, active, snapshot, changedAt, createdAt, iCalUid, sequence, series };
}

/** Whether a booking is over. */
export function hasEnded({ snapshot }: Pick<BookingRecord, "snapshot">, now: Date): boolean {
  return Date.parse(snapshot.time.end) <= now.getTime();
}

/** The iCalendar UID of a booking. */
export const iCalUidOf = ({ uid }: { uid: string }): string => `${uid}@product.test`;
