import { SyncQueue } from "@calsync/calendar-sync";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SyncHarness } from "./harness.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe("a provider that asks for a pause", () => {
  test("is called again after it and not before, and delays no other calendar", async () => {
    const world = new SyncHarness(database);
    const [paused, other] = [await world.host("paused"), await world.host("other")];
    await world.tick();
    const calls: string[] = [];
    world.server.faults.hook = ({ phase, calendarId }) => {
      if (phase === "request" && calendarId) calls.push(calendarId);
    };
    world.server.faults.next("onWatchedCalendarChange", { kind: "rate-limit", retryAfterMs: 90_000 });
    await world.pull(paused);
    expect(calls).toEqual([paused.calendarId]);
    const row = () => world.calendarSync(paused);
    expect(await row()).toMatchObject({ status: "RETRYING", lastError: "RATE_LIMIT_EXCEEDED" });

    calls.length = 0;
    world.clock.advance({ seconds: 60 });
    await world.pull(other);
    expect(calls).toEqual([other.calendarId]);

    world.clock.advance({ seconds: 60 });
    await world.settle();
    expect(calls).toEqual([other.calendarId, paused.calendarId]);
    expect(await row()).toMatchObject({ status: "HEALTHY", lastError: null, errorCount: 0 });
  });

  test("during a push keeps the wish, and takes none of its tries", async () => {
    const world = new SyncHarness(database);
    const host = await world.host("pushing");
    await world.tick();
    for (let time = 0; time < 20; time++)
      world.server.faults.next("createEvent", { kind: "rate-limit", retryAfterMs: 30_000 });
    const uid = await world.book(host, "2030-01-08T10:00Z");
    for (let time = 0; time < 20; time++) {
      await world.settle();
      expect(world.liveEvents(host.calendarId)).toEqual([]);
      world.clock.advance({ seconds: 40 });
    }
    await world.settle();
    expect(await world.booking(uid)).toMatchObject({ references: [{ status: "SYNCED", errorCount: 0 }] });
  });
});

describe("a write that fails", () => {
  test("is tried again with growing pauses up to a ceiling, given up after the last try, and done when it is retried by hand", async () => {
    const settings = { backoffBaseMs: 10_000, backoffCeilingMs: 40_000, pushMaxTries: 5 };
    const world = new SyncHarness(database, { settings });
    const host = await world.host("failing");
    await world.tick();
    world.server.faults.next("createEvent", { kind: "server-error" }, 100);
    const uid = await world.book(host, "2030-01-08T10:00Z");
    const pauses: number[] = [];
    for (let tries = 1; tries < 5; tries++) {
      await world.runJobs();
      const [reference] = (await world.booking(uid)).references;
      expect(reference).toMatchObject({ status: "PENDING", errorCount: tries });
      const pauseMs = (reference?.nextPushAt?.getTime() ?? 0) - world.clock().getTime();
      pauses.push(pauseMs / 1_000);
      world.clock.advance({ seconds: pauseMs / 1_000 + 1 });
    }
    expect(pauses).toEqual([7.5, 15, 30, 30]);
    await world.runJobs();
    expect((await world.booking(uid)).references).toMatchObject([{ status: "ERROR", pushRequestedAt: null }]);
    const queue = new SyncQueue({ prisma: world.prisma, now: world.clock });
    const failed = await queue.list(host.userId, { states: ["failed"], limit: 10 });
    expect(failed.items).toMatchObject([{ kind: "push", state: "failed", booking: { uid } }]);
    world.server.faults.clear();
    await queue.process(host.userId, failed.items[0]?.id ?? "");
    await world.settle();
    expect((await world.booking(uid)).references).toMatchObject([{ status: "SYNCED", errorCount: 0 }]);
  });
});
