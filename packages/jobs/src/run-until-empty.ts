import { type Clock, systemClock } from "@calsync/lib";
import { silentLog } from "./engine-log.ts";
import type { SqlExecutor } from "./enqueue.ts";
import type { JobLog, JobRegistration } from "./handler.ts";
import { type FetchedJob, type Outcome, runJob } from "./run-job.ts";
import { settleJob } from "./settle-job.ts";

/** How far jobs are run. */
export interface RunUntilEmptyOptions {
  /** Decides what is due, and what handlers see; the real time when left out. */
  clock?: Clock;
  log?: JobLog;
  /** Gives up after so many runs, which a test that goes round in circles reaches; 1,000 when left out. */
  limit?: number;
  /** Jitter of pauses; none (the longest pause) when left out. */
  random?: () => number;
}

/** One run, in the order of running. */
export interface JobRun {
  name: string;
  payload: unknown;
  attempt: number;
  outcome: Outcome;
}

const LOCKED_BY = "run-until-empty";

/**
 * Runs everything that is due, one job after the other in the order of priority, time and creation, in this process; what these
 * jobs enqueue too. For tests: retries and times follow `clock`, which a test sets. A job enqueued without a time is due whatever
 * the clock says.
 *
 * @param sql a client, not a transaction: each job is fetched and settled by statements of their own
 * @param handlers jobs of other names are left alone
 * @returns the runs, failures among them; a failure throws nothing
 * @throws when there is still work after `limit` runs
 */
export async function runJobsUntilEmpty(
  sql: SqlExecutor,
  handlers: readonly JobRegistration[],
  { clock = systemClock, log = silentLog, limit = 1_000, random = () => 1 }: RunUntilEmptyOptions = {},
): Promise<JobRun[]> {
  const names = JSON.stringify(handlers.map(({ job }) => job.name));
  const signal = new AbortController().signal;
  const runs: JobRun[] = [];
  for (;;) {
    const rows = await sql.$queryRawUnsafe<(FetchedJob & { name: string })[]>(
      FETCH,
      names,
      clock().toISOString(),
    );
    const fetched = rows[0];
    if (!fetched) return runs;
    const registration = handlers.find(({ job }) => job.name === fetched.name);
    if (!registration) throw new Error(`Job "${fetched.name}" was fetched without a handler.`);
    const { outcome, key } = await runJob(registration, fetched, { log, signal, clock, random });
    if (outcome.kind === "done") {
      await sql.$queryRawUnsafe(
        "delete from graphile_worker._private_jobs where id = $1::bigint and locked_by = $2::text returning 1 as one",
        fetched.id,
        LOCKED_BY,
      );
    } else {
      await settleJob(sql, fetched, outcome, { lockedBy: LOCKED_BY, key, now: clock() });
    }
    runs.push({ name: fetched.name, payload: fetched.payload, attempt: fetched.attempts, outcome });
    if (runs.length >= limit) {
      const last = runs.slice(-5).map(({ name, outcome: { kind } }) => `${name} (${kind})`);
      throw new Error(`There is still work after ${limit} runs; the last were ${last.join(", ")}.`);
    }
  }
}

/** "As soon as possible" is stored as the time of the statement that enqueued it, which is how it is told from a chosen time. */
const FETCH = `
update graphile_worker._private_jobs job
set attempts = job.attempts + 1, locked_by = '${LOCKED_BY}', locked_at = now()
from graphile_worker._private_tasks task
where task.id = job.task_id and job.id = (
  select due.id
  from graphile_worker._private_jobs due join graphile_worker._private_tasks task on task.id = due.task_id
  where due.is_available and task.identifier in (select json_array_elements_text($1::json))
    and (due.run_at <= $2::timestamptz or due.run_at = due.created_at or due.run_at = due.updated_at)
  order by due.priority, due.run_at, due.id
  limit 1
  for update of due skip locked
)
returning job.id::text as id, task.identifier as name, job.payload, job.attempts::int as attempts,
  job.max_attempts::int as "maxAttempts", job.key`;
