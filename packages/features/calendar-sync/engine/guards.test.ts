import { describe, expect, test } from "vitest";
import { massVerdict, timeObjection } from "./guards.ts";

const facts = (found: { outsideHours?: boolean; busy?: boolean; overlaps?: string[] }) => ({
  outsideHours: false,
  busy: false,
  overlaps: [],
  ...found,
});

describe("what speaks against a time", () => {
  test.each([
    // facts, outside hours, overlap → kind, reason, hold
    [facts({}), "hold", "hold", null],
    [undefined, "hold", "hold", null],
    [facts({ outsideHours: true }), "apply", "hold", ["OUTSIDE_HOURS", "applied-outside-hours", false]],
    [facts({ outsideHours: true }), "hold", "apply", ["OUTSIDE_HOURS", "held-outside-hours", true]],
    [facts({ busy: true }), "apply", "apply", ["OVERLAP", "applied-overlapping", false]],
    [facts({ overlaps: ["uid"] }), "apply", "hold", ["OVERLAP", "held-overlapping", true]],
    [
      facts({ outsideHours: true, busy: true }),
      "hold",
      "apply",
      ["OUTSIDE_HOURS", "held-outside-hours", true],
    ],
    [facts({ outsideHours: true, busy: true }), "apply", "hold", ["OVERLAP", "held-overlapping", true]],
    [facts({ outsideHours: true, busy: true }), "apply", "apply", ["OVERLAP", "applied-overlapping", false]],
  ] as const)("%j with %s and %s", (known, outsideHours, overlap, expected) => {
    const found = timeObjection(known, { outsideHours, overlap });
    expect(found && [found.kind, found.reason, found.hold]).toEqual(expected);
  });
});

describe("invariant 7: what becomes of changes that cancel or move bookings", () => {
  test.each([
    // bookings, alone, waiting, limit → verdict
    ["a page that touches none", 0, true, false, 10, "apply"],
    ["none, while others wait", 0, false, true, 10, "apply"],
    ["as many as allowed", 10, true, false, 10, "apply"],
    ["one more", 11, true, false, 10, "ask"],
    ["a limit of none", 1, true, false, 0, "ask"],
    ["no limit", 500, true, false, null, "apply"],
    ["no limit, in parts", 500, false, false, null, "apply"],
    ["a part of a listing waits for the rest", 1, false, false, 10, "stage"],
    ["what comes while others wait joins them", 1, true, true, 10, "stage"],
    ["also when the limit has gone meanwhile", 1, true, true, null, "stage"],
  ] as const)("%s", (_name, bookings, alone, waiting, limit, verdict) => {
    expect(massVerdict({ bookings, alone, waiting }, limit)).toBe(verdict);
  });
});
