import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EngineWorld } from "../test-support/EngineWorld.ts";
import { memoryRepositories } from "../test-support/memory-repositories.ts";
import { Lease, LeaseLostError } from "./Lease.ts";

const TIMES = { leaseTtlMs: 60_000, leaseHeartbeatMs: 3_600_000 };

let world: EngineWorld;

beforeEach(async () => {
  world = new EngineWorld();
  await world.connect(1, 1);
});
afterEach(() => world.end());

function acquire() {
  const { calendarSyncId } = world.calendarAt(0);
  const { calendars } = memoryRepositories(world.db);
  return Lease.acquire(world.db.prisma, calendars, calendarSyncId, TIMES, world.clock);
}

async function held(): Promise<Lease> {
  const lease = await acquire();
  if (!(lease instanceof Lease)) throw new Error(`refused: ${lease.refused}`);
  return lease;
}

const fence = (lease: Lease) => world.db.prisma.$transaction((tx) => lease.fence(tx));

describe("invariant 2: a worker that stood still for longer than its lease", () => {
  test("may neither write out there nor commit once another one has the calendar", async () => {
    await using first = await held();
    await fence(first);
    expect(await acquire()).toEqual({ refused: "busy" });
    world.clock.advance({ minutes: 2 });
    await using second = await held();
    expect(() => first.check()).toThrow(LeaseLostError);
    await expect(fence(first)).rejects.toThrow(LeaseLostError);
    second.check();
    await fence(second);
  });
});
