import type { BookingAction } from "@calsync/calendar-sync";
import { onQuery } from "@calsync/prisma";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BookingWorld, MONDAY, makeBookingWorld, type TestHost } from "../test-support/booking-world.ts";
import { createBookingStore } from "./booking-store.ts";

const store = createBookingStore();
const origin = {
  calendarSyncId: "0197a1b2-0000-7000-8000-000000000001",
  calendarName: "Work",
  provider: "googlecalendar",
};
const changedAt = "2026-06-01T05:59:00.000Z";

let world: BookingWorld;
let host: TestHost;
let actionCount = 0;
beforeAll(async () => {
  world = await makeBookingWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.now = MONDAY;
  world.synced.length = 0;
  host = await world.makeHost({ bufferBeforeMinutes: 15, bufferAfterMinutes: 10 });
});

async function make(time = "08:00") {
  const { booking } = await world.service.book(host.request({ start: `2026-06-02T${time}:00.000Z` }));
  world.synced.length = 0;
  return rowOf(booking.uid);
}
const rowOf = (uid: string) => world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
const apply = (...actions: BookingAction[]) =>
  world.database.prisma.$transaction((tx) => store.applyActions(tx, actions, world.now));
const load = async (...ids: number[]) => world.database.prisma.$transaction((tx) => store.loadItems(tx, ids));
const base = (bookingId: number) => ({
  actionId: `action-${++actionCount}`,
  bookingId,
  changedAt,
  origin,
  reason: "remote-time-changed" as const,
});
const timeAt = (start: string, end: string) => ({
  allDay: false as const,
  start: `2026-06-02T${start}:00.000Z`,
  end: `2026-06-02T${end}:00.000Z`,
  timeZone: "Europe/Paris",
});
const mailsOf = (bookingId: number) =>
  world.database.prisma.outgoingMail.findMany({ where: { bookingId, kind: { not: "booked" } } });

