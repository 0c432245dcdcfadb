import { describe, expect, it } from "vitest";
import { addDays, addMonths, inMonth, nameDay, weekdayOf, weeksOf } from "./month-grid.ts";

describe("the weeks of a month", () => {
  it("begin on Monday and leave out days of other months", () => {
    const weeks = weeksOf("2026-06");
    expect(weeks[0]).toEqual([
      "2026-06-01",
      "2026-06-02",
      "2026-06-03",
      "2026-06-04",
      "2026-06-05",
      "2026-06-06",
      "2026-06-07",
    ]);
    expect(weeks.at(-1)).toEqual(["2026-06-29", "2026-06-30", null, null, null, null, null]);
  });

  it("are six when a long month begins on a Sunday", () => {
    expect(weeksOf("2026-03")).toHaveLength(6);
  });

  it("hold every day of a leap February once", () => {
    expect(weeksOf("2028-02").flat().filter(Boolean)).toHaveLength(29);
  });
});

describe("calendar arithmetic", () => {
  it("crosses years and the days on which clocks change", () => {
    expect(addMonths("2026-12", 1)).toBe("2027-01");
    expect(addMonths("2026-01", -1)).toBe("2025-12");
    expect(addDays("2026-03-29", 1)).toBe("2026-03-30");
    expect(addDays("2026-10-25", -1)).toBe("2026-10-24");
  });

  it("takes the last day of a month that is too short", () => {
    expect(inMonth("2026-01-31", "2026-02")).toBe("2026-02-28");
    expect(inMonth("2026-01-15", "2026-02")).toBe("2026-02-15");
  });

  it("counts weekdays from Monday and names them", () => {
    expect(weekdayOf("2026-06-03")).toBe(2);
    expect(nameDay("2026-06-03")).toBe("Wednesday, 3 June 2026");
  });
});
