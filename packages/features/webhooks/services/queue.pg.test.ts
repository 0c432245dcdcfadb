import {
  createBooking,
  createEventType,
  createTestDatabase,
  createUser,
  type TestDatabase,
} from "@calsync/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webhookData } from "../messages/webhook-message.ts";
import { type BookingNews, queueBookingWebhooks } from "./queue-booking-webhooks.ts";
import { queueWebhook } from "./queue-webhook.ts";

const NOW = new Date("2029-12-01T10:00:00.000Z");
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const later = (ms: number) => new Date(NOW.getTime() + ms);
const EVERYTHING = [
  "BOOKING_CREATED",
  "BOOKING_RESCHEDULED",
  "BOOKING_CANCELLED",
  "SYNC_CONFLICT",
  "CREDENTIAL_INVALID",
];

async function listen(owner: { userId: number } | { teamId: number }, events = EVERYTHING) {
  const data = { ...owner, url: "https://example.com/hook", events, secret: "sealed" };
  return (await database.prisma.webhook.create({ data })).id;
}

function news(
  bookingId: number,
  happened: BookingNews["happened"],
  more: Partial<BookingNews> = {},
): BookingNews {
  return { bookingId, happened, actor: { by: "host", name: null, via: null }, settleMs: 0, ...more };
}

const tell = (list: BookingNews[], now = NOW) =>
  database.prisma.$transaction((tx) => queueBookingWebhooks(tx, list, { now }));

const deliveriesOf = (webhookId: string) =>
  database.prisma.webhookDelivery.findMany({
    where: { webhookId },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });

const jobsOf = (deliveryId: string) =>
  database.prisma.$queryRawUnsafe<{ run_at: Date }[]>(
    "select run_at from graphile_worker._private_jobs where payload->>'deliveryId' = $1",
    deliveryId,
  );

