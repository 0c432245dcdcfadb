import type { InstantString } from "@calsync/types";

/** How far a provider's times of change can be trusted. */
export interface ClockTrust {
  /** The unit that the provider rounds its times down to, in milliseconds: 60,000 where seconds are not kept. */
  granularityMs: number;
  /** How far the provider's clock is ahead of ours, in milliseconds; negative when it is behind. As it was measured. */
  skewMs: number;
}

/** Trusts a provider's times as they are. */
const EXACT_CLOCK: ClockTrust = { granularityMs: 0, skewMs: 0 };

/**
 * Whether the calendar's change was the last one, as far as the clocks can tell. The provider's time is brought to our
 * clock, and stands for the latest moment that it may mean: what was rounded down to a minute may have happened at its end.
 * A tie goes to the calendar, where the host acted with their own hand.
 */
export function calendarChangedLast(
  remote: InstantString,
  local: InstantString,
  { granularityMs, skewMs }: ClockTrust = EXACT_CLOCK,
): boolean {
  const latest = Date.parse(remote) - skewMs + Math.max(0, granularityMs - 1);
  return latest >= Date.parse(local);
}

/** Differences that the way of an answer explains are no skew. */
const NOISE_MS = 2_000;
/** A clock that is further off than this is broken in a way that a measurement does not mend. */
const LARGEST_SKEW_MS = 24 * 3_600_000;

/**
 * How far the provider's clock is off, from one write of ours: the provider stamped it between `calledAt` and `answeredAt`.
 * Null when the answer carries no time.
 */
export function measureSkew(
  stamp: InstantString | null,
  calledAt: Date,
  answeredAt: Date,
  granularityMs: number,
): number | null {
  if (stamp === null) return null;
  const at = Date.parse(stamp);
  // Anything inside of what the call's length and the rounding leave open is no skew at all.
  const earliest = calledAt.getTime() - Math.max(granularityMs, 1) - NOISE_MS;
  const latest = answeredAt.getTime() + NOISE_MS;
  if (Number.isNaN(at)) return null;
  if (at >= earliest && at <= latest) return 0;
  const skew = at < earliest ? at - earliest : at - latest;
  return Math.abs(skew) > LARGEST_SKEW_MS ? null : skew;
}
