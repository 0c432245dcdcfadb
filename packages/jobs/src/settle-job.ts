import type { SqlExecutor } from "./enqueue.ts";
import type { FetchedJob, Outcome } from "./run-job.ts";

/** Whose job is settled, and how. */
export interface SettleOptions {
  /** Who holds the job; nothing happens to a job that somebody else holds by now. */
  lockedBy: string;
  /** The key the job coalesces under, from `runJob`. */
  key: string | null;
  /** Pauses count from here; from the database's own time when left out, so that no two clocks are compared. */
  now?: Date;
}

/**
 * Writes what becomes of a job that did not simply end well, in one statement: it is free again, with its next time, attempts
 * and last error.
 *
 * The row gets a new id. The engine knows only "done: delete this id" and "failed: unlock this id, with a pause of my own",
 * each written a moment later in a batch; with the old id gone both do nothing, whatever happens to the job meanwhile.
 *
 * A job that a newer one of its key has replaced while it ran (the engine takes away its key then) is dropped instead, because
 * the newer one does its work. When it asked to run again sooner than the newer one would, that one is brought forward.
 *
 * @returns whether the job was still held by `lockedBy`
 */
export async function settleJob(
  sql: SqlExecutor,
  fetched: FetchedJob,
  outcome: Exclude<Outcome, { kind: "done" }>,
  { lockedBy, key, now }: SettleOptions,
): Promise<boolean> {
  const { attempts, pauseMs, at, lastError } = next(fetched, outcome);
  const rows = await sql.$queryRawUnsafe<{ held: boolean }[]>(
    SETTLE,
    fetched.id,
    lockedBy,
    fetched.key !== null,
    key,
    attempts,
    pauseMs,
    at?.toISOString() ?? null,
    lastError,
    now?.toISOString() ?? null,
  );
  return rows[0]?.held ?? false;
}

function next(fetched: FetchedJob, outcome: Exclude<Outcome, { kind: "done" }>) {
  const unused = Math.max(0, fetched.attempts - 1);
  switch (outcome.kind) {
    case "again":
      return { attempts: 0, pauseMs: 0, at: outcome.at, lastError: null };
    case "released":
      return { attempts: unused, pauseMs: 0, at: null, lastError: outcome.message };
    case "failed":
      return { attempts: fetched.maxAttempts, pauseMs: 0, at: null, lastError: outcome.message };
    case "retry":
      return {
        attempts: outcome.countsAsAttempt ? fetched.attempts : unused,
        pauseMs: outcome.afterMs,
        at: null,
        lastError: outcome.message,
      };
  }
}

const SETTLE = `
with given as (
  select $3::boolean as had_key, $4::text as key,
    coalesce($7::timestamptz, coalesce($9::timestamptz, now()) + $6::float8 * interval '1 millisecond') as run_at
), target as (
  select job.id, job.key is null and (
      given.had_key or exists (select from graphile_worker._private_jobs newer where newer.key = given.key)
    ) as replaced
  from graphile_worker._private_jobs job, given
  where job.id = $1::bigint and job.locked_by = $2::text
  for update of job
), dropped as (
  delete from graphile_worker._private_jobs job using target where job.id = target.id and target.replaced
), freed as (
  update graphile_worker._private_jobs job
  set id = default, locked_by = null, locked_at = null, updated_at = now(),
    attempts = $5::smallint, run_at = given.run_at, last_error = $8::text
  from target, given
  where job.id = target.id and not target.replaced
  returning job.run_at
), brought_forward as (
  update graphile_worker._private_jobs newer
  set run_at = least(newer.run_at, given.run_at)
  from target, given
  where target.replaced and $7::text is not null and newer.key = given.key and newer.is_available
  returning newer.run_at
), told as (
  select count(pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":1}')) as times
  from (select run_at from freed union all select run_at from brought_forward) changed
  where run_at <= now()
)
select exists (select from target) as held, (select times::int from told) as told`;
