import { setTimeout as sleep } from "node:timers/promises";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { enqueue, enqueueMany } from "./enqueue.ts";
import { GiveUp, RetryLater } from "./errors.ts";
import { handleJob, type JobHandler } from "./handler.ts";
import { failedJobs } from "./queue.ts";
import { type RunningWorker, startWorker, type WorkerOptions } from "./worker.ts";

const job = defineJob({
  name: "work",
  payload: z.object({ id: z.string(), n: z.number().optional() }),
  maxAttempts: 3,
  backoff: { baseMs: 20, ceilingMs: 40 },
});
const keyed = defineJob({ ...job, name: "keyed", key: ({ id }) => id });

let db: TestDatabase;
const workers: RunningWorker[] = [];
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop({ limitMs: 0 })));
});

async function start(handlers: WorkerOptions["handlers"], options: Partial<WorkerOptions> = {}) {
  const timings = { pollMs: 50, ...options.timings };
  const worker = await startWorker({ url: db.url, concurrency: 4, handlers, ...options, timings });
  workers.push(worker);
  return worker;
}

const stored = () =>
  db.prisma.$queryRawUnsafe<
    { payload: { id: string }; attempts: number; locked_by: string | null; key: string | null }[]
  >("select payload, attempts, locked_by, key from graphile_worker._private_jobs order by id");

