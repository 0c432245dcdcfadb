import type { Clock } from "@calsync/lib";

/** A clock that stands still until it is told to move. */
export interface FixedClock extends Clock {
  /** Moves forward. */
  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number }): void;
  /** Jumps to an instant, also backwards. */
  set(to: Date | string): void;
}

/**
 * @param start an instant, as a Date or in ISO 8601 with an offset; default 2030-01-07T08:00:00Z, a Monday.
 * @throws RangeError when `start` is no instant.
 */
export function fixedClock(start: Date | string = "2030-01-07T08:00:00Z"): FixedClock {
  let now = instant(start);
  const clock: Clock = () => new Date(now);
  return Object.assign(clock, {
    advance({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }) {
      now += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms;
    },
    set(to) {
      now = instant(to);
    },
  } satisfies Omit<FixedClock, keyof Clock>);
}

function instant(value: Date | string): number {
  const ms = new Date(value).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`"${String(value)}" is no instant; write 2030-01-07T08:00:00Z.`);
  return ms;
}
