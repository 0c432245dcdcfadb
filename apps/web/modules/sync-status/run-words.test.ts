import { describe, expect, it } from "vitest";
import type { RunResult } from "../api/types.ts";
import { detailOf, summaryOf } from "./run-words.ts";

describe("what came of a calendar", () => {
  it("is counted by what was changed", () => {
    const pull = { applied: 1, refused: 0, mirrored: 9, setAside: 0 };
    const push = { created: 1, updated: 1, deleted: 0, unchanged: 4, failed: 1 };
    expect(summaryOf({ type: "synced", pull, push })).toBe(
      "1 booking changed, 2 events written, 1 event could not be written.",
    );
    expect(summaryOf({ type: "synced", pull: { ...pull, applied: 0 }, push: null })).toBe(
      "Nothing had to be changed.",
    );
  });

  it("says of a plan that nothing was done", () => {
    expect(summaryOf({ type: "plan", changes: [], total: 0, mirrored: 3 })).toBe("Nothing would change.");
    expect(summaryOf({ type: "plan", changes: [], total: 2, mirrored: 0 })).toMatch(/^2 changes would/);
  });

  it("says of a check whether all is equal, or that nobody knows", () => {
    const checked = {
      type: "checked" as const,
      bookings: 4,
      findings: [],
      error: null,
    } satisfies Partial<RunResult>;
    expect(summaryOf({ ...checked, outcome: "checked" })).toBe("4 coming bookings compared: all equal.");
    expect(summaryOf({ ...checked, outcome: "unread" })).toBe("It could not be compared.");
  });
});

it("a difference names its fields and who changed last", () => {
  expect(detailOf({ fields: ["time", "title"], changedLast: "calendar" })).toBe(
    "Time, Title; the calendar was changed last",
  );
  expect(detailOf({ fields: [], changedLast: null })).toBe("");
});
