import { randomUUID } from "node:crypto";
import type { CalendarSync } from "@calsync/calendar-sync";
import type { PrismaClient } from "@calsync/prisma";
import type { ConnectedHost } from "../test/support/connected-host.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The hour `index` hours after midnight in two days. */
export const hour = (index: number): Date =>
  new Date((Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS + index * HOUR_MS);

/**
 * Makes bookings of half an hour, one each hour, in one transaction with what follows for the calendars, as the bookings
 * feature does for each of them.
 * @returns their ids
 */
export async function makeBookings(
  prisma: PrismaClient,
  sync: CalendarSync,
  hosts: readonly Pick<ConnectedHost, "userId" | "eventTypeId">[],
  perHost: number,
): Promise<number[]> {
  return prisma.$transaction(async (tx) => {
    const rows = hosts.flatMap(({ userId, eventTypeId }) =>
      Array.from({ length: perHost }, (_, index) => {
        const [startTime, endTime] = [hour(index), new Date(hour(index).getTime() + HOUR_MS / 2)];
        const uid = randomUUID();
        return {
          uid,
          hostId: userId,
          eventTypeId,
          title: `Meeting between Host ${userId} and Guest ${index}`,
          description: "What we talk about, in a sentence or two, as guests write it.",
          location: "Room 5",
          startTime,
          endTime,
          occupiedStart: startTime,
          occupiedEnd: endTime,
          timeZone: "UTC",
          seatsTaken: 1,
          iCalUid: `${uid}@calsync`,
        };
      }),
    );
    const made = await tx.booking.createManyAndReturn({ data: rows, select: { id: true, hostId: true } });
    await tx.attendee.createMany({
      data: made.map(({ id }) => ({ bookingId: id, email: `guest${id}@guest.test`, name: `Guest ${id}` })),
    });
    await tell(tx, sync, made, "booked-by-guest");
    return made.map(({ id }) => id);
  });
}

/** Moves all bookings of the hosts by some minutes in one transaction. */
export async function moveBookings(
  prisma: PrismaClient,
  sync: CalendarSync,
  ids: readonly number[],
  minutes: number,
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const moved = await tx.$queryRaw<{ id: number; hostId: number }[]>`
      UPDATE "Booking" SET "startTime" = "startTime" + ${minutes} * interval '1 minute',
        "endTime" = "endTime" + ${minutes} * interval '1 minute',
        "occupiedStart" = "occupiedStart" + ${minutes} * interval '1 minute',
        "occupiedEnd" = "occupiedEnd" + ${minutes} * interval '1 minute', "sequence" = "sequence" + 1,
        "fieldChangedAt" = "fieldChangedAt" || jsonb_build_object('time', now())
      WHERE "id" = ANY(${[...ids]}::int[]) RETURNING "id", "hostId"`;
    await tell(tx, sync, moved, "rescheduled-by-host");
  });
}

/** Cancels bookings in one transaction. */
export async function cancelBookings(
  prisma: PrismaClient,
  sync: CalendarSync,
  ids: readonly number[],
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const cancelled = await tx.$queryRaw<{ id: number; hostId: number }[]>`
      UPDATE "Booking" SET "status" = 'CANCELLED', "cancelledAt" = now(), "sequence" = "sequence" + 1,
        "fieldChangedAt" = "fieldChangedAt" || jsonb_build_object('status', now())
      WHERE "id" = ANY(${[...ids]}::int[]) RETURNING "id", "hostId"`;
    await tell(tx, sync, cancelled, "cancelled-by-host");
  });
}

type BookingChange = Parameters<CalendarSync["bookingsChanged"]>[1][number];

async function tell(
  tx: Parameters<CalendarSync["bookingsChanged"]>[0],
  sync: CalendarSync,
  bookings: readonly { id: number; hostId: number }[],
  reason: BookingChange["reason"],
): Promise<void> {
  await sync.bookingsChanged(
    tx,
    bookings.map(({ id, hostId }) => ({ bookingId: id, hostId, reason, before: null, after: null })),
  );
}
