import { describe, expect, it } from "vitest";
import { describeFree, hasStaleCalendar, partsOfDay } from "./slot-days.ts";

const slot = (start: string) => ({
  start,
  end: new Date(Date.parse(start) + 1_800_000).toISOString(),
  seatsLeft: 1,
});

describe("the slots of a day", () => {
  it("are grouped by the clock of the guest's zone", () => {
    const slots = ["2026-06-03T09:30:00.000Z", "2026-06-03T10:00:00.000Z", "2026-06-03T15:00:00.000Z"].map(
      slot,
    );
    const seen = (zone: string) =>
      partsOfDay(slots, zone).map(({ name, slots: own }) => [name, ...own.map(({ label }) => label)]);
    expect(seen("Europe/Berlin")).toEqual([
      ["Morning", "11:30"],
      ["Afternoon", "12:00"],
      ["Evening", "17:00"],
    ]);
    expect(seen("America/New_York")).toEqual([["Morning", "05:30", "06:00", "11:00"]]);
  });

  it("say their offset in the hour that happens twice, and only there", () => {
    const slots = ["2026-10-24T23:30:00.000Z", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"].map(
      slot,
    );
    const labels = partsOfDay(slots, "Europe/Berlin").flatMap((part) => part.slots.map(({ label }) => label));
    expect(labels).toEqual(["01:30", "02:30 (GMT+2)", "02:30 (GMT+1)"]);
  });

  it("are counted in words, and a day without any cannot be chosen", () => {
    const one = slot("2026-06-03T09:30:00.000Z");
    expect([
      describeFree([one]),
      describeFree([one, one]),
      describeFree([]),
      describeFree(undefined),
    ]).toEqual(["1 free time", "2 free times", null, null]);
  });

  it("are doubtful when one of the host's calendars could not be read", () => {
    const fresh = {
      calendar: "Work",
      lastPulledAt: "2026-06-03T09:30:00.000Z",
      source: "mirror" as const,
      ok: true,
    };
    expect(hasStaleCalendar([fresh])).toBe(false);
    expect(hasStaleCalendar([fresh, { ...fresh, ok: false }])).toBe(true);
  });
});
