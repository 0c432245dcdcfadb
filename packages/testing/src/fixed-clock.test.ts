import { expect, test } from "vitest";
import { fixedClock } from "./fixed-clock.ts";

test("a fixed clock stands still, advances and jumps", () => {
  const now = fixedClock("2030-03-30T23:00:00Z");
  const before = now();
  expect(now()).toEqual(before);

  now.advance({ days: 1, minutes: 30, ms: 5 });
  expect(now().toISOString()).toBe("2030-03-31T23:30:00.005Z");
  now.set("2029-01-01T00:00:00Z");
  expect(now().toISOString()).toBe("2029-01-01T00:00:00.000Z");
  expect(before.toISOString(), "a Date that was handed out does not change").toBe("2030-03-30T23:00:00.000Z");
});

test("a clock that is set to no instant says so", () => {
  expect(() => fixedClock("tomorrow")).toThrow("is no instant");
});
