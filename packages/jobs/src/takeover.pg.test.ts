import { type ChildProcess, fork } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enqueue, enqueueMany } from "./enqueue.ts";
import { handleJob, type JobHandler } from "./handler.ts";
import { type Message, QUICK, step } from "./takeover.fixture.ts";
import { type RunningWorker, startWorker } from "./worker.ts";

let db: TestDatabase;
const processes: ChildProcess[] = [];
const workers: RunningWorker[] = [];
const messages: (Message & { pid: number | undefined; at: number })[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  messages.length = 0;
  await db.prisma.$executeRawUnsafe("delete from graphile_worker._private_jobs");
});
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  await Promise.all(workers.splice(0).map((worker) => worker.stop({ limitMs: 0 })));
});

/** A worker in a process of its own, which can be killed for good. */
async function startProcess(concurrency = 4): Promise<ChildProcess> {
  const child = fork(
    fileURLToPath(new URL("./takeover.fixture.ts", import.meta.url)),
    [db.url, String(concurrency)],
    {
      execArgv: ["--conditions=@calsync/source", "--disable-warning=ExperimentalWarning"],
    },
  );
  processes.push(child);
  child.on("message", (message: Message) =>
    messages.push({ ...message, pid: child.pid, at: performance.now() }),
  );
  await until(() => messages.some(({ event, pid }) => event === "ready" && pid === child.pid));
  return child;
}

async function startHere(handler: JobHandler<{ id: number }>, url = db.url) {
  const worker = await startWorker({
    url,
    concurrency: 4,
    timings: QUICK,
    handlers: [handleJob(step, handler)],
  });
  workers.push(worker);
  return worker;
}

const told = (event: Message["event"], id: number) =>
  messages.filter((message) => message.event === event && message.id === id);
const idsOf = (event: Message["event"]) =>
  new Set(messages.filter((m) => m.event === event).map((m) => m.id));
const jobsLeft = async () => {
  const rows = await db.prisma.$queryRawUnsafe<{ count: number }[]>(
    "select count(*)::int from graphile_worker._private_jobs",
  );
  return rows[0]?.count ?? 0;
};

