/**
 * A payload that does not fit its job's schema, at enqueue (the caller is wrong; nothing was stored) or when the job runs
 * (it was stored by an older version; the job fails for good). The message names fields and rules, never values.
 */
export class JobPayloadError extends Error {
  override readonly name = "JobPayloadError";
  /** Name of the job. */
  readonly jobName: string;
  /** What is wrong, one line per field. */
  readonly problems: readonly string[];

  constructor(jobName: string, problems: readonly string[]) {
    super(`The payload of job "${jobName}" does not fit its schema: ${problems.join("; ")}.`);
    this.jobName = jobName;
    this.problems = problems;
  }
}

/** When a job is to run again, and why. */
export interface RetryLaterOptions {
  /** Pause before the next run, in milliseconds from now. */
  afterMs: number;
  /** Why, for the queue's page and the log. Holds no secret and no content of an event. */
  reason: string;
  /** Whether this run uses up one of the job's attempts; false when left out, because coming back later is no failure. */
  countsAsAttempt?: boolean;
  cause?: unknown;
}

/** Thrown by a handler that wants to run again after a pause of its own choice instead of the usual backoff. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly afterMs: number;
  readonly countsAsAttempt: boolean;

  constructor({ afterMs, reason, countsAsAttempt = false, cause }: RetryLaterOptions) {
    super(reason, cause === undefined ? undefined : { cause });
    if (!Number.isFinite(afterMs) || afterMs < 0) {
      throw new RangeError(`RetryLater needs a pause of 0 ms or more, not ${afterMs}.`);
    }
    this.afterMs = afterMs;
    this.countsAsAttempt = countsAsAttempt;
  }
}

/** Thrown by a handler when no further attempt can help: the job is kept as failed at once, whatever attempts are left. */
export class GiveUp extends Error {
  override readonly name = "GiveUp";

  constructor(reason: string, options: { cause?: unknown } = {}) {
    super(reason, options);
  }
}
