import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BookingWorld, MONDAY, makeBookingWorld, type TestHost } from "../test-support/booking-world.ts";

let world: BookingWorld;
let host: TestHost;
beforeAll(async () => {
  world = await makeBookingWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.now = MONDAY;
  world.busy = [];
  world.onSync = null;
  host = await world.makeHost();
});

const rowOf = (uid: string) => world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
const at = (time: string) => ({ start: `2026-06-02T${time}:00.000Z` });
const mailsOf = (uid: string, kind: string) =>
  world.database.prisma.outgoingMail.findMany({ where: { booking: { uid }, kind } });

describe("rescheduling", () => {
  test("keeps id, uid and iCalendar UID, raises the sequence, and tells people and calendars", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    const before = await rowOf(booking.uid);
    world.synced.length = 0;
    const moved = await world.service.reschedule(booking.uid, at("10:00"), { guestToken });
    expect(moved).toMatchObject({
      uid: booking.uid,
      start: at("10:00").start,
      end: at("10:30").start,
      sequence: 1,
    });
    const after = await rowOf(booking.uid);
    expect(after).toMatchObject({
      id: before.id,
      iCalUid: before.iCalUid,
      fieldChangedAt: { time: MONDAY.toISOString() },
    });
    expect(world.synced).toEqual([[before.id]]);
    expect(await mailsOf(booking.uid, "rescheduled")).toMatchObject([
      { sequence: 1, payload: { actor: { by: "guest", name: "Ann Guest" } } },
      { sequence: 1 },
    ]);
  });

  test("does nothing at all when the time is the same", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    world.synced.length = 0;
    const same = await world.service.reschedule(booking.uid, { start: booking.start }, { guestToken });
    expect(same.sequence).toBe(0);
    expect(world.synced).toEqual([]);
    expect(await mailsOf(booking.uid, "rescheduled")).toEqual([]);
  });

  test("lets a guest move into a time that only their own booking stands in the way of", async () => {
    const wide = await world.makeHost({ slotIntervalMinutes: 10, bufferAfterMinutes: 10 });
    const { booking, guestToken } = await world.service.book(wide.request());
    const moved = await world.service.reschedule(booking.uid, at("08:10"), { guestToken });
    expect(moved.start).toBe(at("08:10").start);
    expect((await rowOf(booking.uid)).occupiedEnd.toISOString()).toBe(at("08:50").start);
  });

  test("lets a guest choose among offered times only", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    await world.service.book(
      host.request({ start: at("09:00").start, guest: { name: "Bob", email: "bob@example.test" } }),
    );
    const code = (start: { start: string }) =>
      world.service.reschedule(booking.uid, start, { guestToken }).catch((error) => error.code);
    expect(await code(at("04:00"))).toBe("slot_not_offered");
    expect(await code(at("09:00"))).toBe("slot_taken");
    expect(await code({ start: "2026-06-01T05:00:00.000Z" })).toBe("time_in_past");
    world.busy = [{ start: new Date(at("11:00").start), end: new Date(at("12:00").start) }];
    expect(await code(at("11:30"))).toBe("slot_taken");
  });

  test("lets the host choose any free time, outside of the hours too, but none that is taken", async () => {
    const { booking } = await world.service.book(host.request());
    await world.service.book(
      host.request({ start: at("09:00").start, guest: { name: "Bob", email: "bob@example.test" } }),
    );
    const viewer = { userId: host.id };
    const moved = await world.service.reschedule(booking.uid, at("20:10"), viewer);
    expect(moved).toMatchObject({ start: at("20:10").start, overlaps: false, hostPlaced: false });
    await expect(world.service.reschedule(booking.uid, at("09:15"), viewer)).rejects.toMatchObject({
      code: "slot_taken",
    });
    world.busy = [{ start: new Date(at("21:00").start), end: new Date(at("22:00").start) }];
    await expect(world.service.reschedule(booking.uid, at("21:30"), viewer)).rejects.toMatchObject({
      code: "slot_taken",
    });
  });

  test("lets one of four bookings that race for one time have it", async () => {
    const guests = await Promise.all(
      ["08:00", "09:00", "10:00", "11:00"].map((time, index) =>
        world.service.book(
          host.request({ ...at(time), guest: { name: "G", email: `g${index}@example.test` } }),
        ),
      ),
    );
    const results = await Promise.allSettled(
      guests.map(({ booking, guestToken }) =>
        world.service.reschedule(booking.uid, at("14:00"), { guestToken }),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "slot_taken" });
    }
  });

  test("refuses what is cancelled or past", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    world.now = new Date("2026-06-02T08:30:00.000Z");
    await expect(world.service.reschedule(booking.uid, at("10:00"), { guestToken })).rejects.toMatchObject({
      code: "booking_ended",
    });
    world.now = MONDAY;
    await world.service.cancel(booking.uid, {}, { guestToken });
    await expect(world.service.reschedule(booking.uid, at("10:00"), { guestToken })).rejects.toMatchObject({
      code: "booking_cancelled",
    });
  });

  test("refuses a guest who shares the time with others", async () => {
    const shared = await world.makeHost({ seats: 2 });
    const { booking, guestToken } = await world.service.book(shared.request());
    await expect(world.service.reschedule(booking.uid, at("10:00"), { guestToken })).rejects.toMatchObject({
      kind: "forbidden",
      code: "shared_booking",
    });
  });
});

