import type pg from "pg";
import { type JobDefinition, parsePayload, storedKey } from "./definition.ts";
import type { JobLog } from "./handler.ts";

/** A job that the workers enqueue by themselves, once per tick however many workers there are. */
export interface ScheduledJob {
  /** Names the schedule; all workers that share it agree on `everyMs`. */
  name: string;
  job: JobDefinition<unknown>;
  payload: unknown;
  /** From one tick to the next, at least a second. Ticks are multiples of it since 1970, so that they survive restarts. */
  everyMs: number;
}

/** Tries again this soon when the database cannot be reached. */
const RETRY_MS = 5_000;

/**
 * Starts the schedule of one worker. A tick is claimed in the database together with enqueueing its job; the job's key makes it
 * coalesce with a tick that still waits. Ticks that nobody was there for are made up for by one run.
 *
 * @returns ends it
 * @throws RangeError or JobPayloadError when an entry is wrong
 */
export function startSchedule(pool: pg.Pool, entries: readonly ScheduledJob[], log: JobLog): () => void {
  const timers = new Map<string, NodeJS.Timeout>();
  let stopped = false;
  for (const entry of entries) {
    const { name, job, everyMs } = entry;
    const payload = JSON.stringify(parsePayload(job, entry.payload));
    if (!(everyMs >= 1_000)) throw new RangeError(`Schedule "${name}": everyMs is at least 1000.`);
    const tick = async () => {
      let waitMs = RETRY_MS;
      try {
        const { rows } = await pool.query<{ wait_ms: number }>(TICK, [
          name,
          everyMs,
          job.name,
          payload,
          job.maxAttempts,
          storedKey(job.name, `schedule:${name}`),
          job.priority ?? 0,
        ]);
        waitMs = rows[0]?.wait_ms ?? RETRY_MS;
      } catch (error) {
        if (!stopped)
          log.warn({ err: error, schedule: name }, "The schedule could not be read; trying again");
      }
      // A little late on purpose: a timer that fires before the tick would wait for a whole further one.
      if (!stopped) timers.set(name, setTimeout(tick, waitMs + 5));
    };
    timers.set(name, setTimeout(tick, 0));
  }
  return () => {
    stopped = true;
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/** Ticks go by the database's clock, which all workers share. */
const TICK = `
with clock as (
  select extract(epoch from clock_timestamp()) * 1000 as now_ms
), tick as (
  select to_timestamp(floor(now_ms / $2::numeric) * $2::numeric / 1000) as at, $2::numeric - mod(now_ms, $2::numeric) as wait_ms
  from clock
), claimed as (
  insert into calsync_jobs.schedule as schedule (name, last_tick) select $1::text, at from tick
  on conflict (name) do update set last_tick = excluded.last_tick where schedule.last_tick < excluded.last_tick
  returning name
), added as (
  select count(graphile_worker.add_job(
    identifier => $3::text, payload => $4::json, max_attempts => $5::int, job_key => $6::text, priority => $7::int
  )) as jobs from claimed
)
select wait_ms::float8 as wait_ms, (select jobs::int from added) as added from tick`;