/** A gate that a handler waits at until the test opens it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000) {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Did not come true in ${limitMs} ms: ${condition}`);
    await sleep(5);
  }
}

describe("startWorker", () => {
  test("runs a job that is enqueued while it waits, without waiting for its next look", async () => {
    const seen: unknown[] = [];
    await start([handleJob(job, async (payload) => void seen.push(payload))], {
      // Its next look is an hour away: what is seen before has been announced.
      timings: { pollMs: 3_600_000 },
    });
    await sleep(200);
    await enqueue(db.prisma, job, { id: "a" });
    await until(() => seen.length === 1);
    await until(async () => (await stored()).length === 0);
  });

  test("fetches jobs in the name that its proof of life was made for", async () => {
    const { open, opened } = gate();
    const worker = await start([handleJob(job, () => opened)]);
    await enqueue(db.prisma, job, { id: "a" });
    await until(() => worker.stats().running === 1);
    const owners = await db.prisma.$queryRawUnsafe<{ pool_id: string }[]>(
      "select pool_id from calsync_jobs.worker where died_at is null",
    );
    expect((await stored()).map((row) => row.locked_by)).toEqual(owners.map((row) => row.pool_id));
    open();
  });

  test("refuses two handlers of one job and timings under which a living worker could lose its jobs", async () => {
    const handler = handleJob(job, async () => {});
    await expect(start([handler, handler])).rejects.toThrow('Job "work" has two handlers');
    await expect(start([handler], { timings: { unseenMs: 7_500 } })).rejects.toThrow(
      "a worker that lives may lose its jobs",
    );
  });

  test("a change enqueued while its job runs causes one more run, however many changes there are", async () => {
    const runs: (number | undefined)[] = [];
    const { open, opened } = gate();
    const worker = await start([
      handleJob(keyed, async ({ n }) => {
        runs.push(n);
        if (n === 0) await opened;
      }),
    ]);
    await enqueue(db.prisma, keyed, { id: "a", n: 0 });
    await until(() => runs.length === 1);
    const busy = new Date(Date.now() + 100);
    for (const n of [1, 2, 3]) await enqueue(db.prisma, keyed, { id: "a", n }, { runAt: busy });
    open();
    await until(() => runs.length === 2);
    await worker.drain();
    expect(runs).toEqual([0, 3]);
  });

  test("no change is lost while two workers run and coalesce jobs under load", async () => {
    await db.prisma.$executeRawUnsafe("create table tally (id text primary key, changes int, seen int)");
    const ids = Array.from({ length: 5 }, (_, index) => `k${index}`);
    for (const id of ids) await db.prisma.$executeRawUnsafe("insert into tally values ($1, 0, 0)", id);
    const handler = handleJob(keyed, async ({ id }) => {
      const rows = await db.prisma.$queryRawUnsafe<{ changes: number }[]>(
        "select changes from tally where id = $1",
        id,
      );
      await sleep(Math.random() * 3);
      await db.prisma.$executeRawUnsafe(
        "update tally set seen = greatest(seen, $2) where id = $1",
        id,
        rows[0]?.changes,
      );
    });
    const [first, second] = await Promise.all([start([handler]), start([handler])]);
    const change = async (id: string) => {
      for (let n = 0; n < 150; n++) {
        await db.prisma.$transaction(async (tx) => {
          await tx.$executeRawUnsafe("update tally set changes = changes + 1 where id = $1", id);
          await enqueue(tx, keyed, { id });
        });
      }
    };
    await Promise.all([...ids, ...ids].map(change));
    await first.drain();
    const tally = await db.prisma.$queryRawUnsafe<object[]>("select changes, seen from tally");
    expect(tally).toEqual(ids.map(() => ({ changes: 300, seen: 300 })));
    expect(first.stats().ended.done).toBeGreaterThan(0);
    expect(second.stats().ended.done).toBeGreaterThan(0);
  });

  test("two workers share the work: each job runs once, and both take part", async () => {
    const seen: string[] = [];
    const handler = handleJob(job, async ({ id }) => {
      seen.push(id);
      await sleep(5);
    });
    const [first, second] = await Promise.all([start([handler]), start([handler])]);
    await enqueueMany(
      db.prisma,
      Array.from({ length: 200 }, (_, index) => ({ job, payload: { id: String(index) } })),
    );
    await first.drain();
    expect(seen).toHaveLength(200);
    expect(new Set(seen).size).toBe(200);
    expect(first.stats().ended.done).toBeGreaterThan(20);
    expect(second.stats().ended.done).toBeGreaterThan(20);
  });

  test("jobs fetched ahead do not wait behind a long one while another worker is idle", async () => {
    const { open, opened } = gate();
    const seen: string[] = [];
    const busy = await start(
      [handleJob(job, ({ id }) => (id === "long" ? opened : sleep(0).then(() => void seen.push(id))))],
      { concurrency: 1 },
    );
    await enqueueMany(
      db.prisma,
      ["long", "next"].map((id) => ({ job, payload: { id } })),
    );
    await until(() => busy.stats().running === 1);
    const idle = await start([handleJob(job, async ({ id }) => void seen.push(id))]);
    await until(() => seen.includes("next"), 4_000);
    expect(idle.stats().ended.done).toBe(1);
    open();
    await idle.drain();
    expect(await stored()).toEqual([]);
  });
});

describe("a job that does not end well", () => {
  async function runsOf(handler: JobHandler<{ id: string }>, options: { key?: string } = {}) {
    const attempts: number[] = [];
    const worker = await start([
      handleJob(job, (payload, context) => {
        attempts.push(context.attempt);
        return handler(payload, context);
      }),
    ]);
    await enqueue(db.prisma, job, { id: "a" }, options);
    return { attempts, worker };
  }

  test("is retried with backoff and kept as failed after its last attempt", async () => {
    const { attempts } = await runsOf(() => Promise.reject(new Error("boom")));
    await until(async () => (await failedJobs(db.prisma)).length === 1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await failedJobs(db.prisma)).toMatchObject([
      { name: "work", payload: { id: "a" }, attempts: 3, lastError: "Error: boom" },
    ]);
  });

  test("comes back after RetryLater's pause with its attempts untouched", async () => {
    let times = 0;
    const startedAt = performance.now();
    const { attempts, worker } = await runsOf(async () => {
      if (++times < 5) throw new RetryLater({ afterMs: 60, reason: "locked" });
    });
    await until(() => times === 5);
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
    expect(performance.now() - startedAt).toBeGreaterThan(4 * 60);
    await worker.drain();
    expect(await stored()).toEqual([]);
  });

  test("fails at once on GiveUp, and when its stored payload no longer fits", async () => {
    const { attempts } = await runsOf(() => Promise.reject(new GiveUp("the calendar is gone")));
    await db.prisma.$executeRawUnsafe(`select graphile_worker.add_job('work', '{"id": 5}')::text`);
    await until(async () => (await failedJobs(db.prisma)).length === 2);
    expect(attempts).toEqual([1]);
    expect((await failedJobs(db.prisma)).map(({ lastError }) => lastError).toSorted()).toEqual([
      "GiveUp: the calendar is gone",
      expect.stringMatching(/^JobPayloadError: .* id: /),
    ]);
  });

  test("is dropped when a newer one of its key was enqueued while it ran", async () => {
    const runs: (number | undefined)[] = [];
    const { open, opened } = gate();
    const worker = await start([
      handleJob(keyed, async ({ n }) => {
        runs.push(n);
        if (n !== 0) return;
        await opened;
        throw new Error("boom");
      }),
    ]);
    await enqueue(db.prisma, keyed, { id: "a", n: 0 });
    await until(() => runs.length === 1);
    await enqueue(db.prisma, keyed, { id: "a", n: 1 });
    await until(() => runs.length === 2);
    open();
    await worker.drain();
    expect(runs).toEqual([0, 1]);
    expect(await stored()).toEqual([]);
  });
});

describe("a job that asks to run again", () => {
  test("runs again at its time, with attempts counted anew", async () => {
    const attempts: number[] = [];
    const worker = await start([
      handleJob(keyed, async (_payload, { attempt }) => {
        attempts.push(attempt);
        return attempts.length < 10 ? { again: new Date() } : undefined;
      }),
    ]);
    await enqueue(db.prisma, keyed, { id: "a" });
    await until(() => attempts.length === 10);
    expect(attempts).toEqual(Array.from({ length: 10 }, () => 1));
    await worker.drain();
    expect(await stored()).toEqual([]);
  });

  test("brings a newer one of its key forward instead of running beside it", async () => {
    const runs: (number | undefined)[] = [];
    const { open, opened } = gate();
    const worker = await start([
      handleJob(keyed, async ({ n }) => {
        runs.push(n);
        if (n !== 0) return;
        await opened;
        return { again: new Date() };
      }),
    ]);
    await enqueue(db.prisma, keyed, { id: "a", n: 0 });
    await until(() => runs.length === 1);
    await enqueue(db.prisma, keyed, { id: "a", n: 1 }, { runAt: new Date(Date.now() + 3_600_000) });
    open();
    await until(() => runs.length === 2);
    await worker.drain();
    expect(runs).toEqual([0, 1]);
    expect(await stored()).toEqual([]);
  });
});

describe("stop", () => {
  test("waits for what runs, and returns what was fetched ahead with no attempt used up", async () => {
    const { open, opened } = gate();
    const worker = await start([handleJob(job, () => opened)], { concurrency: 2 });
    await enqueueMany(
      db.prisma,
      Array.from({ length: 8 }, (_, index) => ({ job, payload: { id: String(index) } })),
    );
    await until(async () => (await stored()).filter(({ locked_by }) => locked_by !== null).length === 4);
    const stopped = worker.stop({ limitMs: 10_000 });
    await sleep(50);
    open();
    await stopped;
    expect(worker.stats().ended).toMatchObject({ done: 2, released: 0 });
    expect(await stored()).toEqual(
      Array.from({ length: 6 }, () => expect.objectContaining({ locked_by: null, attempts: 0 })),
    );
    expect(await db.prisma.$queryRawUnsafe("select pool_id from calsync_jobs.worker")).toEqual([]);
  });

  test("aborts the signals of jobs that run past the limit, which are free at once with no attempt used up", async () => {
    const worker = await start([
      handleJob(job, async (_payload, { signal }) => {
        await sleep(60_000, undefined, { signal });
      }),
    ]);
    await enqueue(db.prisma, job, { id: "a" });
    await until(() => worker.stats().running === 1);
    // The job sleeps for longer than the test may take.
    await worker.stop({ limitMs: 50 });
    expect(await stored()).toMatchObject([{ locked_by: null, attempts: 0 }]);
  });

  test("hands on jobs whose handlers do not listen to their signal", async () => {
    const { open, opened } = gate();
    const worker = await start([handleJob(job, () => opened)]);
    await enqueue(db.prisma, job, { id: "a" });
    await until(() => worker.stats().running === 1);
    await worker.stop({ limitMs: 50 });
    expect(await stored()).toMatchObject([{ locked_by: null, attempts: 0 }]);
    open();
    await sleep(200);
    expect(await stored()).toHaveLength(1);
  });
});

describe("schedule", () => {
  test("enqueues its job once per tick however many workers there are", async () => {
    let ticks = 0;
    const handler = handleJob(job, async () => {
      ticks += 1;
    });
    const schedule = [{ name: "every-second", job, payload: { id: "tick" }, everyMs: 1_000 }];
    const from = Math.floor(Date.now() / 1_000);
    await Promise.all([1, 2, 3].map(() => start([handler], { schedule })));
    // Three workers that each enqueued it would be at nine when one second in three has passed.
    await until(() => ticks >= 4);
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    expect(ticks).toBeLessThanOrEqual(Math.floor(Date.now() / 1_000) - from + 1);
  });
});

test("2,000 jobs that do nothing (figure for people, not a limit)", async () => {
  const jobs = Array.from({ length: 2_000 }, (_, index) => ({ job, payload: { id: String(index) } }));
  const enqueueFrom = performance.now();
  await enqueueMany(db.prisma, jobs);
  const enqueueMs = performance.now() - enqueueFrom;
  const worker = await start([handleJob(job, async () => {})], { concurrency: 10 });
  const runFrom = performance.now();
  await worker.drain();
  const runMs = performance.now() - runFrom;
  expect(worker.stats().ended.done).toBe(2_000);
  process.stdout.write(
    `2,000 no-op jobs: enqueued in ${enqueueMs.toFixed(0)} ms, run in ${runMs.toFixed(0)} ms ` +
      `(${Math.round(2_000_000 / runMs)}/s)\n`,
  );
});