describe("cancelling", () => {
  test("by a guest frees the time, keeps the reason and tells people and calendars", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    world.synced.length = 0;
    const cancelled = await world.service.cancel(booking.uid, { reason: "I am ill" }, { guestToken });
    expect(cancelled).toMatchObject({
      status: "cancelled",
      cancellationReason: "I am ill",
      cancelledAt: MONDAY.toISOString(),
      sequence: 1,
    });
    expect(world.synced).toEqual([[(await rowOf(booking.uid)).id]]);
    expect(await mailsOf(booking.uid, "cancelled")).toHaveLength(2);
    expect((await rowOf(booking.uid)).fieldChangedAt).toEqual({ status: MONDAY.toISOString() });
    await expect(world.service.book(host.request())).resolves.toBeTruthy();
  });

  test("twice is once", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    await world.service.cancel(booking.uid, { reason: "first" }, { guestToken });
    world.synced.length = 0;
    const again = await world.service.cancel(booking.uid, { reason: "second" }, { userId: host.id });
    expect(again).toMatchObject({ cancellationReason: "first", sequence: 1 });
    expect(world.synced).toEqual([]);
  });

  test("refuses what has ended", async () => {
    const { booking } = await world.service.book(host.request());
    world.now = new Date("2026-06-02T08:30:00.000Z");
    await expect(world.service.cancel(booking.uid, {}, { userId: host.id })).rejects.toMatchObject({
      code: "booking_ended",
    });
  });

  test("by a guest of a shared appointment gives up their seat alone, which another may take", async () => {
    const shared = await world.makeHost({ seats: 2 });
    const ann = await world.service.book(shared.request());
    const bobs = shared.request({ guest: { name: "Bob", email: "bob@example.test" } });
    const bob = await world.service.book(bobs);
    const left = await world.service.cancel(ann.booking.uid, { reason: "ill" }, ann);
    expect(left.status).toBe("cancelled");
    expect((await world.service.get(ann.booking.uid, ann)).status).toBe("cancelled");
    expect((await world.service.get(bob.booking.uid, bob)).status).toBe("accepted");
    const seen = await world.service.get(ann.booking.uid, { userId: shared.id });
    expect(seen.attendees.map(({ email }) => email)).toEqual(["bob@example.test"]);
    const again = await world.service.book(shared.request());
    expect(again.booking).toMatchObject({ uid: ann.booking.uid, status: "accepted" });
    const row = await rowOf(ann.booking.uid);
    expect(row).toMatchObject({ seatsTaken: 2, sequence: 3 });
    const mails = await world.database.prisma.outgoingMail.findMany({ where: { bookingId: row.id } });
    expect(mails.filter(({ recipient }) => recipient === "ann@example.test")).toHaveLength(3);
    expect(mails.filter(({ recipient }) => recipient === "bob@example.test")).toHaveLength(1);
  });

  test("by the host cancels a shared appointment for everyone", async () => {
    const shared = await world.makeHost({ seats: 2 });
    const ann = await world.service.book(shared.request());
    await world.service.book(shared.request({ guest: { name: "Bob", email: "bob@example.test" } }));
    await world.service.cancel(ann.booking.uid, {}, { userId: shared.id });
    expect((await world.service.get(ann.booking.uid, ann)).status).toBe("cancelled");
    expect(await mailsOf(ann.booking.uid, "cancelled")).toHaveLength(3);
  });
});

describe("a booking", () => {
  test("does not exist for other users, for strangers, or under a wrong secret", async () => {
    const { booking, guestToken } = await world.service.book(host.request());
    const other = await world.makeHost();
    const others = await world.service.book(other.request());
    const { uid } = booking;
    for (const viewer of [{ userId: other.id }, { guestToken: others.guestToken }, { guestToken: "x" }]) {
      const unknown = { kind: "not-found", code: "unknown_booking" };
      await expect(world.service.get(uid, viewer)).rejects.toMatchObject(unknown);
      await expect(world.service.reschedule(uid, at("10:00"), viewer)).rejects.toMatchObject(unknown);
      await expect(world.service.cancel(uid, {}, viewer)).rejects.toMatchObject(unknown);
      expect(await world.service.maySee(uid, viewer)).toBe(false);
    }
    expect(await world.service.maySee(uid, { guestToken })).toBe(true);
    await expect(world.service.get("no-uuid", { guestToken })).rejects.toMatchObject({
      code: "unknown_booking",
    });
    expect((await rowOf(uid)).status).toBe("ACCEPTED");
  });
});
