import type { SqlExecutor } from "./enqueue.ts";

/** Jobs of one name, counted by state. */
export interface JobCounts {
  name: string;
  /** Held by a worker: run, or are about to. */
  running: number;
  /** Could run now. */
  due: number;
  /** Have not failed and wait for their time. */
  scheduled: number;
  /** Failed at least once and wait for their next attempt. */
  retrying: number;
  /** Kept after their last attempt. */
  failed: number;
  /** Age of the job that has been due for longest, in milliseconds; null when none is. */
  oldestDueMs: number | null;
}

/** What waits, runs and has failed, and who works. */
export interface QueueStats {
  jobs: JobCounts[];
  /** Processes that take jobs, as of their last sign of life. */
  workers: { host: string; pid: number; startedAt: Date; seenAt: Date }[];
}

/** The queue as it is now, for `/metrics` and the command line. Reads every job once. */
export async function jobStats(sql: SqlExecutor): Promise<QueueStats> {
  const jobs = await sql.$queryRawUnsafe<JobCounts[]>(`
    select task.identifier as name,
      count(*) filter (where locked_at is not null)::int as running,
      count(*) filter (where is_available and run_at <= now())::int as due,
      count(*) filter (where is_available and run_at > now() and last_error is null)::int as scheduled,
      count(*) filter (where is_available and run_at > now() and last_error is not null)::int as retrying,
      count(*) filter (where locked_at is null and attempts >= max_attempts)::int as failed,
      (extract(epoch from now() - min(run_at) filter (where is_available and run_at <= now())) * 1000)::float8
        as "oldestDueMs"
    from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
    group by task.identifier order by task.identifier`);
  const workers = await sql.$queryRawUnsafe<QueueStats["workers"]>(`
    select host, pid, started_at as "startedAt", seen_at as "seenAt"
    from calsync_jobs.worker where died_at is null order by started_at`);
  return { jobs, workers };
}

/** A job that was given up, and why. */
export interface FailedJob {
  id: string;
  name: string;
  payload: unknown;
  attempts: number;
  lastError: string;
  createdAt: Date;
  failedAt: Date;
}

/** Jobs that were given up, newest first; at most `limit` (100 when left out). */
export function failedJobs(sql: SqlExecutor, { limit = 100 }: { limit?: number } = {}): Promise<FailedJob[]> {
  return sql.$queryRawUnsafe<FailedJob[]>(
    `select job.id::text as id, task.identifier as name, payload, attempts::int as attempts,
       coalesce(last_error, '') as "lastError", created_at as "createdAt", updated_at as "failedAt"
     from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where locked_at is null and attempts >= max_attempts
     order by updated_at desc, job.id desc limit $1::int`,
    limit,
  );
}

/**
 * Has a job that was given up run again now, with all of its attempts.
 *
 * @returns whether there was such a job
 */
export async function retryJob(sql: SqlExecutor, id: string): Promise<boolean> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    `with retried as (
       update graphile_worker._private_jobs set attempts = 0, run_at = now(), updated_at = now()
       where id = $1::bigint and locked_at is null and attempts >= max_attempts returning id
     )
     select id::text as id, pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":1}')::text as told from retried`,
    id,
  );
  return rows.length > 0;
}

/**
 * Deletes a job that was given up.
 *
 * @returns whether there was such a job
 */
export async function discardJob(sql: SqlExecutor, id: string): Promise<boolean> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    `delete from graphile_worker._private_jobs
     where id = $1::bigint and locked_at is null and attempts >= max_attempts returning id::text as id`,
    id,
  );
  return rows.length > 0;
}

/**
 * Deletes jobs that were given up longer ago than `olderThanMs`, and of several with the same name and payload all but the newest,
 * so that what a cron enqueues and what fails each time leaves one row.
 *
 * @returns how many were deleted
 */
export async function deleteOldFailedJobs(
  sql: SqlExecutor,
  { olderThanMs = 30 * 24 * 3_600_000 }: { olderThanMs?: number } = {},
): Promise<number> {
  const rows = await sql.$queryRawUnsafe<{ deleted: number }[]>(
    `with failed as (
       select id, updated_at,
         row_number() over (partition by task_id, payload::text order by updated_at desc, id desc) as age_rank
       from graphile_worker._private_jobs where locked_at is null and attempts >= max_attempts
     ), gone as (
       delete from graphile_worker._private_jobs job using failed
       where job.id = failed.id and job.locked_at is null and job.attempts >= job.max_attempts
         and (failed.age_rank > 1 or failed.updated_at < now() - $1::float8 * interval '1 millisecond')
       returning job.id
     )
     select count(*)::int as deleted from gone`,
    olderThanMs,
  );
  return rows[0]?.deleted ?? 0;
}
