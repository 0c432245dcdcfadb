import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const pauses = (random: number) =>
  [1, 2, 3, 4, 40].map((attempt) =>
    backoffMs({ attempt, baseMs: 1000, ceilingMs: 5000, random: () => random }),
  );

test("pauses double up to the ceiling, and between half and all of each is waited", () => {
  expect(pauses(0)).toEqual([500, 1000, 2000, 2500, 2500]);
  expect(pauses(0.999_999)).toEqual([1000, 2000, 4000, 5000, 5000]);
});
