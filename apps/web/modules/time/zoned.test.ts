import { describe, expect, it } from "vitest";
import { instantOf, startOfDay } from "./zoned.ts";

describe("the start of a day", () => {
  it("is midnight of the zone", () => {
    expect(startOfDay("2026-06-03", "Europe/Berlin")).toBe("2026-06-02T22:00:00.000Z");
    expect(startOfDay("2026-12-03", "America/New_York")).toBe("2026-12-03T05:00:00.000Z");
  });

  it("is the first moment where midnight is skipped", () => {
    // Clocks in Cairo went from 00:00 to 01:00 on 24 April 2026.
    expect(startOfDay("2026-04-24", "Africa/Cairo")).toBe("2026-04-23T22:00:00.000Z");
  });
});

describe("a local time", () => {
  it("is the zone's, whatever the browser's own is", () => {
    expect(instantOf("2026-06-03T09:00", "Asia/Tokyo")).toBe("2026-06-03T00:00:00.000Z");
  });

  it("that is skipped lies an hour later, and one that happens twice is its first", () => {
    expect(instantOf("2026-03-29T02:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    expect(instantOf("2026-10-25T02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
  });

  it("is null when it is unfinished", () => {
    expect(instantOf("2026-06-", "Europe/Berlin")).toBeNull();
  });
});
