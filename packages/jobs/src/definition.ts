import type { z } from "zod";
import { JobPayloadError } from "./errors.ts";

/** What to do with a job that waits under the same key. See {@link JobDefinition.keyMode}. */
export type KeyMode = "replace" | "preserve_run_at";

/** Pauses between attempts: they double from `baseMs` up to `ceilingMs`, with jitter. */
export interface BackoffSettings {
  baseMs: number;
  ceilingMs: number;
}

/** Used where a definition says nothing: 2 s, 4 s, 8 s, … up to 15 minutes, less up to half of it. */
export const DEFAULT_BACKOFF: BackoffSettings = { baseMs: 2_000, ceilingMs: 15 * 60_000 };

/**
 * One kind of background job: what its payload looks like and how it is retried. Both sides import it, the one that enqueues
 * and the one that runs it.
 *
 * @typeParam P the payload, an object that survives JSON
 */
export interface JobDefinition<P> {
  /** Kebab-case and unique in the system; stored with each job, so that a new name orphans the jobs that wait. */
  readonly name: string;
  /** Checked on the JSON form of the payload, at enqueue and again when the job runs. */
  readonly payload: z.ZodType<P>;
  /** Runs before the job is kept as failed, the first one included. */
  readonly maxAttempts: number;
  /** Lower numbers run first; 0 when left out. */
  readonly priority?: number;
  /** Pauses between attempts; 2 seconds up to 15 minutes when left out. */
  readonly backoff?: BackoffSettings;
  /**
   * Jobs of this name with one key coalesce: while one waits, another is folded into it. A job that has already been fetched
   * by a worker is left to run, and the new one runs after or beside it, so that a change that arrives meanwhile is seen.
   */
  key?(payload: P): string;
  /**
   * How a new job is folded into a waiting one of the same key. `replace` (the default) takes over payload, time and priority
   * and starts attempts anew, so a later time postpones the waiting job. `preserve_run_at` keeps the time of a job that has
   * not failed yet: for "at most once in a while", where new requests must not postpone the waiting one.
   */
  readonly keyMode?: KeyMode;
}

const MAX_SMALLINT = 32_767;

/**
 * Checks and freezes a definition.
 *
 * @throws RangeError naming the setting that is out of range
 */
export function defineJob<P>(definition: JobDefinition<P>): JobDefinition<P> {
  const { name, maxAttempts, priority = 0, backoff } = definition;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 100) {
    throw new RangeError(`A job's name is kebab-case and has at most 100 characters, unlike "${name}".`);
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_SMALLINT) {
    throw new RangeError(`Job "${name}": maxAttempts is a whole number from 1 to ${MAX_SMALLINT}.`);
  }
  if (!Number.isInteger(priority) || Math.abs(priority) > MAX_SMALLINT) {
    throw new RangeError(
      `Job "${name}": priority is a whole number from -${MAX_SMALLINT} to ${MAX_SMALLINT}.`,
    );
  }
  if (backoff && !(backoff.baseMs > 0 && backoff.ceilingMs >= backoff.baseMs)) {
    throw new RangeError(`Job "${name}": backoff needs 0 < baseMs <= ceilingMs.`);
  }
  return Object.freeze({ ...definition });
}

/**
 * Checks a payload as it will be read back, so that a value that JSON changes (a Date under `z.date()`) is found at enqueue.
 *
 * @returns the parsed payload
 * @throws JobPayloadError when it does not fit the schema, or is no object (the engine gives arrays a meaning of its own)
 */
export function parsePayload<P>(job: JobDefinition<P>, payload: unknown): P {
  const json = JSON.stringify(payload);
  const stored: unknown = json === undefined ? undefined : JSON.parse(json);
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) {
    throw new JobPayloadError(job.name, ["a payload is an object"]);
  }
  const result = job.payload.safeParse(stored);
  if (result.success) return result.data;
  throw new JobPayloadError(
    job.name,
    result.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "(all)"}: ${message}`),
  );
}

/** The key as stored. Keys are unique over all jobs of the engine, hence the name in front. */
export function storedKey(jobName: string, key: string): string {
  const stored = `${jobName}:${key}`;
  if (key === "" || stored.length > 512) {
    throw new RangeError(`Job "${jobName}": a key has 1 to ${511 - jobName.length} characters.`);
  }
  return stored;
}
