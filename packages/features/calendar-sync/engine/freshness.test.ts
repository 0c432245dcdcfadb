import { describe, expect, test } from "vitest";
import { isFresh, type MirrorState } from "./freshness.ts";

const MINUTE = 60_000;
const LIMITS = { freshForMs: 5 * MINUTE, freshWhenAnnouncedMs: 60 * MINUTE };
const NOW = new Date("2030-01-07T08:00:00Z");
const fresh = (age: number | null, changes: Partial<MirrorState> = {}) =>
  isFresh(
    {
      lastPulledAt: age === null ? null : new Date(NOW.getTime() - age * MINUTE),
      enabled: true,
      credentialActive: true,
      healthy: true,
      announced: false,
      pullWanted: false,
      ...changes,
    },
    LIMITS,
    NOW,
  );

describe("the mirror of a calendar", () => {
  test("is fresh up to the age limit when it is polled", () => {
    expect([4, 5, 6].map((age) => fresh(age))).toEqual([true, true, false]);
  });
  test("is fresh for longer, but not for ever, while its changes are announced", () => {
    expect([6, 59, 61].map((age) => fresh(age, { announced: true }))).toEqual([true, true, false]);
  });
  test("is as fresh as a polled one while an announced change waits, or while reading it fails", () => {
    expect(fresh(6, { announced: true, pullWanted: true })).toBe(false);
    expect(fresh(6, { announced: true, healthy: false })).toBe(false);
    expect(fresh(4, { announced: true, pullWanted: true, healthy: false })).toBe(true);
  });
  test("is never fresh before the first reading, while switched off, or while its account is refused", () => {
    expect(fresh(null)).toBe(false);
    expect(fresh(1, { enabled: false })).toBe(false);
    expect(fresh(1, { credentialActive: false })).toBe(false);
  });
});
