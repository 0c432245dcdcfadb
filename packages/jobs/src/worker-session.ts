import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { Clock } from "@calsync/lib";
import { runTaskList, type TaskList, type WorkerEvents, type WorkerPool } from "graphile-worker";
import pg from "pg";
import { engineLogger } from "./engine-log.ts";
import type { SqlExecutor } from "./enqueue.ts";
import type { JobLog, JobRegistration } from "./handler.ts";
import { type ProofOfLife, type ProofTimings, proveLife } from "./proof-of-life.ts";
import { type Outcome, runJob } from "./run-job.ts";
import { type ScheduledJob, startSchedule } from "./schedule.ts";
import { settleJob } from "./settle-job.ts";
import { SocketSet } from "./socket-set.ts";
import { sweep } from "./sweep.ts";

/** How often a worker looks around. */
export interface WorkerTimings extends ProofTimings {
  /** Pause between two looks for dead workers, give or take a fifth. */
  sweepMs: number;
  /** A worker whose lock is free counts as dead when its last sign of life is older than this. */
  unseenMs: number;
  /** Pause between two looks for jobs whose time has come; new jobs are announced and wait for nothing. */
  pollMs: number;
}

/** What a worker does for as long as its connections last. */
export interface SessionOptions {
  url: string;
  concurrency: number;
  handlers: readonly JobRegistration[];
  schedule: readonly ScheduledJob[];
  timings: WorkerTimings;
  log: JobLog;
  clock: Clock;
  random: () => number;
  /** Called for each job at its start and at its end. */
  onRun(change: "started" | Outcome["kind"]): void;
}

/** From one successful start to the first failure of what it stands on, or to its stop. */
export interface WorkerSession {
  readonly poolId: string;
  /** Whether it takes jobs; false from the moment that it begins to end. */
  isActive(): boolean;
  /** Resolves with the reason when the session can no longer go on; it has let go of everything by then. */
  readonly lost: Promise<string>;
  /** Takes no more jobs, returns those that have not started, waits `limitMs` for those that run, then cuts them short. */
  stop(limitMs: number): Promise<void>;
  /** Whether one of the worker's jobs is due or held by any worker. */
  hasWork(): Promise<boolean>;
}

/** How long handlers get to end after they were told to. */
const ABORT_GRACE_MS = 2_000;
/** Jobs beyond those that run are handed back when they could not start within this time, so that an idle worker takes them. */
const PREFETCH_TTL_MS = 1_000;
/** Done jobs are deleted together, this many milliseconds' worth at a time. */
const DONE_BATCH_MS = 50;

/**
 * Proves life, then runs jobs until it is stopped or the proof is lost.
 *
 * @throws when the database cannot be reached
 */
export async function startSession(options: SessionOptions): Promise<WorkerSession> {
  const { url, concurrency, handlers, timings, log } = options;
  const poolId = `pool-${randomUUID()}`;
  const sockets = new SocketSet();
  // Connections are made as they are needed: one listens, the rest fetch and settle jobs.
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "calsync worker",
    max: concurrency + 3,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    stream: sockets.open,
  });
  const abort = new AbortController();
  let engine: WorkerPool | undefined;
  let proof: ProofOfLife | undefined;
  const stopTimers: (() => void)[] = [];

  let ending: Promise<void> | undefined;
  const endOnce = (reason: string, limitMs: number): Promise<void> => {
    // Not called in place: ending the engine makes it report that it ends, which comes back here.
    ending ??= Promise.resolve().then(() => end(reason, limitMs));
    return ending;
  };
  let reportLost: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    reportLost = resolve;
  });
  const lose = (reason: string) => {
    abort.abort(new Error(reason));
    void endOnce(reason, ABORT_GRACE_MS).then(() => reportLost(reason));
  };

  async function end(reason: string, limitMs: number): Promise<void> {
    for (const stopTimer of stopTimers) stopTimer();
    const stopped = engine ? whenStopped(engine) : Promise.resolve();
    let ended = await within(stopped, limitMs);
    const proofLost = abort.signal.aborted;
    if (!ended && !proofLost) {
      abort.abort(new Error(reason));
      ended = await within(stopped, ABORT_GRACE_MS);
    }
    if (!ended) log.warn({ poolId }, "Jobs did not end in time; other workers take them over");
    // Without proof, and with jobs that still run, others wait until this process has certainly noticed.
    const clean = (ended || !proofLost) && (await within(release(pool, poolId), ABORT_GRACE_MS));
    if (engine && !ended) void Promise.resolve(engine.forcefulShutdown(reason)).catch(() => {});
    await proof?.release(clean);
    if (!(await within(pool.end(), ABORT_GRACE_MS))) sockets.destroy();
  }

  try {
    proof = await proveLife({ url, poolId, timings }, (reason) =>
      lose(`The worker cannot prove that it lives: ${reason}`),
    );
  } catch (error) {
    await pool.end();
    throw error;
  }

  const events: WorkerEvents = new EventEmitter();
  // The engine locks jobs in the name of its pool's id and takes a random one. Ours is the one that the proof was made for; it
  // has to be in place before the first job is fetched, which is right after this event.
  events.on("pool:create", ({ workerPool }) => {
    workerPool.id = poolId;
  });
  // Also when the engine gives up by itself, because it could not write what became of a job.
  events.on("pool:gracefulShutdown", ({ message }) => {
    if (!ending) lose(`The engine stopped: ${message}`);
  });
  pool.on("error", (error) => log.warn({ err: error }, "An idle database connection of the worker failed"));
  pool.on("connect", (client) => {
    client.on("error", (error) => log.warn({ err: error }, "A database connection of the worker failed"));
  });

  engine = runTaskList(
    {
      concurrency,
      noHandleSignals: true,
      pollInterval: timings.pollMs,
      gracefulShutdownAbortTimeout: 2 ** 31 - 1,
      logger: engineLogger(log),
      events,
      preset: {
        worker: {
          localQueue: { size: concurrency, ttl: PREFETCH_TTL_MS },
          completeJobBatchDelay: DONE_BATCH_MS,
          failJobBatchDelay: DONE_BATCH_MS,
        },
      },
    },
    tasksOf(options, executorOf(pool), poolId, abort.signal),
    pool,
  );
  engine.promise.catch((error: unknown) => {
    if (!ending) lose(`The engine stopped: ${String(error)}`);
  });
  stopTimers.push(startSweeping(pool, options), startSchedule(pool, options.schedule, log));

  const names = JSON.stringify(handlers.map(({ job }) => job.name));
  return {
    poolId,
    isActive: () => !ending,
    lost,
    stop: (limitMs) => endOnce("The worker is stopping", limitMs),
    async hasWork() {
      const { rows } = await pool.query<{ work: boolean }>(HAS_WORK, [names]);
      return rows[0]?.work ?? false;
    },
  };
}

