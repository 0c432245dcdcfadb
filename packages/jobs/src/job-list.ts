import type { SqlExecutor } from "./enqueue.ts";

/** How a job stands; see {@link JobCounts} for the words. */
export type JobState = "running" | "due" | "scheduled" | "retrying" | "failed";

/** One job of the queue as a person sees it. */
export interface ListedJob {
  id: string;
  name: string;
  payload: unknown;
  state: JobState;
  attempts: number;
  maxAttempts: number;
  /** Null for a job that has not failed. */
  lastError: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** When it runs next, or has been due since. */
  runAt: Date;
}

/** Which jobs to list; what is left out does not narrow. */
export interface JobFilter {
  /** Ids; those that are no numbers name no job. */
  ids?: readonly string[];
  names?: readonly string[];
  /** Names of jobs that are listed only once they were given up. */
  onlyFailedOf?: readonly string[];
  states?: readonly JobState[];
  /** Only jobs with one of the values in one of the payload's members of these names. */
  payload?: Readonly<Record<string, readonly string[]>>;
  /** Only jobs that stand behind this one in the list's order. */
  after?: { createdAt: Date; id: string };
  /** 100 when left out. */
  limit?: number;
}

const STATE = `case
  when job.locked_at is not null then 'running'
  when job.attempts >= job.max_attempts then 'failed'
  when job.run_at <= now() then 'due'
  when job.last_error is not null then 'retrying'
  else 'scheduled' end`;

/**
 * Jobs that were given up, as a subquery with `name` and `payload` (jsonb): for a repository that counts them together with
 * rows of its own in one statement.
 */
export const GIVEN_UP_JOBS = `(select task.identifier as name, job.payload::jsonb as payload
  from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
  where job.attempts >= job.max_attempts and job.locked_at is null)`;

/** Jobs, the newest first. Reads every job once: the queue holds what is to be done, not what was. */
export async function listJobs(sql: SqlExecutor, filter: JobFilter = {}): Promise<ListedJob[]> {
  const { ids, names, onlyFailedOf = [], states, payload, after, limit = 100 } = filter;
  return sql.$queryRawUnsafe<ListedJob[]>(
    `with listed as (
       select job.id, task.identifier as name, job.payload, ${STATE} as state, job.attempts::int as attempts,
         job.max_attempts::int as "maxAttempts", job.last_error as "lastError", job.created_at as "createdAt",
         job.updated_at as "updatedAt", job.run_at as "runAt"
       from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     )
     select id::text as id, name, payload, state, attempts, "maxAttempts", "lastError", "createdAt", "updatedAt", "runAt"
     from listed
     where ($1::text[] is null or id::text = any($1::text[]))
       and ($2::text[] is null or name = any($2::text[]))
       and ($3::text[] is null or state = any($3::text[]))
       and ($4::jsonb is null or exists (
         select from jsonb_each($4::jsonb) wanted where wanted.value ? (payload->>wanted.key)))
       and ($5::timestamptz is null
         or (date_trunc('milliseconds', "createdAt"), id) < ($5::timestamptz, $6::bigint))
       and (state = 'failed' or not name = any($8::text[]))
     order by date_trunc('milliseconds', "createdAt") desc, listed.id desc
     limit $7::int`,
    ids ?? null,
    names ?? null,
    states ?? null,
    payload === undefined ? null : JSON.stringify(payload),
    after?.createdAt.toISOString() ?? null,
    after?.id ?? null,
    limit,
    onlyFailedOf,
  );
}

/**
 * Has a job that waits for its time run now.
 *
 * @returns whether there was such a job
 */
export async function runJobNow(sql: SqlExecutor, id: string): Promise<boolean> {
  const rows = await sql.$queryRawUnsafe<unknown[]>(
    `with hurried as (
       update graphile_worker._private_jobs set run_at = now(), updated_at = now()
       where id = $1::bigint and is_available returning id
     )
     select id::text as id, pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":1}')::text as told from hurried`,
    id,
  );
  return rows.length > 0;
}
