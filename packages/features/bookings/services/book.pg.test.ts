import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BookingWorld, MONDAY, makeBookingWorld } from "../test-support/booking-world.ts";

let world: BookingWorld;
beforeAll(async () => {
  world = await makeBookingWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.now = MONDAY;
  world.busy = [];
  world.synced.length = 0;
  world.onSync = null;
});

const guest = (index: number) => ({ name: `Guest ${index}`, email: `guest${index}@example.test` });
const rowOf = (uid: string) =>
  world.database.prisma.booking.findUniqueOrThrow({
    where: { uid },
    include: { attendees: true, mails: true },
  });
const activeOf = (hostId: number) =>
  world.database.prisma.booking.findMany({
    where: { hostId, status: "ACCEPTED" },
    include: { attendees: true },
  });

describe("booking a time", () => {
  test("gives the booking and the guest's secret, queues mails and tells sync", async () => {
    const host = await world.makeHost({ description: "Get to know us." });
    const { booking, guestToken } = await world.service.book(host.request({ notes: "I have questions" }));
    expect(booking).toMatchObject({
      status: "accepted",
      title: "30 min intro between Dana Demo and Ann Guest",
      description: "Get to know us.\n\nI have questions",
      start: "2026-06-02T08:00:00.000Z",
      end: "2026-06-02T08:30:00.000Z",
      timeZone: "Europe/Berlin",
      attendees: [{ email: "ann@example.test", timeZone: "America/New_York", response: "accepted" }],
      calendars: [],
    });
    const row = await rowOf(booking.uid);
    expect(row.mails.map(({ kind, role }) => `${kind} ${role}`).sort()).toEqual([
      "booked guest",
      "booked host",
    ]);
    expect(world.synced).toEqual([[row.id]]);
    expect(await world.service.get(booking.uid, { guestToken })).toMatchObject({ uid: booking.uid });
    expect(JSON.stringify(row)).not.toContain(guestToken);
  });

  test("is all or nothing: when sync cannot take it, there is no booking and no mail", async () => {
    const host = await world.makeHost();
    world.onSync = () => {
      throw new Error("sync fails");
    };
    await expect(world.service.book(host.request())).rejects.toThrow("sync fails");
    expect(await activeOf(host.id)).toEqual([]);
    expect(await world.database.prisma.outgoingMail.count({ where: { booking: { hostId: host.id } } })).toBe(
      0,
    );
  });

  test.each([
    ["outside of the hours", "2026-06-02T04:00:00.000Z"],
    ["between two starts", "2026-06-02T08:10:00.000Z"],
    ["too soon", "2026-06-01T06:30:00.000Z"],
    ["in the past", "2026-05-29T08:00:00.000Z"],
    ["too far ahead", "2026-09-01T08:00:00.000Z"],
  ])("refuses a time %s as one that is not offered", async (_why, start) => {
    const host = await world.makeHost();
    await expect(world.service.book(host.request({ start }))).rejects.toMatchObject({
      kind: "invalid",
      code: "slot_not_offered",
    });
  });

  test("refuses a time at which a connected calendar is busy as taken", async () => {
    const host = await world.makeHost();
    world.busy = [{ start: new Date("2026-06-02T08:15:00Z"), end: new Date("2026-06-02T08:20:00Z") }];
    await expect(world.service.book(host.request())).rejects.toMatchObject({
      kind: "conflict",
      code: "slot_taken",
    });
  });

  test("refuses a time that another booking's buffer needs", async () => {
    const host = await world.makeHost({ bufferAfterMinutes: 15 });
    await world.service.book(host.request());
    const next = host.request({ start: "2026-06-02T08:30:00.000Z", guest: guest(2) });
    await expect(world.service.book(next)).rejects.toMatchObject({ code: "slot_taken" });
  });

  test("knows neither hosts nor event types that do not exist", async () => {
    const host = await world.makeHost();
    for (const address of [{ username: "nobody" }, { eventType: "nothing" }]) {
      await expect(world.service.book(host.request(address))).rejects.toMatchObject({
        kind: "not-found",
        code: "unknown_event_type",
      });
    }
  });

  test("lets exactly one of twelve simultaneous guests have a time; the others hear that it is taken", async () => {
    const host = await world.makeHost();
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => world.service.book(host.request({ guest: guest(index) }))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "slot_taken" });
    }
    expect(await activeOf(host.id)).toHaveLength(1);
    expect(world.synced).toHaveLength(1);
  });

  test("never lets two overlapping times through, whichever of them comes first", async () => {
    const host = await world.makeHost({ slotIntervalMinutes: 10, bufferBeforeMinutes: 5 });
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => {
        const start = new Date(Date.parse("2026-06-02T08:00:00Z") + index * 10 * 60_000).toISOString();
        return world.service.book(host.request({ start, guest: guest(index) }));
      }),
    );
    const won = results.filter(({ status }) => status === "fulfilled");
    expect(won.length).toBeGreaterThan(0);
    const rows = await activeOf(host.id);
    expect(rows).toHaveLength(won.length);
    for (const one of rows) {
      for (const other of rows) {
        if (one.id === other.id) continue;
        expect(one.occupiedStart < other.occupiedEnd && other.occupiedStart < one.occupiedEnd).toBe(false);
      }
    }
  });
});