/** What the engine calls for each job. */
function tasksOf(options: SessionOptions, sql: SqlExecutor, poolId: string, signal: AbortSignal): TaskList {
  const { handlers, log, clock, random, onRun } = options;
  const tasks: TaskList = {};
  for (const registration of handlers) {
    tasks[registration.job.name] = async (payload, { job }) => {
      onRun("started");
      const { id, attempts, max_attempts: maxAttempts, key: storedKey } = job;
      const fetched = { id, payload, attempts, maxAttempts, key: storedKey };
      const { outcome, key } = await runJob(registration, fetched, { log, signal, clock, random });
      onRun(outcome.kind);
      if (outcome.kind === "done") return;
      // When this fails the engine takes over with its own pause, or the sweep does.
      const held = await settleJob(sql, fetched, outcome, { lockedBy: poolId, key });
      if (!held) log.warn({ job: registration.job.name, jobId: id }, "Another worker holds this job by now");
    };
  }
  return tasks;
}

function startSweeping(pool: pg.Pool, { timings, log, random }: SessionOptions): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const next = async () => {
    try {
      await sweep(pool, timings.unseenMs, log);
    } catch (error) {
      if (!stopped) log.warn({ err: error }, "Dead workers could not be looked for; trying again");
    }
    if (!stopped) timer = setTimeout(next, timings.sweepMs * (0.8 + 0.4 * random()));
  };
  void next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** A pg pool as what enqueueing and settling need. */
function executorOf(pool: pg.Pool): SqlExecutor {
  return {
    async $queryRawUnsafe<T>(sql: string, ...values: unknown[]) {
      const { rows } = await pool.query(sql, values);
      return rows as T;
    },
  };
}

/** Lets the engine end: it hands back what has not started and waits for what runs. */
async function whenStopped(engine: WorkerPool): Promise<void> {
  try {
    await (engine._shuttingDown ? engine.promise : engine.gracefulShutdown());
  } catch {
    // It has reported what went wrong to the log, and has ended all the same.
  }
}

/** Hands back what the worker holds although it still runs; a new id keeps a late end from deleting another worker's run. */
async function release(pool: pg.Pool, poolId: string): Promise<void> {
  await pool.query(
    `update graphile_worker._private_jobs
     set id = default, locked_at = null, locked_by = null, attempts = greatest(0, attempts - 1), updated_at = now()
     where locked_by = $1::text`,
    [poolId],
  );
}

/** Whether the promise came true in time; false also when it failed. */
async function within(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const inTime = promise.then(
    () => true,
    () => false,
  );
  const result = await Promise.race([inTime, timeout]);
  clearTimeout(timer);
  return result;
}

const HAS_WORK = `
select exists (
  select from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
  where task.identifier in (select json_array_elements_text($1::json))
    and (job.locked_at is not null or (job.is_available and job.run_at <= now()))
) as work`;
