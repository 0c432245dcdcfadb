import type pg from "pg";
import type { JobLog } from "./handler.ts";
import { proofLock } from "./proof-of-life.ts";

/** A job does not lose an attempt when its worker ends, up to this many times: then it may be what ends them. */
const FORGIVEN_INTERRUPTIONS = 25;

/**
 * How long a dead worker is looked after: a statement of its that was under way when it died may still lock jobs later.
 */
const AFTERCARE = "10 minutes";

/**
 * Frees the jobs of workers that have died: nobody holds their lock, and their last sign of life is older than `unseenMs`, which
 * is longer than a worker needs to notice that it lost its lock. Any number of workers may do this at once. Reads only the few
 * rows of `calsync_jobs.worker` unless one has died.
 *
 * @returns how many jobs are free again
 */
export async function sweep(pool: pg.Pool, unseenMs: number, log: JobLog): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    // Taking the lock proves that nobody holds it; it ends with this transaction. The jobs are read by a statement of their
    // own, so that those which the worker fetched last are seen.
    const { rows: dead } = await client.query<{
      pool_id: string;
      host: string;
      pid: number;
      died_at: Date | null;
    }>(
      `select pool_id, host, pid, died_at from calsync_jobs.worker
       where seen_at < now() - $1::float8 * interval '1 millisecond'
         and pg_try_advisory_xact_lock(${proofLock("pool_id")})`,
      [unseenMs],
    );
    if (dead.length === 0) {
      await client.query("commit");
      return 0;
    }
    const poolIds = dead.map((worker) => worker.pool_id);
    const { rows } = await client.query<{ freed: number }>(FREE, [poolIds, FORGIVEN_INTERRUPTIONS]);
    await client.query(
      "update calsync_jobs.worker set died_at = now() where pool_id = any($1::text[]) and died_at is null",
      [poolIds],
    );
    await client.query(
      `delete from calsync_jobs.worker where pool_id = any($1::text[]) and died_at < now() - interval '${AFTERCARE}'`,
      [poolIds],
    );
    await client.query(
      `delete from calsync_jobs.interruption gone
       where not exists (select from graphile_worker._private_jobs job where job.id = gone.job_id)`,
    );
    await client.query("commit");
    const freed = rows[0]?.freed ?? 0;
    const newlyDead = dead.filter(({ died_at }) => died_at === null);
    if (freed > 0 || newlyDead.length > 0) {
      const workers = newlyDead.map(({ host, pid }) => `${host}:${pid}`);
      log.warn({ workers, freed }, "A worker ended without a word; its jobs are free again");
    }
    return freed;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

const FREE = `
with freed as (
  update graphile_worker._private_jobs job
  set locked_at = null, locked_by = null, updated_at = now(),
    attempts = case when coalesce(past.times, 0) < $2::int then greatest(0, job.attempts - 1) else job.attempts end,
    last_error = coalesce(job.last_error, 'The worker ended while it held this job.')
  from (
    select held.id, interruption.times
    from graphile_worker._private_jobs held
    left join calsync_jobs.interruption on interruption.job_id = held.id
    where held.locked_by = any($1::text[])
  ) past
  where job.id = past.id and job.locked_by = any($1::text[])
  returning job.id
), counted as (
  insert into calsync_jobs.interruption (job_id, times) select id, 1 from freed
  on conflict (job_id) do update set times = interruption.times + 1
), told as (
  select count(pg_notify('jobs:insert', '{"r":' || random()::text || ',"count":' || total || '}'))
  from (select count(*) as total from freed having count(*) > 0) all_freed
)
select (select count(*)::int from freed) as freed, (select count from told) as told`;
