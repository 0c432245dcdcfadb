/** How long to wait before the next try. */
export interface BackoffOptions {
  /** Number of the try that has just failed, from 1. */
  attempt: number;
  /** Pause after the first failure, in milliseconds. */
  baseMs: number;
  /** Longest pause, in milliseconds. */
  ceilingMs: number;
  /** Gives a number from 0 (included) to 1 (excluded); `Math.random` outside of tests. */
  random: () => number;
}

/**
 * Exponential backoff with jitter: between half of and all of `baseMs · 2^(attempt-1)`, at most `ceilingMs`. Half of the
 * pause is kept so that a try never follows at once; the other half is random so that what failed together does not come
 * back together.
 */
export function backoffMs({ attempt, baseMs, ceilingMs, random }: BackoffOptions): number {
  const full = Math.min(ceilingMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
