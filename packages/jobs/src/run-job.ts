import { backoffMs, type Clock } from "@calsync/lib";
import { type BackoffSettings, DEFAULT_BACKOFF, parsePayload, storedKey } from "./definition.ts";
import { GiveUp, JobPayloadError, RetryLater } from "./errors.ts";
import type { JobLog, JobRegistration } from "./handler.ts";

/** A job as a worker holds it. */
export interface FetchedJob {
  id: string;
  payload: unknown;
  /** This run included. */
  attempts: number;
  maxAttempts: number;
  /** As stored, with the job's name in front. */
  key: string | null;
}

/** How a run ended, and so what becomes of the job. */
export type Outcome =
  | { kind: "done" }
  /** Run again at a time, attempts counted anew. */
  | { kind: "again"; at: Date }
  /** Run again after a pause. */
  | { kind: "retry"; afterMs: number; countsAsAttempt: boolean; message: string; error: unknown }
  /** Kept as failed. */
  | { kind: "failed"; message: string; error: unknown }
  /** Cut short because the worker stops: any worker may take it at once. */
  | { kind: "released"; message: string };

/** What a run is done with. */
export interface RunOptions {
  log: JobLog;
  signal: AbortSignal;
  clock: Clock;
  random: () => number;
}

/** Errors may be long and are shown in tables; the log holds all of it. */
const MAX_MESSAGE_LENGTH = 2_000;

/**
 * Runs a job's handler once and says what becomes of the job; never throws. Touches no database.
 *
 * @returns the outcome, and the key that the job coalesces under (null when it has none, or its payload cannot be read)
 */
export async function runJob(
  { job, handler }: JobRegistration,
  fetched: FetchedJob,
  { log: parentLog, signal, clock, random }: RunOptions,
): Promise<{ outcome: Outcome; key: string | null }> {
  const log = parentLog.child({ job: job.name, jobId: fetched.id, attempt: fetched.attempts });
  let key = fetched.key;
  const startedAt = performance.now();
  let outcome: Outcome;
  try {
    const payload = parsePayload(job, fetched.payload);
    const ownKey = job.key?.(payload);
    if (ownKey !== undefined) key ??= storedKey(job.name, ownKey);
    const result = await handler(payload as never, {
      attempt: fetched.attempts,
      maxAttempts: fetched.maxAttempts,
      lastAttempt: fetched.attempts >= fetched.maxAttempts,
      log,
      signal,
      jobId: fetched.id,
      now: clock,
    });
    outcome = result ? { kind: "again", at: result.again } : { kind: "done" };
  } catch (error) {
    outcome = afterError(error, fetched, signal, job.backoff ?? DEFAULT_BACKOFF, random);
  }
  report(log, outcome, Math.round(performance.now() - startedAt));
  return { outcome, key };
}

function afterError(
  error: unknown,
  { attempts, maxAttempts }: FetchedJob,
  signal: AbortSignal,
  backoff: BackoffSettings,
  random: () => number,
): Outcome {
  const message = messageOf(error);
  const failed: Outcome = { kind: "failed", message, error };
  if (error instanceof JobPayloadError || error instanceof GiveUp) return failed;
  if (signal.aborted) return { kind: "released", message };
  const retry = (afterMs: number, countsAsAttempt: boolean): Outcome =>
    countsAsAttempt && attempts >= maxAttempts
      ? failed
      : { kind: "retry", afterMs: Math.round(afterMs), countsAsAttempt, message, error };
  if (error instanceof RetryLater) return retry(error.afterMs, error.countsAsAttempt);
  const advice = adviceOf(error);
  if (advice?.retry === "never") return failed;
  if (advice?.retry === "now") return retry(random() * 250, true);
  // A provider that names the time to come back at is obeyed for as long as it does; never earlier, and not all at once.
  if (advice?.retry === "later" && typeof advice.afterMs === "number") {
    return retry(advice.afterMs + random() * Math.min(advice.afterMs * 0.1, 30_000), false);
  }
  return retry(backoffMs({ attempt: attempts, ...backoff, random }), true);
}

/** What a CalendarError says should be done next, known by its shape because jobs know nothing of calendars. */
function adviceOf(error: unknown): { retry?: unknown; afterMs?: unknown } | undefined {
  if (!(error instanceof Error) || !("advice" in error)) return undefined;
  return typeof error.advice === "object" && error.advice !== null ? error.advice : undefined;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}

function report(log: JobLog, outcome: Outcome, durationMs: number): void {
  switch (outcome.kind) {
    case "done":
      log.debug({ durationMs }, "Job done");
      break;
    case "again":
      log.debug({ durationMs, at: outcome.at }, "Job done, and asked for another run");
      break;
    case "released":
      log.info({ durationMs, reason: outcome.message }, "Job cut short, another worker may take it");
      break;
    case "retry":
      log.warn({ durationMs, err: outcome.error, retryAfterMs: outcome.afterMs }, "Job will be retried");
      break;
    case "failed":
      log.error({ durationMs, err: outcome.error }, "Job failed for good");
  }
}
