import { type JobDefinition, parsePayload, storedKey } from "./definition.ts";

/**
 * What enqueueing needs of a database connection: a Prisma client, or the `tx` of its interactive transaction. Then the jobs
 * commit with the change that causes them, or neither does.
 */
export interface SqlExecutor {
  $queryRawUnsafe<T = unknown>(sql: string, ...values: unknown[]): Promise<T>;
}

/** When and how one job runs, where that differs from its definition. */
export interface EnqueueOptions {
  /** Not before this time; as soon as possible when left out. */
  runAt?: Date;
  /** Overrides the definition's key; `null` for none, so that the job is never folded into another. */
  key?: string | null;
  /** Overrides the definition's priority; lower runs first. */
  priority?: number;
}

/** One job to enqueue. */
export interface Enqueue extends EnqueueOptions {
  job: JobDefinition<unknown>;
  payload: unknown;
}

/** A row of the engine's `job_spec` type. */
interface JobSpec {
  identifier: string;
  payload: unknown;
  run_at: string | null;
  max_attempts: number;
  job_key: string | null;
  priority: number;
}

/** How a list of jobs is enqueued. */
export interface EnqueueManyOptions {
  /**
   * False for hints that are worth nothing after a crash of the database server: the commit does not wait for the disk, so that
   * a crash within the next moments may lose it (PostgreSQL's `synchronous_commit`). Commits that announce jobs go to disk one
   * after the other, so this is what a flood of hints is quick by. In a transaction it concerns the whole of it. Default true.
   */
  durable?: boolean;
}

/** Rounds of {@link enqueueMany}; a second one is rare, a third one next to impossible. */
const MAX_ROUNDS = 10;

/**
 * Enqueues one job; see {@link enqueueMany}.
 *
 * @throws JobPayloadError when the payload does not fit the job's schema
 */
export async function enqueue<P>(
  sql: SqlExecutor,
  job: JobDefinition<P>,
  payload: P,
  options: EnqueueOptions = {},
): Promise<void> {
  await enqueueMany(sql, [{ ...options, job, payload }]);
}

/**
 * Enqueues jobs with one statement, however many there are; none when the list is empty. Of several with one key in the list
 * the last one counts. Workers are told when the transaction commits.
 *
 * While another transaction holds the row of the same key, this waits for it: enqueue at the end of a transaction and keep
 * transactions short.
 *
 * @throws JobPayloadError when a payload does not fit its job's schema; then nothing was enqueued
 */
export async function enqueueMany(
  sql: SqlExecutor,
  jobs: readonly Enqueue[],
  { durable = true }: EnqueueManyOptions = {},
): Promise<void> {
  let replacing = new Map<string | symbol, JobSpec>();
  let preserving = new Map<string | symbol, JobSpec>();
  for (const entry of jobs) {
    const spec = toSpec(entry);
    const preserves = spec.job_key !== null && entry.job.keyMode === "preserve_run_at";
    (preserves ? preserving : replacing).set(spec.job_key ?? Symbol(), spec);
  }
  for (let round = 0; replacing.size + preserving.size > 0; round++) {
    if (round === MAX_ROUNDS) {
      const keys = [...replacing.keys(), ...preserving.keys()].map(String).join(", ");
      throw new Error(
        `Jobs could not be enqueued because workers fetched them at each of ${round} tries: ${keys}`,
      );
    }
    const placed = await add(sql, [...replacing.values()], [...preserving.values()], durable);
    replacing = missing(replacing, placed);
    preserving = missing(preserving, placed);
  }
}

/**
 * The engine's `add_jobs` first looks for jobs of the same key that run, then inserts or updates those that wait. A worker that
 * fetches the waiting job between the two makes it do nothing at all, without a word. Then the key is missing in what it
 * returns, and asking again finds the job running and adds a second one.
 */
function missing(specs: Map<string | symbol, JobSpec>, placed: ReadonlySet<string>) {
  return new Map([...specs].filter(([key]) => typeof key === "string" && !placed.has(key)));
}

async function add(
  sql: SqlExecutor,
  replacing: readonly JobSpec[],
  preserving: readonly JobSpec[],
  durable: boolean,
): Promise<Set<string>> {
  const columns = durable
    ? "added.key"
    : "added.key, set_config('synchronous_commit', 'off', true) as commit";
  const parts: string[] = [];
  const values: string[] = [];
  for (const [specs, preserveRunAt] of [[replacing, false] as const, [preserving, true] as const]) {
    if (specs.length === 0) continue;
    // Always in one order, so that two transactions that add the same keys wait for each other instead of deadlocking.
    values.push(JSON.stringify(specs.toSorted((a, b) => compare(a.job_key ?? "", b.job_key ?? ""))));
    parts.push(
      `select ${columns} from graphile_worker.add_jobs(` +
        `array(select json_populate_recordset(null::graphile_worker.job_spec, $${values.length}::json)), ${preserveRunAt}` +
        ") as added where added.key is not null",
    );
  }
  const rows = await sql.$queryRawUnsafe<{ key: string }[]>(parts.join(" union all "), ...values);
  return new Set(rows.map(({ key }) => key));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toSpec({ job, payload, runAt, key, priority }: Enqueue): JobSpec {
  const parsed = parsePayload(job, payload);
  const ownKey = key === undefined ? (job.key?.(parsed) ?? null) : key;
  return {
    identifier: job.name,
    payload: parsed,
    run_at: runAt?.toISOString() ?? null,
    max_attempts: job.maxAttempts,
    job_key: ownKey === null ? null : storedKey(job.name, ownKey),
    priority: priority ?? job.priority ?? 0,
  };
}