describe("booking with an idempotency key", () => {
  const idempotencyKey = "0b3f8c1e-attempt";

  test("gives the first answer again, and makes one booking", async () => {
    const host = await world.makeHost();
    const first = await world.service.book(host.request(), { idempotencyKey });
    const second = await world.service.book(host.request(), { idempotencyKey });
    expect(second).toEqual(first);
    expect(await activeOf(host.id)).toHaveLength(1);
    expect(world.synced).toHaveLength(1);
  });

  test("gives one answer to the same request sent six times at once", async () => {
    const host = await world.makeHost();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => world.service.book(host.request(), { idempotencyKey })),
    );
    expect(new Set(answers.map(({ booking }) => booking.uid)).size).toBe(1);
    expect(await activeOf(host.id)).toHaveLength(1);
  });

  test("gives nobody else the answer", async () => {
    const host = await world.makeHost();
    await world.service.book(host.request(), { idempotencyKey });
    const other = host.request({ guest: guest(2) });
    await expect(world.service.book(other, { idempotencyKey })).rejects.toMatchObject({
      code: "idempotency_key_reused",
    });
    const later = host.request({ start: "2026-06-02T10:00:00.000Z" });
    await expect(world.service.book(later, { idempotencyKey })).rejects.toMatchObject({
      code: "idempotency_key_reused",
    });
  });

  test("finds the seat that the first request took in a shared appointment", async () => {
    const host = await world.makeHost({ seats: 3 });
    await world.service.book(host.request({ guest: guest(1) }));
    const first = await world.service.book(host.request(), { idempotencyKey });
    const second = await world.service.book(host.request(), { idempotencyKey });
    expect(second.guestToken).toBe(first.guestToken);
    expect((await rowOf(first.booking.uid)).seatsTaken).toBe(2);
  });
});

describe("booking a seat", () => {
  test("puts guests of one time into one appointment, each with a secret of their own", async () => {
    const host = await world.makeHost({ seats: 3 });
    const ann = await world.service.book(host.request());
    const bob = await world.service.book(host.request({ guest: { name: "Bob", email: "bob@example.test" } }));
    expect(bob.booking.uid).toBe(ann.booking.uid);
    expect(bob.guestToken).not.toBe(ann.guestToken);
    expect(bob.booking.attendees.map(({ email }) => email)).toEqual(["bob@example.test"]);
    const seen = await world.service.get(ann.booking.uid, { userId: host.id });
    expect(seen.attendees.map(({ email }) => email)).toEqual(["ann@example.test", "bob@example.test"]);
    expect(seen.sequence).toBe(1);
    const { mails } = await rowOf(ann.booking.uid);
    expect(mails.filter(({ recipient }) => recipient === "ann@example.test")).toHaveLength(1);
  });

  test("offers a time with the seats that are left until none is", async () => {
    const host = await world.makeHost({ seats: 2 });
    const seatsLeft = async () => {
      const { days } = await world.service.getSlots({
        username: host.username,
        eventType: "intro",
        from: "2026-06-02T08:00:00.000Z",
        to: "2026-06-02T08:01:00.000Z",
        timeZone: "UTC",
      });
      return days[0]?.slots[0]?.seatsLeft ?? 0;
    };
    expect(await seatsLeft()).toBe(2);
    await world.service.book(host.request({ guest: guest(1) }));
    expect(await seatsLeft()).toBe(1);
    await world.service.book(host.request({ guest: guest(2) }));
    expect(await seatsLeft()).toBe(0);
    await expect(world.service.book(host.request({ guest: guest(3) }))).rejects.toMatchObject({
      code: "slot_taken",
    });
  });

  test("gives exactly as many seats as there are to twelve simultaneous guests", async () => {
    const host = await world.makeHost({ seats: 5 });
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => world.service.book(host.request({ guest: guest(index) }))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "slot_taken" });
    }
    const rows = await activeOf(host.id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ seatsTaken: 5 });
    expect(rows[0]!.attendees).toHaveLength(5);
  });

  test("gives a second seat, and the first one's secret, to nobody who only knows the address", async () => {
    const host = await world.makeHost({ seats: 3 });
    await world.service.book(host.request());
    await expect(world.service.book(host.request())).rejects.toMatchObject({ code: "already_booked" });
  });

  test("keeps a guest's notes from the other guests", async () => {
    const host = await world.makeHost({ seats: 3 });
    await world.service.book(host.request({ notes: "I am allergic to nuts" }));
    const { booking } = await world.service.book(host.request({ guest: guest(2) }));
    expect(booking.description).toBe("");
  });
});
