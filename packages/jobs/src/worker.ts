import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs, type Clock, systemClock } from "@calsync/lib";
import { silentLog } from "./engine-log.ts";
import type { JobLog, JobRegistration } from "./handler.ts";
import { migrateJobs } from "./migrate.ts";
import { noticedAfterMs } from "./proof-of-life.ts";
import type { Outcome } from "./run-job.ts";
import type { ScheduledJob } from "./schedule.ts";
import { startSession, type WorkerSession, type WorkerTimings } from "./worker-session.ts";

/**
 * Jobs of a worker that was killed run again elsewhere after at most `unseenMs` and one sweep: 15 s. A worker that lost its
 * connection has noticed after `beatMs` and `lostAfterMs`, 8 s, before anybody may take its jobs.
 */
export const DEFAULT_TIMINGS: WorkerTimings = {
  beatMs: 2_000,
  lostAfterMs: 5_000,
  unseenMs: 9_000,
  serverGivesUpAfterMs: 12_000,
  sweepMs: 5_000,
  pollMs: 1_000,
};

/** What a worker works on. */
export interface WorkerOptions {
  /** Of the database itself, or of a pooler in session mode: the worker listens, and holds a lock for as long as it lives. */
  url: string;
  /** Jobs at a time in this process. */
  concurrency: number;
  /** Each made by {@link handleJob}; one per job name. */
  handlers: readonly JobRegistration[];
  schedule?: readonly ScheduledJob[];
  log?: JobLog;
  /** For `now()` of handlers; when jobs run is decided by the database's time. */
  clock?: Clock;
  /** Overrides some of {@link DEFAULT_TIMINGS}. */
  timings?: Partial<WorkerTimings>;
}

/** What a worker has done since it started. */
export interface WorkerStats {
  /** Whether it can take jobs now; false while it waits for the database to come back. */
  connected: boolean;
  /** Jobs that run at this moment. */
  running: number;
  /** Runs that ended, by how. */
  ended: Readonly<Record<Outcome["kind"], number>>;
  /** How often it had to start over because it lost its database. */
  restarts: number;
}

/** A worker that has been started. */
export interface RunningWorker {
  /**
   * Takes no more jobs, returns those it fetched but did not start, and waits for those that run. After `limitMs` (10 s when
   * left out) their signals are aborted, and 2 s later they are handed to other workers as they are.
   */
  stop(options?: { limitMs?: number }): Promise<void>;
  /**
   * Waits until no job that this worker can run is due or running anywhere.
   *
   * @throws when there still is one after `timeoutMs` (60 s when left out)
   */
  drain(options?: { timeoutMs?: number }): Promise<void>;
  stats(): WorkerStats;
}

const RESTART_BACKOFF = { baseMs: 500, ceilingMs: 30_000 };

/**
 * Starts a worker in this process. It brings the queue's tables up to date, and from then on survives the loss of its database:
 * it ends what it runs, and starts over when the database is back. Handles no signals; the app calls `stop`.
 *
 * @throws when the database cannot be reached at the start, or two handlers have one job
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { url, handlers, concurrency, schedule = [], log = silentLog, clock = systemClock } = options;
  const names = handlers.map(({ job }) => job.name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) throw new RangeError(`Job "${doubled}" has two handlers.`);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`A worker's concurrency is a whole number from 1, not ${concurrency}.`);
  }
  const timings = checkTimings({ ...DEFAULT_TIMINGS, ...options.timings });

  const ended: Record<Outcome["kind"], number> = { done: 0, again: 0, retry: 0, failed: 0, released: 0 };
  let running = 0;
  let restarts = 0;
  const begin = async () => {
    // Each time, because a newer version may have changed the tables meanwhile in a way that this one must not work on.
    await migrateJobs(url, { log });
    return startSession({
      url,
      concurrency,
      handlers,
      schedule,
      timings,
      log,
      clock,
      random: Math.random,
      onRun(change) {
        running += change === "started" ? 1 : -1;
        if (change !== "started") ended[change]++;
      },
    });
  };

  let session: WorkerSession | undefined = await begin();
  log.info({ jobs: names, concurrency, poolId: session.poolId }, "Worker started");
  const stopping = new AbortController();

  async function supervise(): Promise<void> {
    while (session && !stopping.signal.aborted) {
      const reason = await Promise.race([session.lost, whenAborted(stopping.signal)]);
      if (reason === null) return;
      session = undefined;
      log.error({ reason }, "The worker lost its database; it starts over");
      for (let attempt = 1; !session && !stopping.signal.aborted; attempt++) {
        await sleep(backoffMs({ attempt, ...RESTART_BACKOFF, random: Math.random }), undefined, {
          signal: stopping.signal,
        }).catch(() => {});
        if (stopping.signal.aborted) return;
        session = await begin().catch((error: unknown) => {
          log.warn({ err: error, attempt }, "The worker cannot use its database; trying again");
          return undefined;
        });
      }
      restarts++;
    }
  }
  const supervised = supervise();

  return {
    async stop({ limitMs = 10_000 } = {}) {
      stopping.abort();
      await supervised;
      await session?.stop(limitMs);
      session = undefined;
      log.info({ ended }, "Worker stopped");
    },
    async drain({ timeoutMs = 60_000 } = {}) {
      const deadline = performance.now() + timeoutMs;
      while (!session || (await session.hasWork().catch(() => true))) {
        if (performance.now() > deadline) throw new Error(`Jobs were still waiting after ${timeoutMs} ms.`);
        await sleep(25);
      }
    },
    stats: () => ({ connected: session?.isActive() ?? false, running, ended: { ...ended }, restarts }),
  };
}

function checkTimings(timings: WorkerTimings): WorkerTimings {
  const noticedMs = noticedAfterMs(timings);
  if (timings.unseenMs <= noticedMs || timings.serverGivesUpAfterMs <= noticedMs) {
    throw new RangeError(
      `unseenMs and serverGivesUpAfterMs are longer than the ${noticedMs} ms in which a worker notices by beatMs and ` +
        "lostAfterMs that it lost its connection, or a worker that lives may lose its jobs to another.",
    );
  }
  return timings;
}

function whenAborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}
