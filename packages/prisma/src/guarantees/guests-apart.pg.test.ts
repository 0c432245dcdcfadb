import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isCheckViolation, isExclusionViolation, retryOnDeadlock } from "../database-error.ts";
import type { PrismaClient } from "../generated/client.ts";
import { lockHostTime } from "../host-lock.ts";
import { createBooking, createUser } from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

let database: TestDatabase;
let prisma: PrismaClient;
beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 24 });
  prisma = database.prisma;
});
afterAll(() => database.drop());

/** A Monday; `at(9.5)` is half past nine. */
const at = (hour: number) => new Date(Date.UTC(2030, 0, 7) + hour * 3_600_000);
const slot = (from: number, to: number) => ({ startTime: at(from), endTime: at(to) });
const host = async () => (await createUser(prisma)).id;
const outcomes = (results: PromiseSettledResult<unknown>[]) => ({
  won: results.filter((result) => result.status === "fulfilled").length,
  taken: results.filter((result) => result.status === "rejected" && isExclusionViolation(result.reason))
    .length,
});

describe("two guests", () => {
  test("20 guests who take one slot at the same moment: one gets it, 19 hear that it is taken", async () => {
    const hostId = await host();
    const attempts = Array.from({ length: 20 }, () => createBooking(prisma, { hostId, ...slot(9, 10) }));

    const results = await Promise.allSettled(attempts);

    expect(outcomes(results)).toEqual({ won: 1, taken: 19 });
    expect(await prisma.booking.count({ where: { hostId } })).toBe(1);
  });

  test("slots that overlap a little collide, slots that touch do not", async () => {
    const hostId = await host();
    await createBooking(prisma, { hostId, ...slot(9, 10) });

    await createBooking(prisma, { hostId, ...slot(10, 11) });
    await createBooking(prisma, { hostId, ...slot(8, 9) });
    const error = await createBooking(prisma, { hostId, ...slot(9.75, 10) }).catch(
      (reason: unknown) => reason,
    );

    expect(isExclusionViolation(error, "Booking_guests_apart")).toBe(true);
  });

  test("buffers belong to the time that is taken", async () => {
    const hostId = await host();
    await createBooking(prisma, { hostId, ...slot(9, 10), occupiedStart: at(8.5), occupiedEnd: at(10.5) });

    const error = await createBooking(prisma, { hostId, ...slot(10.25, 11) }).catch(
      (reason: unknown) => reason,
    );

    expect(isExclusionViolation(error)).toBe(true);
    await createBooking(prisma, { hostId, ...slot(10.5, 11) });
  });

  test("two hosts do not stand in each other's way, and a cancelled booking frees its time", async () => {
    const [first, second] = [await host(), await host()];
    const booking = await createBooking(prisma, { hostId: first, ...slot(9, 10) });
    await createBooking(prisma, { hostId: second, ...slot(9, 10) });
    await prisma.booking.update({ where: { id: booking.id }, data: { status: "CANCELLED" } });

    await createBooking(prisma, { hostId: first, ...slot(9, 10) });

    const restored = prisma.booking.update({ where: { id: booking.id }, data: { status: "ACCEPTED" } });
    expect(isExclusionViolation(await restored.catch((reason: unknown) => reason))).toBe(true);
  });

  test("guests who reschedule into one slot at the same moment: one gets it, the others keep theirs", async () => {
    const hostId = await host();
    const bookings = [];
    for (let hour = 0; hour < 12; hour++) {
      bookings.push(await createBooking(prisma, { hostId, ...slot(hour, hour + 1) }));
    }
    const moved = { ...slot(20, 21), occupiedStart: at(20), occupiedEnd: at(21) };

    const results = await Promise.allSettled(
      bookings.map(({ id }) => retryOnDeadlock(() => prisma.booking.update({ where: { id }, data: moved }))),
    );

    expect(outcomes(results)).toEqual({ won: 1, taken: 11 });
    expect(await prisma.booking.count({ where: { hostId, startTime: at(20) } })).toBe(1);
  });
});

