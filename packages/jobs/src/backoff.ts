import type { BackoffSettings } from "./definition.ts";

/** Used where a job's definition says nothing: 2 s, 4 s, 8 s, … up to 15 minutes. */
export const DEFAULT_BACKOFF: BackoffSettings = { baseMs: 2_000, ceilingMs: 15 * 60_000 };

/**
 * Pause after a failed attempt, in milliseconds: between half of the doubled value and all of it, so that jobs that failed
 * together do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random gives numbers from 0 to below 1
 */
export function backoffMs(
  attempt: number,
  { baseMs, ceilingMs }: BackoffSettings,
  random: () => number,
): number {
  const full = Math.min(ceilingMs, baseMs * 2 ** Math.min(attempt - 1, 40));
  return Math.round(full / 2 + (full / 2) * random());
}
