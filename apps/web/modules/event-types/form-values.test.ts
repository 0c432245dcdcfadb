import { describe, expect, it } from "vitest";
import { NEW_EVENT_TYPE, readValues, slugFrom } from "./form-values.ts";

describe("the address made from a title", () => {
  it("is lower case with single hyphens", () => {
    expect(slugFrom("Café & Kuchen, 30 min")).toBe("cafe-kuchen-30-min");
    expect(slugFrom("  Große Runde!  ")).toBe("grosse-runde");
  });

  it("is empty for a title without letters that fit, and never ends with a hyphen", () => {
    expect(slugFrom("日本語")).toBe("");
    expect(slugFrom(`${"a".repeat(79)} b`)).toBe("a".repeat(79));
  });
});

describe("the form", () => {
  it("is read back as what was typed", () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...NEW_EVENT_TYPE, title: " Intro ", slug: "intro" })) {
      if (name !== "hidden" && name !== "recurrence") form.set(name, String(value ?? ""));
    }
    form.set("hidden", "on");
    expect(readValues(form)).toEqual({ ...NEW_EVENT_TYPE, title: "Intro", slug: "intro", hidden: true });
    form.set("repeats", "on");
    for (const [name, value] of [
      ["frequency", "weekly"],
      ["interval", "2"],
      ["maxCount", "6"],
    ] as const) {
      form.set(name, value);
    }
    expect(readValues(form).recurrence).toEqual({ frequency: "weekly", interval: 2, maxCount: 6 });
    form.set("slotIntervalMinutes", "15");
    expect(readValues(form).slotIntervalMinutes).toBe(15);
  });
});
