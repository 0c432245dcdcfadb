import { type MemoryTables, patchRow } from "./memory-tables.ts";

/** What `enqueueMany` hands to the queue for each job. */
interface JobSpec {
  identifier: string;
  payload: unknown;
  run_at: string | null;
  max_attempts: number;
  job_key: string | null;
  priority: number;
}

/**
 * The queue's `add_jobs`: a job of a key that waits is replaced; one that runs loses its key, and the new one waits beside it.
 * @returns the keys that were placed
 */
export function addJobs(
  { jobs }: MemoryTables,
  nextNumber: () => number,
  sql: string,
  values: readonly unknown[],
): { key: string }[] {
  if (!sql.includes("graphile_worker.add_jobs"))
    throw new Error("The queue in memory knows one statement, that of enqueueMany.");
  const placed: { key: string }[] = [];
  for (const spec of values.flatMap((value) => JSON.parse(String(value)) as JobSpec[])) {
    const same = [...jobs.values()].find((job) => spec.job_key !== null && job.key === spec.job_key);
    if (same?.held) patchRow(jobs, same.id, { key: null });
    const id = same && !same.held ? same.id : nextNumber();
    jobs.set(id, {
      id,
      name: spec.identifier,
      key: spec.job_key,
      payload: spec.payload,
      priority: spec.priority,
      runAt: spec.run_at === null ? null : new Date(spec.run_at),
      attempts: 0,
      maxAttempts: spec.max_attempts,
      held: false,
    });
    if (spec.job_key !== null) placed.push({ key: spec.job_key });
  }
  return placed;
}
