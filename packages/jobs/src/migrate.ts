import { runMigrations } from "graphile-worker";
import pg from "pg";
import { engineLogger } from "./engine-log.ts";
import type { JobLog } from "./handler.ts";

/** Number of the advisory lock under which our own tables are made; any constant does. */
const MIGRATION_LOCK = 7_262_301;

/**
 * Our own tables beside the engine's. A new version appends idempotent statements.
 *
 * - `worker`: one row per run of a worker. The row alone proves nothing: its owner lives for as long as it holds the advisory
 *   lock of its `pool_id` (see proof-of-life.ts). `died_at` is when another worker found that lock free.
 * - `interruption`: how often a worker ended while it held a job.
 * - `schedule`: the last tick of each recurring job.
 */
const OWN_TABLES = `
create schema if not exists calsync_jobs;
create table if not exists calsync_jobs.worker (
  pool_id text primary key,
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  died_at timestamptz
);
create table if not exists calsync_jobs.interruption (
  job_id bigint primary key,
  times integer not null
);
create table if not exists calsync_jobs.schedule (
  name text primary key,
  last_tick timestamptz not null
);
`;

/**
 * The engine's function that adds jobs consists of five small statements, which PostgreSQL would plan anew at each call because it
 * guesses that a plan for the very jobs at hand is better. It is not, and planning takes most of the time. Set on the
 * function itself, and only when it is not yet: the engine's own migrations may make the function anew.
 */
const QUICK_ENQUEUE = `
do $$
declare signature regprocedure;
begin
  for signature in
    select oid from pg_proc
    where pronamespace = 'graphile_worker'::regnamespace and proname = 'add_jobs'
      and not coalesce('plan_cache_mode=force_generic_plan' = any(proconfig), false)
  loop
    execute format('alter function %s set plan_cache_mode = force_generic_plan', signature);
  end loop;
end $$;
`;

/**
 * Creates or updates the tables of the job queue (schemas `graphile_worker` and `calsync_jobs`). Harmless to repeat, and from
 * several processes at once.
 *
 * @param url of the database; a user that may create schemas
 */
export async function migrateJobs(url: string, options: { log?: JobLog } = {}): Promise<void> {
  await runMigrations({ connectionString: url, logger: engineLogger(options.log) });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      `begin; select pg_advisory_xact_lock(${MIGRATION_LOCK}); ${OWN_TABLES} ${QUICK_ENQUEUE} commit;`,
    );
  } finally {
    await client.end();
  }
}