describe("a guest and the host's own doing", () => {
  test("a guest does not get a time that the host has filled", async () => {
    const hostId = await host();
    await createBooking(prisma, { hostId, ...slot(9, 10), hostPlaced: true });

    const booked = await createBooking(prisma, { hostId, ...slot(9.5, 10.5) }).catch(
      (reason: unknown) => reason,
    );
    const other = await createBooking(prisma, { hostId, ...slot(11, 12) });
    const moved = await prisma.booking
      .update({ where: { id: other.id }, data: { occupiedStart: at(9), startTime: at(9) } })
      .catch((reason: unknown) => reason);

    expect(isExclusionViolation(booked, "Booking_guest_not_over_host")).toBe(true);
    expect(isExclusionViolation(moved, "Booking_guest_not_over_host")).toBe(true);
  });

  test("the host may drag a booking onto others, and both stay editable", async () => {
    const hostId = await host();
    const guest = await createBooking(prisma, { hostId, ...slot(9, 10) });
    const dragged = await createBooking(prisma, { hostId, ...slot(14, 15) });

    await prisma.booking.update({
      where: { id: dragged.id },
      data: { ...slot(9.5, 10.5), occupiedStart: at(9.5), occupiedEnd: at(10.5), hostPlaced: true },
    });
    await createBooking(prisma, { hostId, ...slot(9, 11), hostPlaced: true, kind: "ENTRY" });

    const renamed = await prisma.booking.update({ where: { id: guest.id }, data: { title: "Renamed" } });
    expect(renamed.title).toBe("Renamed");
    expect(await prisma.booking.count({ where: { hostId, status: "ACCEPTED" } })).toBe(3);
  });

  test("a guest and the host at the same moment: whoever is second sees the first, in 40 rounds", async () => {
    const hostId = await host();
    for (let round = 0; round < 40; round++) {
      const when = { startTime: at(24 + round), endTime: at(25 + round) };
      const seenByHost: number[] = [];
      const byHost = prisma.$transaction(async (tx) => {
        const own = await createBooking(tx, { hostId, ...when, hostPlaced: true });
        const overlapping = await tx.booking.findMany({
          where: { hostId, id: { not: own.id }, startTime: when.startTime },
        });
        seenByHost.push(...overlapping.map((booking) => booking.id));
      });
      const [guest] = await Promise.allSettled([createBooking(prisma, { hostId, ...when }), byHost]);

      if (guest.status === "fulfilled") expect(seenByHost).toEqual([guest.value.id]);
      else expect(isExclusionViolation(guest.reason, "Booking_guest_not_over_host")).toBe(true);
      if (guest.status === "rejected") expect(seenByHost).toEqual([]);
    }
  });

  test("transactions that move many bookings of one host do not deadlock when they lock the host first", async () => {
    const hostId = await host();
    const bookings = [];
    for (let hour = 0; hour < 10; hour++) {
      bookings.push(await createBooking(prisma, { hostId, ...slot(hour, hour + 1), hostPlaced: true }));
    }
    const shift = (ids: number[], days: number) =>
      prisma.$transaction(async (tx) => {
        await lockHostTime(tx, hostId, hostId);
        for (const [index, id] of ids.entries()) {
          const when = { ...slot(24 * days + index, 24 * days + index + 1) };
          await tx.booking.update({
            where: { id },
            data: { ...when, occupiedStart: when.startTime, occupiedEnd: when.endTime },
          });
        }
      });
    const ids = bookings.map((booking) => booking.id);

    const results = await Promise.allSettled(
      [1, 2, 3, 4].flatMap((day) => [shift(ids, day), shift(ids.toReversed(), day + 10)]),
    );

    expect(results.filter((result) => result.status === "rejected")).toEqual([]);
  });
});

describe("seats", () => {
  test("30 guests want 5 seats of one event: 5 get one", async () => {
    const { id } = await createBooking(prisma, { ...slot(9, 10), seats: 5, seatsTaken: 0 }, { guests: [] });
    const join = (guest: number) =>
      prisma.$transaction(async (tx) => {
        await tx.booking.update({ where: { id }, data: { seatsTaken: { increment: 1 } } });
        await tx.attendee.create({ data: { bookingId: id, email: `g${guest}@calsync.test`, name: "Guest" } });
      });

    const results = await Promise.allSettled(Array.from({ length: 30 }, (_, guest) => join(guest)));

    const refused = results.filter(
      (result) => result.status === "rejected" && isCheckViolation(result.reason, "Booking_seats_check"),
    );
    expect(refused).toHaveLength(25);
    expect(await prisma.attendee.count({ where: { bookingId: id } })).toBe(5);
  });
});

describe("impossible bookings", () => {
  test.each([
    [
      "one that ends before it starts",
      { ...slot(10, 9), occupiedStart: at(8), occupiedEnd: at(11) },
      "Booking_time_check",
    ],
    [
      "one that occupies less than its time",
      { ...slot(9, 10), occupiedEnd: at(9.5) },
      "Booking_occupied_check",
    ],
    [
      "one that occupies a stretch turned round",
      { ...slot(9, 10), occupiedStart: at(12) },
      "Booking_occupied_check",
    ],
  ])("%s is refused", async (_, columns, constraint) => {
    const error = await createBooking(prisma, columns).catch((reason: unknown) => reason);
    expect(isCheckViolation(error, constraint)).toBe(true);
  });
});
