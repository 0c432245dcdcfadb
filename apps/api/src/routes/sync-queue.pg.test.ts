import { enqueue, GiveUp, handleJob, runJobsUntilEmpty } from "@calsync/jobs";
import { countStatements } from "@calsync/prisma/testing";
import { createBooking, createCalendarSync, createCredential, createReference } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createContainer } from "../container.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
let stranger: SignedIn;
let calendarSyncId: string;
let hour = 0;

beforeAll(async () => {
  world = await createApiWorld();
  [host, stranger] = [await world.signUp("host"), await world.signUp("stranger")];
});
afterAll(() => world.close());
beforeEach(async () => {
  const { prisma } = world.database;
  await prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
  await prisma.credential.deleteMany();
  calendarSyncId = await calendarOf(host);
});

async function calendarOf(user: SignedIn): Promise<string> {
  const { prisma } = world.database;
  const { id: credentialId } = await createCredential(prisma, { userId: user.userId });
  return (await createCalendarSync(prisma, { userId: user.userId, credentialId, name: "Work" })).id;
}

/** A booking whose push stands as given. @returns the reference's id */
async function push(of: Record<string, unknown>, user = host, calendar = calendarSyncId): Promise<string> {
  const { prisma } = world.database;
  const startTime = new Date(Date.parse("2031-01-06T00:00:00Z") + ++hour * 3_600_000);
  const endTime = new Date(startTime.getTime() + 1_800_000);
  const booking = await createBooking(prisma, {
    hostId: user.userId,
    startTime,
    endTime,
    title: `Booking ${hour}`,
  });
  const reference = await createReference(prisma, { bookingId: booking.id, calendarSyncId: calendar });
  await prisma.bookingReference.update({ where: { id: reference.id }, data: of });
  return reference.id;
}

const failed = { status: "ERROR", errorCount: 12, lastError: "PERMISSION_DENIED", lastErrorMessage: "No." };
const { pullCalendar } = {
  pullCalendar: { name: "pull-calendar", payload: z.object({ calendarSyncId: z.uuid() }), maxAttempts: 1 },
};

async function failedPull(of = calendarSyncId): Promise<void> {
  const { prisma } = world.database;
  await enqueue(prisma, pullCalendar, { calendarSyncId: of });
  await runJobsUntilEmpty(prisma, [handleJob(pullCalendar, () => Promise.reject(new GiveUp("no use")))]);
}

const list = async (query = "", user = host) => (await user.get(`/v1/sync/queue${query}`)).json();

