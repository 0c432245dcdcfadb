import { describe, expect, it } from "vitest";
import { lookOfSync } from "./sync-look.ts";

const text = (change: Partial<Parameters<typeof lookOfSync>[0]>) =>
  lookOfSync({
    status: "healthy",
    enabled: true,
    pendingPushes: 0,
    failingPushes: 0,
    failedPushes: 0,
    ...change,
  }).text;

describe("a calendar's sync in words", () => {
  it("is in sync only when nothing is left to write", () => {
    expect(text({})).toBe("In sync");
    expect(text({ pendingPushes: 2 })).toBe("Syncing…");
  });

  it("asks for a person when it failed, also while changes wait", () => {
    expect(text({ status: "failed", pendingPushes: 2 })).toBe("Needs attention");
    expect(text({ status: "retrying", pendingPushes: 2 })).toBe("Trying again");
  });

  it("says that a change was not taken, although the calendar can be read", () => {
    expect(text({ pendingPushes: 2, failingPushes: 1 })).toBe("Trying again");
    expect(text({ failedPushes: 1 })).toBe("Not all written");
  });

  it("says nothing else about a calendar that is switched off", () => {
    expect(text({ enabled: false, status: "failed" })).toBe("Switched off");
  });
});
