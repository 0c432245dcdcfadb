import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("pauses double up to the ceiling and lie between half of the value and all of it", () => {
  const settings = { baseMs: 1_000, ceilingMs: 60_000 };
  const longest = [1, 2, 3, 4, 7, 500].map((attempt) => backoffMs(attempt, settings, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  expect(backoffMs(3, settings, () => 0)).toBe(2_000);
});