describe("the sync queue", () => {
  test("shows pushes and jobs of the user's calendars with state, booking, calendar and error", async () => {
    const retrying = await push({
      pushRequestedAt: new Date("2031-01-01T10:00:00Z"),
      nextPushAt: new Date("2099-01-01T10:00:00Z"),
      errorCount: 2,
      lastError: "NETWORK_ERROR",
      lastErrorMessage: "The network.",
    });
    await push(failed);
    await failedPull();
    const { items, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      {
        id: `push-${retrying}`,
        kind: "push",
        state: "retrying",
        booking: { title: `Booking ${hour - 1}` },
        calendar: { id: calendarSyncId, name: "Work" },
        attempts: 2,
        error: { code: "NETWORK_ERROR", message: "The network." },
        nextAt: "2099-01-01T10:00:00.000Z",
      },
      { kind: "pull", state: "failed", error: { code: null, message: "GiveUp: no use" } },
      { kind: "push", state: "failed", error: { code: "PERMISSION_DENIED" }, nextAt: null },
    ]);
    expect((await list("?state=failed&kind=push")).items).toHaveLength(1);
    expect((await list("?state=failed&state=retrying")).items).toHaveLength(3);
    expect((await host.get("/v1/sync/queue/statistics")).json()).toEqual({
      running: 0,
      waiting: 0,
      scheduled: 0,
      retrying: 1,
      blocked: 0,
      failed: 2,
    });
  });

  test("pages through everything once", async () => {
    for (let index = 0; index < 4; index++) await push(failed);
    for (let index = 0; index < 3; index++) await failedPull();
    const ids: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await list(`?limit=2${cursor}`);
      ids.push(...page.items.map(({ id }: { id: string }) => id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(new Set(ids).size).toBe(7);
    expect(ids).toHaveLength(7);
    const wrong = await host.get("/v1/sync/queue?cursor=1_other-5");
    expect(wrong.json()).toMatchObject({ code: "invalid_cursor", hint: expect.any(String) });
  });

  test("says that work waits for an account to be connected again", async () => {
    await push({ pushRequestedAt: new Date() });
    await world.database.prisma.credential.updateMany({ data: { status: "INVALID" } });
    expect((await list()).items).toMatchObject([{ state: "blocked", nextAt: null }]);
  });

  test("retries what was given up, one or all, with all of its tries", async () => {
    const { prisma } = world.database;
    const first = await push(failed);
    const second = await push(failed);
    await failedPull();
    expect((await host.send("POST", `/v1/sync/queue/push-${first}/process`)).statusCode).toBe(202);
    expect(await prisma.bookingReference.findUniqueOrThrow({ where: { id: first } })).toMatchObject({
      status: "PENDING",
      errorCount: 0,
      pushRequestedAt: expect.any(Date),
    });
    expect((await list("?kind=push&state=waiting")).items).toHaveLength(1);
    expect((await host.send("POST", "/v1/sync/queue/retry")).json()).toEqual({ retried: 2 });
    expect(await prisma.bookingReference.count({ where: { id: second, status: "PENDING" } })).toBe(1);
    const jobs = await prisma.$queryRawUnsafe<{ name: string; attempts: number }[]>(
      "select task_identifier as name, attempts from graphile_worker.jobs order by 1",
    );
    expect(jobs).toEqual([
      { name: "pull-calendar", attempts: 0 },
      { name: "push-calendar", attempts: 0 },
    ]);
  });

  test("discards only what was given up, and shows it again when it fails once more", async () => {
    const { prisma } = world.database;
    const gone = await push(failed);
    const waiting = await push({ pushRequestedAt: new Date() });
    await failedPull();
    expect((await host.send("DELETE", `/v1/sync/queue/push-${gone}`)).statusCode).toBe(204);
    expect((await host.send("DELETE", `/v1/sync/queue/push-${gone}`)).json().code).toBe(
      "queue_item_not_found",
    );
    const refused = await host.send("DELETE", `/v1/sync/queue/push-${waiting}`);
    expect([refused.statusCode, refused.json().code]).toEqual([409, "queue_item_not_failed"]);
    const [pull] = (await list("?kind=pull")).items;
    expect((await host.send("DELETE", `/v1/sync/queue/${pull.id}`)).statusCode).toBe(204);
    expect((await list("?state=failed")).items).toEqual([]);
    await prisma.bookingReference.update({ where: { id: gone }, data: { dismissedAt: null } });
    expect((await list("?state=failed")).items).toHaveLength(1);
  });

  test("invariant 14: shows and touches nothing of others, whatever the id", async () => {
    const reference = await push(failed);
    await failedPull();
    const [pull] = (await list("?kind=pull")).items;
    expect((await list("", stranger)).items).toEqual([]);
    expect((await list(`?calendar=${calendarSyncId}`, stranger)).items).toEqual([]);
    for (const id of [`push-${reference}`, pull.id, "job-1", "push-x", "nothing"]) {
      expect((await stranger.send("POST", `/v1/sync/queue/${id}/process`)).statusCode).toBe(404);
      expect((await stranger.send("DELETE", `/v1/sync/queue/${id}`)).statusCode).toBe(404);
    }
    expect((await stranger.send("POST", "/v1/sync/queue/retry")).json()).toEqual({ retried: 0 });
    expect((await list()).items).toHaveLength(2);
    expect((await world.app.inject({ method: "GET", url: "/v1/sync/queue" })).statusCode).toBe(401);
  });

  test("an operator sees the work of all users, and jobs of no calendar", async () => {
    await push(failed);
    await push(failed, stranger, await calendarOf(stranger));
    await enqueue(world.database.prisma, { name: "clean-up", payload: z.object({}), maxAttempts: 1 }, {});
    const { items } = await world.container.queue.list(null, { limit: 10 });
    expect(items.map(({ kind }) => kind).sort()).toEqual(["clean-up", "push", "push"]);
    expect(await world.container.queue.statistics(null)).toMatchObject({ failed: 2, waiting: 1 });
  });
});

test("the clean-up puts failed work away after 30 days, and deletes old mails only of bookings that are over", async () => {
  const { prisma } = world.database;
  const [old, recent] = [await push(failed), await push(failed)];
  await prisma.$executeRaw`UPDATE "BookingReference" SET "updatedAt" = now() - interval '31 days' WHERE "id" = ${old}::uuid`;
  const [over, coming] = [new Date("2020-01-01T10:00:00Z"), new Date("2031-03-01T10:00:00Z")];
  for (const startTime of [over, coming]) {
    const booking = await createBooking(prisma, {
      hostId: host.userId,
      startTime,
      endTime: new Date(startTime.getTime() + 3_600_000),
    });
    await prisma.outgoingMail.create({
      data: {
        bookingId: booking.id,
        kind: "booked",
        sequence: 0,
        recipient: "ann@example.com",
        role: "guest",
        status: "SENT",
        payload: {},
        createdAt: over,
      },
    });
  }
  expect(await world.container.cleanUp()).toMatchObject({ failedWork: 1, bookingMails: 1 });
  expect((await list()).items).toMatchObject([{ id: `push-${recent}` }]);
  expect(await world.container.cleanUp()).toMatchObject({ failedWork: 0, bookingMails: 0 });
});

describe("what waits for a host", () => {
  const lists = async (user: SignedIn) => {
    const read = async (url: string) => (await user.get(url)).json();
    return {
      questions: (await read("/v1/conflicts")).conflicts.length,
      externalEdits: (await read("/v1/external-edits")).edits.length,
      massChanges: (await read("/v1/mass-changes")).massChanges.length,
      connections: (await read("/v1/connections")).connections.filter(
        ({ status }: { status: string }) => status === "invalid",
      ).length,
      failed: (await read("/v1/sync/queue?state=failed")).items.length,
    };
  };

  test("is counted for the badge of every page: as many as the lists of each kind show, and nobody else's", async () => {
    const { prisma } = world.database;
    const reference = await push(failed);
    await failedPull();
    await failedPull(await calendarOf(stranger));
    const { bookingId } = await prisma.bookingReference.findUniqueOrThrow({ where: { id: reference } });
    const of = { userId: host.userId, calendarSyncId };
    const now = new Date();
    await prisma.syncConflict.create({
      data: {
        ...of,
        bookingId,
        referenceId: reference,
        kind: "FIELDS",
        local: side("Ours"),
        fields: ["title"],
      },
    });
    await prisma.massChange.create({ data: { ...of, cancellations: 3, moves: 0, limit: 1, openedAt: now } });
    await prisma.externalEdit.create({
      data: {
        ...of,
        externalEventId: "event",
        kind: "edit",
        base: side("Lunch"),
        wanted: { title: "Brunch" },
        remote: side("Dinner"),
        status: "CONFLICT",
        reason: "external-edit-asked",
        nextAttemptAt: now,
        requestedAt: now,
        finishedAt: now,
      },
    });
    await prisma.calendarSync.update({
      where: { id: calendarSyncId },
      data: { status: "FAILED", lastError: "PERMISSION_DENIED" },
    });
    await createCredential(prisma, { userId: host.userId, status: "INVALID" });

    const counted = prisma.calendarSync.count({
      where: { userId: host.userId, status: "FAILED", inUse: true },
    });
    const expected = { ...(await lists(host)), calendars: await counted };
    expect(expected).toMatchObject({
      questions: 1,
      externalEdits: 1,
      massChanges: 1,
      connections: 1,
      failed: 2,
    });
    expect(await world.container.sync.attention(host.userId)).toEqual(expected);
    // Every page asks for it, so it is one statement, whatever waits.
    const { sync } = createContainer(world.container.env, { name: "counted", prisma });
    const { result, count } = await countStatements(prisma, () => sync.attention(host.userId));
    expect([result, count]).toEqual([expected, 1]);
    const { total } = (await host.get("/v1/attention")).json();
    expect(total).toBe(Object.values(expected).reduce((sum, count) => sum + count, 0));
    expect((await stranger.get("/v1/attention")).json()).toMatchObject({ questions: 0, failed: 1, total: 1 });
  });

  test("shows an edit that asks with both sides, until it is answered", async () => {
    const { prisma } = world.database;
    const now = new Date();
    const { id } = await prisma.externalEdit.create({
      data: {
        userId: host.userId,
        calendarSyncId,
        externalEventId: "event",
        kind: "edit",
        base: side("Lunch"),
        wanted: { title: "Brunch", location: "Here" },
        remote: { ...side("Dinner"), location: "Here", description: "Of the calendar's alone" },
        status: "CONFLICT",
        reason: "external-edit-asked",
        nextAttemptAt: now,
        requestedAt: now,
        finishedAt: now,
      },
    });
    const read = async (user: SignedIn) => (await user.get("/v1/external-edits?state=asking")).json().edits;
    expect(await read(host)).toMatchObject([
      {
        id,
        title: "Lunch",
        status: "conflict",
        calendar: { id: calendarSyncId, name: "Work" },
        comparison: [{ field: "title", before: "Lunch", mine: "Brunch", calendar: "Dinner" }],
      },
    ]);
    expect(await read(stranger)).toEqual([]);
    await host.send("POST", `/v1/external-edits/${id}/resolve`, { choice: "calendar" });
    expect(await read(host)).toEqual([]);
  });
});

function side(title: string) {
  const time = { allDay: true, start: "2031-01-06", end: "2031-01-07" };
  return { time, title, description: "", location: "", attendees: [] };
}
