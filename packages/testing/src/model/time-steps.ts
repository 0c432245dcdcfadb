import fc from "fast-check";
import { kindsOf } from "./step.ts";

/** Time that passes, and work that is done. */
export type TimeStep =
  | { do: "settle" }
  | { do: "tick"; minutes: number }
  /** Our clock is put forward or back. */
  | { do: "jump"; minutes: number }
  /** The providers' clocks are so much ahead of ours from now on. */
  | { do: "skew"; minutes: number };

const of = kindsOf<TimeStep>();

/** How time passes, with how often each is drawn. */
export const timeSteps = [
  of(7, "settle", {}),
  of(4, "tick", { minutes: fc.integer({ min: 1, max: 90 }) }),
  of(1, "jump", { minutes: fc.integer({ min: -3, max: 30 }) }),
  of(1, "skew", { minutes: fc.integer({ min: -10, max: 10 }) }),
];
