import type { CalendarService } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type Host, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

const AT_ONCE = 4;

let world: SyncHarness;
let host: Host;
/** The most writes that were under way together. */
let most: number;
/** What the calendar was asked to write, in order. */
let calls: string[];
/** Strikes after a write has taken effect, with its number. */
let afterWrite: (number: number) => unknown;

onEmptyDatabase(async (database) => {
  world = new SyncHarness(database);
  world.wrapService = severalAtOnce;
  [most, calls, afterWrite] = [0, [], () => {}];
  host = await world.host();
  await world.tick();
});

describe("a calendar that takes several writes at once", () => {
  test("is written side by side, and no event is made twice", async () => {
    const uids = await bookAll(6);
    await world.settle();
    expect(most).toBe(AT_ONCE);
    expect(world.liveEvents(host.calendarId)).toHaveLength(6);
    for (const uid of uids) await world.bookings.cancel(uid, {}, { userId: host.userId });
    await world.settle();
    expect(world.liveEvents(host.calendarId)).toEqual([]);
  });

  test("has so many times as many bookings in a batch, which takes no longer for it", async () => {
    world = new SyncHarness(world.database, { settings: { pushBatchSize: 2 } });
    world.wrapService = severalAtOnce;
    host = await world.host("dora");
    await world.tick();
    const noted: number[] = [];
    afterWrite = async () => {
      const references = await world.prisma.bookingReference.findMany();
      noted.push(references.filter(({ pendingSnapshot }) => pendingSnapshot !== null).length);
    };
    await bookAll(10);
    await world.settle();
    expect(noted).toEqual([...Array<number>(8).fill(8), 2, 2]);
    expect(world.liveEvents(host.calendarId)).toHaveLength(10);
  });

  test("a write that fails costs its own event a try, and no other", async () => {
    afterWrite = (number) => {
      if (number === 2) world.server.faults.next("createEvent", { kind: "lost-answer" });
    };
    const uids = await bookAll(6);
    await world.runJobs();
    const synced = await world.prisma.bookingReference.count({ where: { status: "SYNCED" } });
    expect(synced).toBe(5);
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toHaveLength(uids.length);
    expect(await world.prisma.bookingReference.count({ where: { status: "SYNCED" } })).toBe(6);
  });

  test("invariant 4: a process that dies while several writes are under way leaves none of them twice", async () => {
    afterWrite = (number) => {
      if (number >= 3) throw new Error("the process died here");
    };
    await bookAll(6);
    await world.runJobs();
    afterWrite = () => {};
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toHaveLength(6);
    expect(await world.prisma.bookingReference.count({ where: { status: "SYNCED" } })).toBe(6);
  });

  test("an account that is refused has no further write begun, and what was written is kept", async () => {
    afterWrite = (number) => {
      if (number === 1) world.server.faults.next("createEvent", { kind: "rate-limit", retryAfterMs: 60_000 });
    };
    await bookAll(12);
    await world.runJobs();
    expect(calls.length).toBeLessThan(12);
    const written = world.liveEvents(host.calendarId).length;
    expect(await world.prisma.bookingReference.count({ where: { status: "SYNCED" } })).toBe(written);
    world.clock.advance({ minutes: 30 });
    await world.tick();
    expect(world.liveEvents(host.calendarId)).toHaveLength(12);
  });
});

/** Bookings of different hours, all waiting to be written in one batch. */
async function bookAll(count: number): Promise<string[]> {
  const uids: string[] = [];
  for (let index = 0; index < count; index++) {
    const start = `2030-01-0${8 + Math.floor(index / 6)}T${10 + (index % 6)}:00Z`;
    uids.push(await world.book(host, start, `guest${index}`));
  }
  return uids;
}

/** The calendar in memory as one that takes several writes at once, with a look at what is under way. */
function severalAtOnce(service: CalendarService): CalendarService {
  let open = 0;
  const watched =
    <Args extends unknown[], Result>(name: string, write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      most = Math.max(most, ++open);
      const number = calls.push(name);
      try {
        // Everything that may begin beside it has begun by the next turn.
        await new Promise((resolve) => setImmediate(resolve));
        const result = await write(...args);
        await afterWrite(number);
        return result;
      } finally {
        open -= 1;
      }
    };
  return new Proxy(service, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (key === "capabilities") return { ...target.capabilities, writesAtOnce: AT_ONCE };
      if (typeof value !== "function") return value;
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      return key === "createEvent" || key === "updateEvent" || key === "deleteEvent"
        ? watched(key, method)
        : method;
    },
  });
}
