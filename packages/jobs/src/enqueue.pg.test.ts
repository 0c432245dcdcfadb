import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { enqueue, enqueueMany } from "./enqueue.ts";
import { JobPayloadError } from "./errors.ts";

const pull = defineJob({
  name: "pull",
  payload: z.object({ calendar: z.string(), reason: z.string().optional() }),
  maxAttempts: 8,
  key: ({ calendar }) => calendar,
});
const debounced = defineJob({ ...pull, name: "debounced", keyMode: "preserve_run_at" });
const mail = defineJob({ name: "mail", payload: z.object({ to: z.string() }), maxAttempts: 3, priority: 5 });

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
});

interface Row {
  name: string;
  payload: unknown;
  key: string | null;
  run_at: Date;
  priority: number;
  attempts: number;
  max_attempts: number;
}
const rows = () =>
  db.prisma.$queryRawUnsafe<Row[]>(
    `select t.identifier as name, payload, key, run_at, priority, attempts, max_attempts
     from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id order by j.id`,
  );

describe("enqueue", () => {
  test("a job and the change that causes it commit together, or neither does (invariant 3)", async () => {
    const change = async (fails: boolean) =>
      db.prisma.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(`create table "change${Number(fails)}" (id int)`);
        await enqueue(tx, mail, { to: "a@example.test" });
        if (fails) throw new Error("rolled back");
      });
    await expect(change(true)).rejects.toThrow("rolled back");
    expect(await rows()).toEqual([]);
    await change(false);
    expect(await rows()).toMatchObject([
      {
        name: "mail",
        payload: { to: "a@example.test" },
        key: null,
        priority: 5,
        attempts: 0,
        max_attempts: 3,
      },
    ]);
  });

  test("jobs of one key coalesce while they wait; the last one counts", async () => {
    const soon = new Date(Date.now() + 60_000);
    await enqueue(db.prisma, pull, { calendar: "c1", reason: "poll" }, { runAt: soon });
    await enqueue(db.prisma, pull, { calendar: "c1", reason: "notification" });
    await enqueue(db.prisma, pull, { calendar: "c2" });
    const [first, second, ...more] = await rows();
    expect(first).toMatchObject({ key: "pull:c1", payload: { calendar: "c1", reason: "notification" } });
    expect(first?.run_at.getTime()).toBeLessThan(soon.getTime());
    expect(second).toMatchObject({ key: "pull:c2" });
    expect(more).toEqual([]);
  });

  test("preserve_run_at keeps the time of the waiting job", async () => {
    const soon = new Date(Date.now() + 1_000);
    await enqueue(db.prisma, debounced, { calendar: "c1" }, { runAt: soon });
    await enqueue(
      db.prisma,
      debounced,
      { calendar: "c1", reason: "later" },
      { runAt: new Date(Date.now() + 60_000) },
    );
    expect(await rows()).toMatchObject([{ run_at: soon, payload: { reason: "later" } }]);
  });

  test("two kinds of job may use one key; a key may be overridden or left out", async () => {
    await enqueueMany(db.prisma, [
      { job: pull, payload: { calendar: "c" } },
      { job: debounced, payload: { calendar: "c" } },
      { job: pull, payload: { calendar: "c" }, key: "other" },
      { job: pull, payload: { calendar: "c" }, key: null },
      { job: pull, payload: { calendar: "c" }, key: null, priority: -1 },
    ]);
    expect((await rows()).map(({ key }) => key).toSorted()).toEqual(
      ["debounced:c", "pull:c", "pull:other", null, null].toSorted(),
    );
  });

  test("any number of jobs takes one statement, and of one key in a list the last counts", async () => {
    let statements = 0;
    const counting = {
      $queryRawUnsafe<T>(sql: string, ...values: unknown[]) {
        statements++;
        return db.prisma.$queryRawUnsafe<T>(sql, ...values);
      },
    };
    await enqueueMany(counting, []);
    expect(statements).toBe(0);
    const jobs = Array.from({ length: 500 }, (_, index) => [
      { job: pull, payload: { calendar: `c${index % 250}`, reason: String(index) } },
      { job: debounced, payload: { calendar: `c${index}` } },
      { job: mail, payload: { to: "a" } },
    ]).flat();
    await enqueueMany(counting, jobs);
    expect(statements).toBe(1);
    const stored = await rows();
    expect(stored).toHaveLength(250 + 500 + 500);
    expect(stored.find(({ key }) => key === "pull:c0")?.payload).toEqual({ calendar: "c0", reason: "250" });
  });

  test("one payload that does not fit refuses the whole list", async () => {
    const jobs = [
      { job: mail, payload: { to: "a" } },
      { job: mail, payload: { to: 5 } },
    ];
    await expect(enqueueMany(db.prisma, jobs)).rejects.toThrow(JobPayloadError);
    expect(await rows()).toEqual([]);
  });

  test("a job that is fetched in the middle of enqueueing its key is followed by another one", async () => {
    await enqueue(db.prisma, pull, { calendar: "c1", reason: "old" });
    const worker = new pg.Client({ connectionString: db.url });
    await worker.connect();
    try {
      // A worker is fetching the job: the row is locked, and not yet seen as fetched by others.
      await worker.query("begin");
      await worker.query(
        "update graphile_worker._private_jobs set locked_by = 'test', locked_at = now(), attempts = 1 where key = 'pull:c1'",
      );
      const enqueued = enqueue(db.prisma, pull, { calendar: "c1", reason: "new" });
      await waitForLockWait(worker);
      await worker.query("commit");
      await enqueued;
    } finally {
      await worker.end();
    }
    expect(await rows()).toMatchObject([
      { key: null, payload: { reason: "old" } },
      { key: "pull:c1", payload: { reason: "new" }, attempts: 0 },
    ]);
  });
});

async function waitForLockWait(client: pg.Client) {
  for (;;) {
    const { rows: waiting } = await client.query(
      "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("commits that need not reach the disk", () => {
  const commitOf = async (durable: boolean) =>
    db.prisma.$transaction(async (tx) => {
      await enqueueMany(tx, [{ job: pull, payload: { calendar: "hinted" } }], { durable });
      const [row] = await tx.$queryRawUnsafe<{ setting: string }[]>(
        "select current_setting('synchronous_commit') as setting",
      );
      return row?.setting;
    });

  test("a hint does not wait for the disk, and says so for its own transaction alone", async () => {
    const [usual] =
      await db.prisma.$queryRawUnsafe<{ synchronous_commit: string }[]>("show synchronous_commit");
    expect(await commitOf(false)).toBe("off");
    expect(await commitOf(true)).toBe(usual?.synchronous_commit);
    expect(await rows()).toMatchObject([{ name: "pull", payload: { calendar: "hinted" } }]);
  });
});
