import { randomUUID } from "node:crypto";
import type { SeriesChange } from "@calsync/calendar-sync";
import { cutAfter } from "@calsync/icalendar";
import { type BookingMail, queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import { slotTaken } from "../errors.ts";
import { type BookingRow, findById, findOccupied } from "../repositories/BookingRepository.ts";
import { findOccurrences, lockOccurrences, moveMany } from "../repositories/SeriesRepository.ts";
import { findManySeries, raiseNextOfSeries } from "../repositories/SeriesStoreRepository.ts";
import type { SeriesScope } from "./cancel-series.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { toEventTime } from "./event-time.ts";
import { movingOf, type OfferQuery } from "./offered.ts";
import { occurrencesTaken, requireAllOffered } from "./offered-series.ts";
import { placeAt, targetOf } from "./reschedule-place.ts";
import { planSeriesMove, type SeriesMove } from "./series-move.ts";
import { seriesStore } from "./series-store.ts";
import type { Role } from "./viewer.ts";

/** An occurrence of a series. */
export type Occurrence = BookingRow & { recurringGroup: string };

/** How a move of several occurrences would go as things are now, without a lock. */
export async function findSeriesMove(
  { prisma, now }: Pick<BookingDependencies, "prisma" | "now">,
  booking: Occurrence,
  scope: SeriesScope,
): Promise<SeriesMove> {
  const [series] = await findManySeries(prisma, [booking.recurringGroup]);
  if (!series) throw new Error("an occurrence has a series");
  return planSeriesMove(series, await findOccurrences(prisma, booking.recurringGroup), booking, scope, now());
}

/** The occurrences that move, for looking for slots: none of their own times counts as taken. */
export function movingTogether(
  booking: BookingRow,
  { moving }: SeriesMove,
): NonNullable<OfferQuery["moving"]> {
  return {
    ...movingOf(booking),
    alsoMoving: moving
      .filter(({ id }) => id !== booking.id)
      .map(({ id, startTime, endTime }) => ({ bookingId: id, start: startTime, end: endTime })),
  };
}

/**
 * Guests choose among starts at which every occurrence is offered, hosts among those at which every one is free.
 * @throws conflict `occurrences_taken` with those that do not fit; as moving a single booking
 */
export async function requireAllFit(
  deps: BookingDependencies,
  booking: Occurrence,
  { scope, role, newStart, now }: { scope: SeriesScope; role: Role["role"]; newStart: Date; now: Date },
): Promise<void> {
  const move = await findSeriesMove(deps, booking, scope);
  const starts = move.startsFrom(newStart);
  if (role === "guest") {
    const target = await targetOf(deps, booking);
    return requireAllOffered(deps, { target, starts, now, moving: movingTogether(booking, move) });
  }
  const places = move.moving.map((one, index) => placeAt(one, starts[index] ?? newStart));
  const reach = {
    start: new Date(Math.min(...places.map(({ occupied }) => occupied.start.getTime()))),
    end: new Date(Math.max(...places.map(({ occupied }) => occupied.end.getTime()))),
  };
  const ids = new Set(move.moving.map(({ id }) => id));
  const [taken, { intervals }] = await Promise.all([
    findOccupied(deps.prisma, booking.hostId, reach),
    deps.busy(
      booking.hostId,
      reach,
      move.moving.map(({ startTime, endTime }) => ({ start: startTime, end: endTime })),
    ),
  ]);
  const others = taken.filter(({ id }) => !ids.has(id));
  const gone = starts.filter((_start, index) => {
    const place = places[index];
    if (!place) return false;
    const { time, occupied } = place;
    return (
      others.some((other) => other.occupiedStart < occupied.end && other.occupiedEnd > occupied.start) ||
      intervals.some((one) => one.start < time.end && one.end > time.start)
    );
  });
  if (gone.length > 0) throw occurrencesTaken(starts, new Map(gone.map((start) => [start, "is taken"])));
}

/**
 * Moves an occurrence and others of its series. From its first occurrence on, the series gets a new rule; from a later one on,
 * it is cut in two, and the later part is a series of its own. One mail to each person about the dates that move (and one
 * about the series that ends earlier, whose invitation they hold), one or two writes to each calendar.
 * @returns the chosen occurrence as it is then
 */
export async function moveOccurrences(
  deps: BookingDependencies,
  tx: PrismaTransaction,
  current: Occurrence,
  { scope, role, newStart, now }: { scope: SeriesScope; role: Role; newStart: Date; now: Date },
): Promise<BookingRow> {
  const seriesId = current.recurringGroup;
  const [series] = await findManySeries(tx, [seriesId], { lock: true });
  if (!series) throw slotTaken();
  const move = planSeriesMove(series, await lockOccurrences(tx, seriesId), current, scope, now);
  const starts = move.startsFrom(newStart);
  const moves = move.moving.map((one, index) => ({ one, ...placeAt(one, starts[index] ?? newStart) }));
  await moveMany(
    tx,
    current.hostId,
    moves.map(({ one: { id, status }, time, occupied }) => ({ id, status, time, occupied })),
    now,
  );
  const { slots, ...rule } = move.ruleFrom(newStart);
  const places = move.scoped.map(({ id }, index) => ({ bookingId: id, originalStart: slots[index] ?? "" }));
  const last = move.before.at(-1)?.originalStart ?? null;
  const later = last === null ? seriesId : randomUUID();
  const common = { changedAt: now.toISOString(), leaving: [] };
  const changes: SeriesChange[] =
    last === null
      ? [{ ...common, seriesId, set: rule, slots: places }]
      : [
          {
            ...common,
            seriesId,
            set: { recurrence: cutAfter({ time: toEventTime(series), recurrence: series.recurrence }, last) },
            slots: [],
          },
          { ...common, seriesId: later, splitFrom: seriesId, set: rule, slots: places },
        ];
  await seriesStore.change(tx, changes, now);
  const actor = { by: role.role, name: role.role === "guest" ? role.guest.name : null, via: null };
  const remaining = later === seriesId ? [] : await raiseNextOfSeries(tx, [seriesId], now);
  const mails: BookingMail[] = move.moving.map((one) => ({
    bookingId: one.id,
    kind: "rescheduled",
    sequence: one.sequence + 1,
    seriesId: later,
    actor,
    previousTime: { start: one.startTime.toISOString(), end: one.endTime.toISOString() },
  }));
  mails.push(...remaining.map((one) => ({ ...one, kind: "changed" as const, actor })));
  await queueBookingMails(tx, mails, { now, ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) });
  await deps.sync.bookingsChanged(
    tx,
    moves.map(({ one, time }) => ({
      bookingId: one.id,
      hostId: one.hostId,
      reason: `rescheduled-by-${role.role}`,
      before: { time: toEventTime(one) },
      after: { time: toEventTime({ ...one, startTime: time.start, endTime: time.end }) },
      seriesIds: [...new Set([seriesId, later])],
    })),
  );
  return findById(tx, current.id);
}
