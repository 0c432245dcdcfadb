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
    const row = () => world.prisma.calendarSync.findUniqueOrThrow({ where: { id: paused.calendarSyncId } });
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