describe("the booking store", () => {
  test("loads bookings as the engine compares them, and leaves unknown ids out", async () => {
    const booking = await make();
    const items = await load(booking.id, 999_999_999);
    expect(items).toEqual([
      {
        bookingId: booking.id,
        uid: booking.uid,
        hostId: host.id,
        active: true,
        snapshot: {
          time: {
            allDay: false,
            start: "2026-06-02T08:00:00.000Z",
            end: "2026-06-02T08:30:00.000Z",
            timeZone: "Europe/Berlin",
          },
          title: "30 min intro between Dana Demo and Ann Guest",
          description: "",
          location: "",
          attendees: [
            { email: "ann@example.test", name: "Ann Guest", response: "accepted", optional: false },
          ],
        },
        changedAt: {},
        createdAt: booking.createdAt.toISOString(),
        iCalUid: booking.iCalUid,
        sequence: 0,
        cancelledFor: null,
        about: { hostName: "Dana Demo", link: null, guestEmail: "ann@example.test" },
        series: null,
      },
    ]);
  });

  test("moves a booking where the host has put it: same uid, next sequence, with buffers, told to people", async () => {
    const booking = await make();
    const [outcome] = await apply({
      ...base(booking.id),
      kind: "reschedule",
      time: timeAt("20:00", "21:00"),
    });
    expect(outcome).toMatchObject({
      applied: true,
      before: { time: { start: "2026-06-02T08:00:00.000Z" } },
      after: { time: { start: "2026-06-02T20:00:00.000Z" } },
    });
    const after = await rowOf(booking.uid);
    expect(after).toMatchObject({
      id: booking.id,
      iCalUid: booking.iCalUid,
      sequence: 1,
      hostPlaced: true,
      timeZone: "Europe/Paris",
      fieldChangedAt: { time: changedAt },
    });
    expect(after.occupiedStart.toISOString()).toBe("2026-06-02T19:45:00.000Z");
    expect(after.occupiedEnd.toISOString()).toBe("2026-06-02T21:10:00.000Z");
    expect(await mailsOf(booking.id)).toMatchObject([
      { kind: "rescheduled", sequence: 1, payload: { actor: { by: "host", via: { calendarName: "Work" } } } },
      { kind: "rescheduled" },
    ]);
    expect(world.synced).toEqual([]);
  });

  test("lets the host put a booking over another one, which then shows the overlap", async () => {
    const one = await make("08:00");
    const two = await make("10:00");
    await apply({ ...base(two.id), kind: "reschedule", time: timeAt("08:00", "08:30") });
    expect((await world.service.get(one.uid, { userId: host.id })).overlaps).toBe(true);
    expect((await world.service.get(two.uid, { userId: host.id })).overlaps).toBe(true);
  });

  test("changes details, and leaves what an action does not name", async () => {
    const booking = await make();
    const [outcome] = await apply({
      ...base(booking.id),
      kind: "change-details",
      location: "Room 4",
      description: "New",
    });
    expect(outcome).toMatchObject({ applied: true, after: { location: "Room 4", description: "New" } });
    expect(await rowOf(booking.uid)).toMatchObject({
      title: booking.title,
      location: "Room 4",
      hostPlaced: false,
      sequence: 1,
      occupiedStart: booking.occupiedStart,
      fieldChangedAt: { location: changedAt, description: changedAt },
    });
    expect((await mailsOf(booking.id)).map(({ kind }) => kind)).toEqual(["changed", "changed"]);
  });

  test("makes a move and an edit of one page one change to people", async () => {
    const booking = await make();
    await apply(
      { ...base(booking.id), kind: "reschedule", time: timeAt("12:00", "12:30") },
      { ...base(booking.id), kind: "change-details", title: "Walk" },
    );
    expect(await rowOf(booking.uid)).toMatchObject({ title: "Walk", sequence: 1 });
    expect((await mailsOf(booking.id)).map(({ kind }) => kind)).toEqual(["rescheduled", "rescheduled"]);
  });

  test("cancels, and brings back over whatever has taken the time meanwhile", async () => {
    const booking = await make();
    await apply({ ...base(booking.id), kind: "cancel", cancellationReason: "Deleted in Work" });
    expect(await rowOf(booking.uid)).toMatchObject({
      status: "CANCELLED",
      cancellationReason: "Deleted in Work",
      cancelledAt: MONDAY,
      sequence: 1,
      fieldChangedAt: {},
    });
    await make();
    const [outcome] = await apply({ ...base(booking.id), kind: "restore", time: timeAt("08:10", "08:40") });
    expect(outcome!.applied).toBe(true);
    expect(await rowOf(booking.uid)).toMatchObject({
      status: "ACCEPTED",
      cancelledAt: null,
      cancellationReason: null,
      hostPlaced: true,
      sequence: 2,
      startTime: new Date("2026-06-02T08:10:00.000Z"),
    });
    expect((await mailsOf(booking.id)).map(({ kind }) => kind).sort()).toEqual([
      "cancelled",
      "cancelled",
      "restored",
      "restored",
    ]);
  });

  test("forgets that the app changed the status once sync has changed it", async () => {
    const booking = await make();
    await world.service.cancel(booking.uid, {}, { userId: host.id });
    expect((await load(booking.id))[0]!.changedAt.status).toBe(MONDAY.toISOString());
    await apply({ ...base(booking.id), kind: "restore" });
    expect((await load(booking.id))[0]!.changedAt.status).toBeUndefined();
  });

  test("applies an action id once, also when it comes twice in one page", async () => {
    const booking = await make();
    const action: BookingAction = { ...base(booking.id), kind: "reschedule", time: timeAt("12:00", "12:30") };
    const outcomes = await apply(action, action);
    expect(outcomes.map(({ applied, refusal }) => [applied, refusal])).toEqual([
      [true, undefined],
      [false, "repeated"],
    ]);
    // The engine records what was applied.
    await world.database.prisma.changeRecord.create({
      data: {
        userId: host.id,
        bookingId: booking.id,
        source: "CALENDAR",
        result: "APPLIED",
        action: action.kind,
        reason: action.reason,
        actionId: action.actionId,
      },
    });
    await world.service.reschedule(booking.uid, { start: "2026-06-02T09:00:00.000Z" }, { userId: host.id });
    expect(await apply(action)).toMatchObject([{ applied: false, refusal: "repeated" }]);
    expect((await rowOf(booking.uid)).startTime.toISOString()).toBe("2026-06-02T09:00:00.000Z");
  });

  test("refuses what is past, cancelled or gone, and changes nothing then", async () => {
    const booking = await make();
    const time = timeAt("12:00", "12:30");
    await apply({ ...base(booking.id), kind: "cancel", cancellationReason: "Deleted in Work" });
    const cancelled = await rowOf(booking.uid);
    expect(await apply({ ...base(booking.id), kind: "reschedule", time })).toMatchObject([
      { applied: false, refusal: "booking-cancelled" },
    ]);
    expect(await apply({ ...base(booking.id), kind: "change-details", title: "X" })).toMatchObject([
      { applied: false, refusal: "booking-cancelled" },
    ]);
    world.now = new Date("2026-06-02T08:30:00.000Z");
    expect(await apply({ ...base(booking.id), kind: "restore", time })).toMatchObject([
      { applied: false, refusal: "past-booking" },
    ]);
    expect(await apply({ ...base(999_999_999), kind: "reschedule", time })).toMatchObject([
      { applied: false, refusal: "booking-gone" },
    ]);
    expect(await rowOf(booking.uid)).toEqual(cancelled);
  });

  test("keeps all-day times as days of the booking's zone", async () => {
    const booking = await make();
    const time = { allDay: true as const, start: "2026-06-03", end: "2026-06-05" };
    await apply({ ...base(booking.id), kind: "reschedule", time });
    expect((await rowOf(booking.uid)).startTime.toISOString()).toBe("2026-06-02T22:00:00.000Z");
    expect((await load(booking.id))[0]!.snapshot.time).toEqual(time);
  });

  test("costs the same number of statements for one booking as for many", async () => {
    const statementsFor = async (times: string[]) => {
      host = await world.makeHost();
      const bookings = [];
      for (const time of times) bookings.push(await make(time));
      const statements: string[] = [];
      const stop = onQuery(world.database.prisma, ({ sql }) => statements.push(sql));
      await load(...bookings.map(({ id }) => id));
      const loading = statements.splice(0).length;
      await apply(
        ...bookings.map(({ id }): BookingAction => ({ ...base(id), kind: "change-details", title: "New" })),
      );
      stop();
      return { loading, applying: statements.length };
    };
    const one = await statementsFor(["08:00"]);
    const many = await statementsFor(["08:00", "08:30", "09:00", "09:30", "10:00", "10:30", "11:00"]);
    expect(many).toEqual(one);
    // Five of its own, and what begins and ends the transaction.
    expect(one.applying).toBeLessThanOrEqual(7);
  });

  test("keeps a booking locked for the one who plans on it", async () => {
    const booking = await make();
    const order: string[] = [];
    let locked!: () => void;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const planning = world.database.prisma.$transaction(async (tx) => {
      await store.loadItems(tx, [booking.id], { lock: true });
      locked();
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push("planned");
    });
    await isLocked;
    await world.service.cancel(booking.uid, {}, { userId: host.id });
    order.push("cancelled");
    await planning;
    expect(order).toEqual(["planned", "cancelled"]);
  });
});
