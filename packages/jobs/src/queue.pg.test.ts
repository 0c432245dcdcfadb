import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { enqueue } from "./enqueue.ts";
import { handleJob } from "./handler.ts";
import { type JobFilter, listJobs, runJobNow } from "./job-list.ts";
import { migrateJobs } from "./migrate.ts";
import { deleteOldFailedJobs, discardJob, failedJobs, jobStats, retryJob } from "./queue.ts";
import { runJobsUntilEmpty } from "./run-until-empty.ts";

const flaky = defineJob({
  name: "flaky",
  payload: z.object({ n: z.number() }),
  maxAttempts: 1,
  key: ({ n }) => `${n}`,
});
const failing = [handleJob(flaky, () => Promise.reject(new Error("boom")))];

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await migrateJobs(db.url);
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
});

async function failOnce(n: number): Promise<string> {
  await enqueue(db.prisma, flaky, { n });
  await runJobsUntilEmpty(db.prisma, failing);
  const [newest] = await failedJobs(db.prisma, { limit: 1 });
  return newest?.id ?? "";
}

describe("the queue", () => {
  test("counts jobs by name and state, and says how long the oldest has been due", async () => {
    await failOnce(0);
    await enqueue(db.prisma, flaky, { n: 1 }, { runAt: new Date(Date.now() - 60_000) });
    await enqueue(db.prisma, flaky, { n: 2 });
    await enqueue(db.prisma, flaky, { n: 3 }, { runAt: new Date(Date.now() + 60_000) });
    await enqueue(db.prisma, flaky, { n: 4 }, { runAt: new Date(Date.now() + 60_000) });
    await db.prisma.$executeRawUnsafe(
      "update graphile_worker._private_jobs set last_error = 'x' where key = 'flaky:4'",
    );
    await enqueue(db.prisma, flaky, { n: 5 });
    await db.prisma.$executeRawUnsafe(
      "update graphile_worker._private_jobs set locked_at = now() where key = 'flaky:5'",
    );
    const { jobs, workers } = await jobStats(db.prisma);
    expect(jobs).toEqual([
      {
        name: "flaky",
        running: 1,
        due: 2,
        scheduled: 1,
        retrying: 1,
        failed: 1,
        oldestDueMs: expect.any(Number),
      },
    ]);
    expect(jobs[0]?.oldestDueMs).toBeGreaterThanOrEqual(60_000);
    expect(jobs[0]?.oldestDueMs).toBeLessThan(120_000);
    expect(workers).toEqual([]);
  });

  test("lists jobs by state, name and payload, the newest first and page by page", async () => {
    await failOnce(0);
    await enqueue(db.prisma, flaky, { n: 1 }, { runAt: new Date(Date.now() + 60_000) });
    await enqueue(db.prisma, flaky, { n: 2 });
    const numbers = async (filter: JobFilter) =>
      (await listJobs(db.prisma, filter)).map(({ payload }) => (payload as { n: number }).n);
    expect(await numbers({})).toEqual([2, 1, 0]);
    expect(await numbers({ states: ["failed"] })).toEqual([0]);
    expect(await numbers({ states: ["scheduled", "due"], names: ["flaky"] })).toEqual([2, 1]);
    expect(await numbers({ names: ["other"] })).toEqual([]);
    expect(await numbers({ payload: { n: ["1", "0"], other: ["2"] } })).toEqual([1, 0]);
    expect(await numbers({ payload: { n: [] } })).toEqual([]);
    const pages: number[] = [];
    for (let after: JobFilter["after"]; ; ) {
      const [job] = await listJobs(db.prisma, { limit: 1, ...(after ? { after } : {}) });
      if (!job) break;
      pages.push((job.payload as { n: number }).n);
      after = { createdAt: job.createdAt, id: job.id };
    }
    expect(pages).toEqual([2, 1, 0]);
    const [failed] = await listJobs(db.prisma, { states: ["failed"] });
    expect(failed).toMatchObject({ name: "flaky", attempts: 1, maxAttempts: 1, lastError: "Error: boom" });
  });

  test("a job that waits for its time can be run now", async () => {
    await enqueue(db.prisma, flaky, { n: 1 }, { runAt: new Date(Date.now() + 3_600_000) });
    const [job] = await listJobs(db.prisma);
    expect(await runJobNow(db.prisma, job?.id ?? "")).toBe(true);
    expect(await runJobsUntilEmpty(db.prisma, failing)).toHaveLength(1);
    const [failed] = await listJobs(db.prisma);
    expect(await runJobNow(db.prisma, failed?.id ?? "")).toBe(false);
  });

  test("a failed job can be retried with all of its attempts, or discarded; others cannot", async () => {
    const [first, second] = [await failOnce(1), await failOnce(2)];
    expect(await retryJob(db.prisma, first)).toBe(true);
    expect(await retryJob(db.prisma, first)).toBe(false);
    expect(await discardJob(db.prisma, first)).toBe(false);
    expect(await discardJob(db.prisma, second)).toBe(true);
    expect(await discardJob(db.prisma, second)).toBe(false);
    expect(await runJobsUntilEmpty(db.prisma, failing)).toMatchObject([{ payload: { n: 1 }, attempt: 1 }]);
  });

  test("a failed job does not hold up new ones of its key", async () => {
    await failOnce(1);
    await enqueue(db.prisma, flaky, { n: 1 });
    expect(await runJobsUntilEmpty(db.prisma, [handleJob(flaky, async () => {})])).toMatchObject([
      { outcome: { kind: "done" } },
    ]);
    expect(await failedJobs(db.prisma)).toHaveLength(1);
  });

  test("cleaning up deletes old failures, and all but the newest of the same job", async () => {
    const [old, , kept, other] = [await failOnce(1), await failOnce(2), await failOnce(2), await failOnce(3)];
    await db.prisma.$executeRawUnsafe(
      "update graphile_worker._private_jobs set updated_at = now() - interval '31 days' where id = $1::bigint",
      old,
    );
    await enqueue(db.prisma, flaky, { n: 4 });
    expect(await deleteOldFailedJobs(db.prisma)).toBe(2);
    expect((await failedJobs(db.prisma)).map(({ id }) => id)).toEqual([other, kept]);
    expect((await jobStats(db.prisma)).jobs).toMatchObject([{ due: 1, failed: 2 }]);
  });
});

test("migrateJobs may run several times and at once", async () => {
  const empty = await createTestDatabase({ migrated: false });
  try {
    await Promise.all([migrateJobs(empty.url), migrateJobs(empty.url), migrateJobs(empty.url)]);
    await migrateJobs(empty.url);
    expect(await jobStats(empty.prisma)).toEqual({ jobs: [], workers: [] });
  } finally {
    await empty.drop();
  }
});
