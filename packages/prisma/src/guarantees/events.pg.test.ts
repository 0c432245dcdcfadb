import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type DatabaseEvent, listenForEvents } from "../events.ts";
import type { PrismaClient } from "../generated/client.ts";
import {
  createBooking,
  createCalendarSync,
  createCredential,
  createSubscription,
} from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

let database: TestDatabase;
let prisma: PrismaClient;
let listener: { stop(): Promise<void> } | undefined;
const events: DatabaseEvent[] = [];
let gaps = 0;
let marks = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = database.prisma;
});
afterEach(async () => {
  await listener?.stop();
  events.length = 0;
  gaps = 0;
});
afterAll(() => database.drop());

async function listen() {
  const listening = listenForEvents({
    url: database.url,
    onEvent: (event) => events.push(event),
    onGap: () => gaps++,
    reconnectMs: 20,
  });
  listener = listening;
  await listening.ready;
}
/** Sends an event of our own and waits for it: whatever was sent before it has arrived by then. */
async function mark() {
  const sent = { type: "mark", id: ++marks };
  await prisma.$executeRaw`SELECT pg_notify('calsync_events', ${JSON.stringify(sent)})`;
  await vi.waitFor(() => expect(events.at(-1)).toEqual(sent));
}
/** The events of `run` alone, also when they are none. */
async function eventsOf(run: () => Promise<unknown>): Promise<DatabaseEvent[]> {
  await mark();
  events.length = 0;
  await run();
  await mark();
  return events.slice(0, -1);
}

test("a booking that is made, moved, joined or cancelled is announced once per transaction, with ids alone", async () => {
  await listen();
  const { id, uid, hostId } = await createBooking(prisma, { seats: 2 });
  const event = { type: "booking", userId: hostId, id, uid };
  const where = { id };

  expect(await eventsOf(() => prisma.booking.update({ where, data: { title: "Secret plan" } }))).toEqual([
    event,
  ]);
  const join = () =>
    prisma.$transaction([
      prisma.booking.update({ where, data: { seatsTaken: 2 } }),
      prisma.attendee.create({ data: { bookingId: id, email: "b@calsync.test", name: "B" } }),
    ]);
  expect(await eventsOf(join)).toEqual([event]);
  expect(await eventsOf(() => prisma.booking.update({ where, data: { status: "CANCELLED" } }))).toEqual([
    event,
  ]);
  expect(await eventsOf(() => prisma.booking.update({ where, data: { idempotencyKey: "k" } }))).toEqual([]);
});

test("what is rolled back is never announced", async () => {
  await listen();
  const happened = await eventsOf(() =>
    prisma
      .$transaction(async (tx) => {
        await createBooking(tx);
        throw new Error("no");
      })
      .catch(() => undefined),
  );
  expect(happened).toEqual([]);
});

test("a calendar's status is announced, its lease and cursor are not", async () => {
  await listen();
  const { id, userId } = await createCalendarSync(prisma);
  const change = (data: object) => eventsOf(() => prisma.calendarSync.update({ where: { id }, data }));

  expect(await change({ status: "HEALTHY", lastPulledAt: new Date() })).toEqual([
    { type: "calendar-sync", userId, id },
  ]);
  expect(
    await change({ leaseOwner: "w1", leaseUntil: new Date(), cursor: "c", nextPollAt: new Date() }),
  ).toEqual([]);
});

test("a calendar is announced when its subscription turns active, not when that is only tried later", async () => {
  await listen();
  const { id: calendarSyncId, userId } = await createCalendarSync(prisma);
  const { id } = await createSubscription(prisma, { calendarSyncId, status: "PENDING" });
  const change = (data: object) =>
    eventsOf(() => prisma.calendarSubscription.update({ where: { id }, data }));

  expect(await change({ nextAttemptAt: new Date() })).toEqual([]);
  expect(await change({ status: "ACTIVE" })).toEqual([{ type: "calendar-sync", userId, id: calendarSyncId }]);
});

test("an account that turns invalid or is removed is announced, a renewed token is not", async () => {
  await listen();
  const { id, userId } = await createCredential(prisma);
  const event = { type: "credential", userId, id };
  const where = { id };

  expect(await eventsOf(() => prisma.credential.update({ where, data: { secret: "k.a.b.c" } }))).toEqual([]);
  expect(await eventsOf(() => prisma.credential.update({ where, data: { status: "INVALID" } }))).toEqual([
    event,
  ]);
  expect(await eventsOf(() => prisma.credential.delete({ where }))).toEqual([event]);
});

test("a connection that breaks is made again, and the gap is told", async () => {
  await listen();
  const terminate = () => prisma.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'calsync events'
    AND datname = current_database()`;

  await terminate();
  await vi.waitFor(() => expect(gaps).toBe(1), { timeout: 10_000 });
  const { id } = await createBooking(prisma);
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: "booking", id })));

  await listener?.stop();
  await sleep(100);
  expect(gaps).toBe(1);
});