async function until(condition: () => boolean | Promise<boolean>, limitMs = 15_000) {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Did not come true in ${limitMs} ms: ${condition}`);
    await sleep(10);
  }
}

describe("a worker that is killed", () => {
  test("leaves its jobs to another, those that ran and those it fetched ahead, with no attempt used up", async () => {
    const victim = await startProcess(2);
    await enqueueMany(
      db.prisma,
      [1, 2, 3, 4, 5].map((id) => ({ job: step, payload: { id, sleepMs: 60_000 } })),
    );
    await until(() => idsOf("start").size === 2);
    const attempts: number[] = [];
    const seen = new Set<number>();
    await startHere(async ({ id }, context) => {
      seen.add(id);
      attempts.push(context.attempt);
    });
    victim.kill("SIGKILL");
    // Without a takeover they would stay locked for four hours.
    await until(() => seen.size === 5);
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
    await until(async () => (await jobsLeft()) === 0);
  });

  test("again and again, at random moments, loses no job", async () => {
    const ids = Array.from({ length: 200 }, (_, id) => id);
    await enqueueMany(
      db.prisma,
      ids.map((id) => ({ job: step, payload: { id, sleepMs: id % 20 } })),
    );
    for (let kills = 0; kills < 8; kills++) {
      const victim = await startProcess(3);
      await sleep(Math.random() * 100);
      victim.kill("SIGKILL");
    }
    expect(await jobsLeft()).toBeGreaterThan(0);
    await startProcess(4);
    await until(async () => (await jobsLeft()) === 0, 30_000);
    expect(idsOf("end").size).toBe(ids.length);
  });

  test("by its own jobs is not killed by them for ever", async () => {
    await startHere(async () => {});
    await db.prisma.$executeRawUnsafe(
      "insert into calsync_jobs.worker (pool_id, host, pid, seen_at) values ('pool-x', 'h', 1, '2026-01-01')",
    );
    await enqueue(db.prisma, step, { id: 1 }, { runAt: new Date(Date.now() + 3_600_000) });
    const holdAs = (attempts: number) =>
      db.prisma.$executeRawUnsafe(
        "update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now(), attempts = attempts + $1::int",
        attempts,
      );
    const job = async () => {
      const rows = await db.prisma.$queryRawUnsafe<{ attempts: number; locked_by: string | null }[]>(
        "select attempts::int, locked_by from graphile_worker._private_jobs",
      );
      return rows[0];
    };
    await holdAs(1);
    await until(async () => (await job())?.locked_by === null);
    expect(await job()).toMatchObject({ attempts: 0 });
    await db.prisma.$executeRawUnsafe("update calsync_jobs.interruption set times = 25");
    await holdAs(1);
    await until(async () => (await job())?.locked_by === null);
    expect(await job()).toMatchObject({ attempts: 1 });
  });
});

describe("a worker that lives", () => {
  test("keeps its jobs however slow it is: blocked for longer than all limits, nobody takes them", async () => {
    const slow = await startProcess(1);
    await enqueue(db.prisma, step, { id: 1, blockMs: 4_000 });
    await until(() => told("start", 1).length === 1);
    let robbed = 0;
    await startHere(async () => {
      robbed++;
    });
    await until(() => told("end", 1).length === 1);
    slow.send("stats");
    await until(() => messages.some(({ event }) => event === "stats"));
    expect(messages.find(({ event }) => event === "stats")).toMatchObject({ restarts: 0 });
    expect(robbed).toBe(0);
    await until(async () => (await jobsLeft()) === 0);
  });

  test("that is cut off ends its jobs before another one takes them, and starts over when it is back", async () => {
    const line = await startLine(db.url);
    let abortedAt = 0;
    let takenAt = 0;
    const cutOff = await startHere(async (_payload, { signal }) => {
      await sleep(60_000, undefined, { signal }).catch(() => {});
      abortedAt = performance.now();
      throw new Error("cut off");
    }, line.url);
    await enqueue(db.prisma, step, { id: 1 });
    await until(() => cutOff.stats().running === 1);
    line.freeze();
    const other = await startHere(async () => {
      takenAt = performance.now();
    });
    await until(() => takenAt > 0);
    expect(abortedAt).toBeGreaterThan(0);
    expect(takenAt).toBeGreaterThan(abortedAt);
    expect(cutOff.stats().connected).toBe(false);

    await other.stop();
    line.thaw();
    await until(() => cutOff.stats().connected);
    expect(cutOff.stats().restarts).toBe(1);
    await enqueue(db.prisma, step, { id: 2 });
    await until(() => cutOff.stats().running === 1);
    await cutOff.stop({ limitMs: 0 });
    await line.close();
  });

  test("that loses all connections at once, as when the database restarts, goes on by itself", async () => {
    let aborted = 0;
    let ended = 0;
    const worker = await startHere(async (_payload, { signal }) => {
      if (aborted > 0) {
        ended++;
        return;
      }
      await sleep(60_000, undefined, { signal }).catch(() => {
        aborted++;
      });
      signal.throwIfAborted();
    });
    await enqueueMany(
      db.prisma,
      [1, 2, 3].map((id) => ({ job: step, payload: { id } })),
    );
    await until(() => worker.stats().running === 3);
    await db.prisma.$queryRawUnsafe(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'calsync worker%' and datname = current_database()",
    );
    await until(() => ended === 3);
    expect(aborted).toBe(3);
    await until(async () => (await jobsLeft()) === 0);
    expect(worker.stats()).toMatchObject({ connected: true, restarts: 1, running: 0 });
  });
});

/** A line to the database that can be frozen: connections stay, and nothing comes through. */
async function startLine(databaseUrl: string) {
  const target = new URL(databaseUrl);
  let frozen = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (data) => {
        if (!frozen) to.write(data);
      });
      // The server gives a lost machine up after a while; here when the worker lets go.
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return {
    url: url.href,
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
