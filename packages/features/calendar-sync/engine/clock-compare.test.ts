import { describe, expect, test } from "vitest";
import { calendarChangedLast, measureSkew } from "./clock-compare.ts";

const at = (time: string) => `2030-01-08T${time}Z`;

describe("which side changed last", () => {
  test.each([
    // remote, local, granularity, skew, calendar was last
    ["the later one", at("10:00:05.000"), at("10:00:00.000"), 0, 0, true],
    ["the earlier one", at("10:00:00.000"), at("10:00:05.000"), 0, 0, false],
    ["a tie goes to the calendar", at("10:00:00.000"), at("10:00:00.000"), 0, 0, true],
    [
      "rounded down to the second, it may have been later in it",
      at("10:00:00.000"),
      at("10:00:00.700"),
      1_000,
      0,
      true,
    ],
    ["but not in the next second", at("10:00:00.000"), at("10:00:01.000"), 1_000, 0, false],
    ["rounded down to the minute, likewise", at("10:00:00.000"), at("10:00:59.000"), 60_000, 0, true],
    ["but not in the next minute", at("10:00:00.000"), at("10:01:00.000"), 60_000, 0, false],
    ["a clock that is ahead is set back", at("10:05:00.000"), at("10:02:00.000"), 0, 5 * 60_000, false],
    ["a clock that is behind is set forward", at("09:55:00.000"), at("09:59:00.000"), 0, -5 * 60_000, true],
    ["skew and rounding together", at("10:05:00.000"), at("10:00:30.000"), 60_000, 5 * 60_000, true],
  ])("%s", (_name, remote, local, granularityMs, skewMs, expected) => {
    expect(calendarChangedLast(remote, local, { granularityMs, skewMs })).toBe(expected);
  });
});

describe("how far the provider's clock is off", () => {
  const called = new Date(at("10:00:00.000"));
  const answered = new Date(at("10:00:01.000"));
  test.each([
    ["a stamp from within the call is no skew", at("10:00:00.500"), 1_000, 0],
    ["nor is one that rounding explains", at("09:59:00.000"), 60_000, 0],
    ["nor one that is off by less than noise", at("10:00:02.500"), 1_000, 0],
    ["five minutes ahead", at("10:05:01.000"), 1_000, 5 * 60_000 - 2_000],
    ["five minutes behind", at("09:55:00.000"), 1_000, -(5 * 60_000 - 3_000)],
    ["no stamp tells nothing", null, 1_000, null],
    ["a stamp that is no time tells nothing", "yesterday", 1_000, null],
    ["a clock that is days off is not to be mended", "2030-01-20T10:00:00.000Z", 1_000, null],
  ])("%s", (_name, stamp, granularityMs, expected) => {
    expect(measureSkew(stamp, called, answered, granularityMs)).toBe(expected);
  });
});