describe("queueBookingWebhooks", () => {
  it("tells the host's own webhooks the booking as it is in the transaction, in the documented shape", async () => {
    const booking = await createBooking(database.prisma, {}, { guests: ["ann@guest.test"] });
    const webhookId = await listen({ userId: booking.hostId });
    await tell([news(booking.id, "booked", { guests: ["ann@guest.test"] })]);
    const [delivery] = await deliveriesOf(webhookId);
    expect(delivery).toMatchObject({ event: "BOOKING_CREATED", status: "QUEUED", bookingId: booking.id });
    const data = webhookData.BOOKING_CREATED.strict().parse(delivery?.payload);
    expect(data).toMatchObject({
      restored: false,
      guests: ["ann@guest.test"],
      booking: {
        uid: booking.uid,
        start: "2030-01-07T09:00:00.000Z",
        end: "2030-01-07T10:00:00.000Z",
        attendees: [{ email: "ann@guest.test", response: "accepted" }],
        eventType: null,
      },
    });
    expect(await jobsOf(delivery?.id ?? "")).toHaveLength(1);
  });

  it("leaves out webhooks of others, ones that are switched off, and ones that did not ask for the event", async () => {
    const booking = await createBooking(database.prisma);
    const others = await listen({ userId: (await createUser(database.prisma)).id });
    const picky = await listen({ userId: booking.hostId }, ["BOOKING_CANCELLED"]);
    const off = await listen({ userId: booking.hostId });
    await database.prisma.webhook.update({ where: { id: off }, data: { active: false } });
    await tell([news(booking.id, "booked")]);
    for (const id of [others, picky, off]) expect(await deliveriesOf(id)).toEqual([]);
  });

  it("tells a team's webhook of bookings of the team's event types and of no others", async () => {
    const team = await database.prisma.team.create({ data: { name: "Team", slug: `team-${NOW.getTime()}` } });
    const eventType = await createEventType(database.prisma, { teamId: team.id });
    const teams = await createBooking(database.prisma, {
      hostId: eventType.userId,
      eventTypeId: eventType.id,
    });
    const own = await createBooking(database.prisma, {
      hostId: eventType.userId,
      startTime: new Date("2030-02-01T09:00:00Z"),
    });
    const webhookId = await listen({ teamId: team.id });
    await tell([news(teams.id, "booked"), news(own.id, "booked")]);
    expect((await deliveriesOf(webhookId)).map(({ bookingId }) => bookingId)).toEqual([teams.id]);
  });

  it("makes one message of moves within the settle time: the last state, and the time before the first", async () => {
    const booking = await createBooking(database.prisma);
    const webhookId = await listen({ userId: booking.hostId });
    const first = { start: "2030-01-07T09:00:00.000Z", end: "2030-01-07T10:00:00.000Z" };
    await tell([news(booking.id, "rescheduled", { settleMs: 2_000, previous: first })]);
    await database.prisma.booking.update({
      where: { id: booking.id },
      data: { title: "Later word", sequence: 2 },
    });
    const second = { start: "2030-01-07T11:00:00.000Z", end: "2030-01-07T12:00:00.000Z" };
    await tell([news(booking.id, "rescheduled", { settleMs: 2_000, previous: second })], later(1_000));
    const deliveries = await deliveriesOf(webhookId);
    expect(deliveries).toHaveLength(1);
    const data = webhookData.BOOKING_RESCHEDULED.strict().parse(deliveries[0]?.payload);
    expect(data).toMatchObject({ previous: first, booking: { title: "Later word", sequence: 2 } });
    expect(deliveries[0]?.nextAttemptAt).toEqual(later(3_000));
    expect((await jobsOf(deliveries[0]?.id ?? "")).map((job) => job.run_at)).toEqual([later(3_000)]);
  });

  it("does not touch a message that was tried already", async () => {
    const booking = await createBooking(database.prisma);
    const webhookId = await listen({ userId: booking.hostId });
    await tell([news(booking.id, "rescheduled")]);
    await database.prisma.webhookDelivery.updateMany({ where: { webhookId }, data: { attempts: 1 } });
    await tell([news(booking.id, "rescheduled")]);
    expect(await deliveriesOf(webhookId)).toHaveLength(2);
  });

  it("drops a waiting move when the booking is cancelled, but not when one guest of several gives up", async () => {
    const booking = await createBooking(database.prisma);
    const webhookId = await listen({ userId: booking.hostId });
    const statuses = async () =>
      (await deliveriesOf(webhookId)).map(({ event, status }) => `${event} ${status}`);
    await tell([news(booking.id, "rescheduled", { settleMs: 2_000 })]);
    await tell([news(booking.id, "cancelled", { guests: ["ann@guest.test"] })], later(1));
    expect(await statuses()).toEqual(["BOOKING_RESCHEDULED QUEUED", "BOOKING_CANCELLED QUEUED"]);
    await tell([news(booking.id, "cancelled")], later(2));
    expect(await statuses()).toEqual([
      "BOOKING_RESCHEDULED SUPERSEDED",
      "BOOKING_CANCELLED QUEUED",
      "BOOKING_CANCELLED QUEUED",
    ]);
  });

  it("goes with the transaction that it is called in", async () => {
    const booking = await createBooking(database.prisma);
    const webhookId = await listen({ userId: booking.hostId });
    const failing = database.prisma.$transaction(async (tx) => {
      await queueBookingWebhooks(tx, [news(booking.id, "booked")], { now: NOW });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    expect(await deliveriesOf(webhookId)).toEqual([]);
  });
});

describe("queueWebhook", () => {
  it("tells a user's webhooks and those of their teams", async () => {
    const user = await createUser(database.prisma);
    const team = await database.prisma.team.create({ data: { name: "Team", slug: `of-${user.id}` } });
    await database.prisma.membership.create({ data: { teamId: team.id, userId: user.id, role: "MEMBER" } });
    const own = await listen({ userId: user.id });
    const teams = await listen({ teamId: team.id });
    const payload = {
      credential: { id: 7, provider: "googlecalendar", accountEmail: "host@calendar.test" },
      reason: "The user took the permission back.",
      since: NOW.toISOString(),
    };
    await database.prisma.$transaction((tx) =>
      queueWebhook(tx, { userId: user.id, event: "CREDENTIAL_INVALID", payload }, { now: NOW }),
    );
    for (const id of [own, teams]) {
      const [delivery] = await deliveriesOf(id);
      expect(webhookData.CREDENTIAL_INVALID.strict().parse(delivery?.payload)).toEqual(payload);
    }
  });
});
