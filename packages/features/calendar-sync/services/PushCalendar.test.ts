import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EngineWorld } from "../test-support/EngineWorld.ts";

let world: EngineWorld;

beforeEach(async () => {
  // A worker's heart beats when the test says so.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  world = new EngineWorld();
  await world.connect(1, 1);
});
afterEach(async () => {
  await world.end();
  vi.useRealTimers();
});

test("sync that is switched off ends a push with the write that is under way, and the rest of its batch follows when it is on again", async () => {
  const { calendarSyncId } = world.calendarAt(0);
  for (const [index, guest] of ["ann", "bob", "eve"].entries())
    await world.bookings.book(world.sync, world.hostId, inDays(index + 1), `${guest}@guest.test`);
  const switchTo = (enabled: boolean) => {
    const row = world.db.tables.calendars.get(calendarSyncId);
    if (!row) throw new Error("The world has no calendar.");
    row.enabled = enabled;
  };
  let writes = 0;
  world.server.faults.hook = async ({ method, phase }) => {
    if (method !== "createEvent" || phase !== "answer" || ++writes !== 1) return;
    switchTo(false);
    vi.advanceTimersToNextTimer();
    // The heartbeat has been answered by then.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await world.settle();
  expect(writes).toBe(1);
  expect(world.events(world.calendarAt(0))).toHaveLength(1);
  expect([...world.db.tables.references.values()].map(({ status }) => status).sort()).toEqual([
    "PENDING",
    "PENDING",
    "SYNCED",
  ]);
  switchTo(true);
  world.clock.advance({ hours: 1 });
  await world.tick();
  expect(writes).toBe(3);
  expect(world.events(world.calendarAt(0))).toHaveLength(3);
});

function inDays(days: number) {
  const start = new Date(world.clock().getTime() + days * 86_400_000);
  const end = new Date(start.getTime() + 3_600_000);
  return { allDay: false as const, start: start.toISOString(), end: end.toISOString(), timeZone: "UTC" };
}
