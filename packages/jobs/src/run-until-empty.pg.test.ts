import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { enqueue } from "./enqueue.ts";
import { GiveUp } from "./errors.ts";
import { handleJob } from "./handler.ts";
import { failedJobs } from "./queue.ts";
import { runJobsUntilEmpty } from "./run-until-empty.ts";

const parent = defineJob({ name: "parent", payload: z.object({ children: z.number() }), maxAttempts: 2 });
const child = defineJob({
  name: "child",
  payload: z.object({ n: z.number() }),
  maxAttempts: 2,
  backoff: { baseMs: 60_000, ceilingMs: 60_000 },
});

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
});

// Long past and far future, because the database's own time must not matter.
describe.each(["2001-02-03T04:05:06Z", "2091-02-03T04:05:06Z"])("runJobsUntilEmpty at %s", (start) => {
  let time: Date;
  const clock = () => time;
  const later = (ms: number) => new Date(time.getTime() + ms);
  beforeEach(() => {
    time = new Date(start);
  });

  test("runs what is due and what that enqueues, in order, and leaves the future alone", async () => {
    const handlers = [
      handleJob(parent, async ({ children }) => {
        for (let n = 0; n < children; n++) await enqueue(db.prisma, child, { n });
      }),
      handleJob(child, async () => {}),
    ];
    await enqueue(db.prisma, child, { n: 99 }, { runAt: later(1) });
    await enqueue(db.prisma, parent, { children: 3 });
    const runs = await runJobsUntilEmpty(db.prisma, handlers, { clock });
    expect(runs.map(({ name, payload }) => [name, payload])).toEqual([
      ["parent", { children: 3 }],
      ["child", { n: 0 }],
      ["child", { n: 1 }],
      ["child", { n: 2 }],
    ]);
    time = later(1);
    expect(await runJobsUntilEmpty(db.prisma, handlers, { clock })).toMatchObject([{ payload: { n: 99 } }]);
  });

  test("retries by the clock and keeps what failed for good", async () => {
    const handlers = [
      handleJob(child, async ({ n }) => {
        throw n === 0 ? new GiveUp("never") : new Error("boom");
      }),
    ];
    await enqueue(db.prisma, child, { n: 0 });
    await enqueue(db.prisma, child, { n: 1 });
    const outcomes = async () =>
      (await runJobsUntilEmpty(db.prisma, handlers, { clock })).map(({ outcome, attempt }) => [
        outcome.kind,
        attempt,
      ]);
    expect(await outcomes()).toEqual([
      ["failed", 1],
      ["retry", 1],
    ]);
    time = later(59_999);
    expect(await outcomes()).toEqual([]);
    time = later(1);
    expect(await outcomes()).toEqual([["failed", 2]]);
    expect(await failedJobs(db.prisma)).toHaveLength(2);
  });

  test("leaves jobs of other names alone, and gives up on work without end", async () => {
    await enqueue(db.prisma, parent, { children: 0 });
    expect(await runJobsUntilEmpty(db.prisma, [handleJob(child, async () => {})], { clock })).toEqual([]);
    const forEver = [handleJob(parent, async () => ({ again: clock() }))];
    await expect(runJobsUntilEmpty(db.prisma, forEver, { clock, limit: 20 })).rejects.toThrow(
      "still work after 20 runs; the last were parent (again)",
    );
  });
});
