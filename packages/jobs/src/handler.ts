import type { JobDefinition } from "./definition.ts";

/** Structured log, fields first; a pino logger fits. */
export interface JobLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): JobLog;
}

/** What a handler is told about its run. */
export interface JobContext {
  /** Number of this run, from 1. Runs that were cut short by the end of their worker do not count. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether a failure of this run is final. */
  readonly lastAttempt: boolean;
  /** Carries the job's name, id and attempt in every line. */
  readonly log: JobLog;
  /**
   * Aborted when the run has to end: the worker stops, or it can no longer prove that it lives and another one may take the
   * job. Pass it on to requests, and check it between steps.
   */
  readonly signal: AbortSignal;
  /** Id of this job in the queue, for logs; a job that is retried gets a new one. */
  readonly jobId: string;
  /** The time, by the worker's clock. */
  now(): Date;
}

/** Asks for another run of the same payload at a time, with attempts counted anew. */
export interface RunAgain {
  again: Date;
}

/**
 * Does the work of one job. A job runs at least once: it may run again after a crash, also when the work was done, so it
 * reads the state as it is and makes it right. Throw to have it retried with backoff; throw {@link RetryLater} to choose the
 * pause, {@link GiveUp} to end it. An error with the `advice` of a CalendarError is treated as the advice says.
 */
/** Does one job. What it throws is tried again, by the definition's pauses. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the usual one
export type JobHandler<P> = (payload: P, context: JobContext) => Promise<void | RunAgain>;

/** A job with its handler, made by {@link handleJob}. */
export interface JobRegistration {
  readonly job: JobDefinition<unknown>;
  readonly handler: JobHandler<never>;
}

/** Pairs a job with what runs it, so that a worker can take jobs of many kinds in one list. */
export function handleJob<P>(job: JobDefinition<P>, handler: JobHandler<P>): JobRegistration {
  return { job, handler };
}
