import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatMoment,
  formatOffset,
  formatRelative,
  formatWhen,
  nameZone,
  wallClock,
} from "./format.ts";

describe("a time on the wall", () => {
  it("is that of the zone, also on another day", () => {
    expect(wallClock("2026-06-03T22:30:00.000Z", "Europe/Berlin")).toEqual({
      date: "2026-06-04",
      time: "00:30",
    });
    expect(wallClock("2026-06-03T22:30:00.000Z", "America/New_York")).toEqual({
      date: "2026-06-03",
      time: "18:30",
    });
  });

  it("follows the clock's change in spring", () => {
    expect(wallClock("2026-03-29T00:59:00.000Z", "Europe/Berlin").time).toBe("01:59");
    expect(wallClock("2026-03-29T01:00:00.000Z", "Europe/Berlin").time).toBe("03:00");
  });

  it("counts midnight as 00 and an unknown zone as UTC", () => {
    expect(wallClock("2026-06-03T00:00:00.000Z", "Mars/Olympus").time).toBe("00:00");
  });
});

describe("when something takes place", () => {
  it("names the day once when start and end share it", () => {
    const when = { start: "2026-06-03T07:00:00.000Z", end: "2026-06-03T07:30:00.000Z" };
    expect(formatWhen(when, "Europe/Berlin")).toBe("Wednesday, 3 June 2026, 09:00 – 09:30");
  });

  it("names both days over midnight", () => {
    const when = { start: "2026-06-03T21:30:00.000Z", end: "2026-06-03T22:30:00.000Z" };
    expect(formatWhen(when, "Europe/Berlin")).toBe(
      "Wednesday, 3 June 2026, 23:30 – Thursday, 4 June 2026, 00:30",
    );
  });

  it("is written with am and pm for those who count to twelve", () => {
    const when = { start: "2026-06-03T22:00:00.000Z", end: "2026-06-04T10:30:00.000Z" };
    expect(formatWhen(when, "Europe/Berlin", "h12")).toBe("Thursday, 4 June 2026, 12:00 am – 12:30 pm");
  });

  it("does not count the day on which an all-day stretch ends", () => {
    const one = { start: "2026-06-02T22:00:00.000Z", end: "2026-06-03T22:00:00.000Z", allDay: true };
    expect(formatWhen(one, "Europe/Berlin")).toBe("Wednesday, 3 June 2026, all day");
  });
});

describe("zones", () => {
  it("have the offset of the instant, not of today", () => {
    expect(formatOffset("2026-01-03T07:00:00.000Z", "Europe/Berlin")).toBe("GMT+1");
    expect(formatOffset("2026-06-03T07:00:00.000Z", "Europe/Berlin")).toBe("GMT+2");
    expect(formatOffset("2026-06-03T07:00:00.000Z", "Asia/Kolkata")).toBe("GMT+5:30");
    expect(formatOffset("2026-06-03T07:00:00.000Z", "UTC")).toBe("GMT");
  });

  it("are named for people", () => {
    expect(nameZone("2026-06-03T07:00:00.000Z", "America/New_York")).toBe("America/New York, GMT-4");
    expect(nameZone("2026-06-03T07:00:00.000Z", "UTC")).toBe("UTC");
  });
});

describe("moments and durations", () => {
  const now = Date.parse("2026-06-03T12:00:00.000Z");

  it("tell how long ago something was", () => {
    expect(formatRelative("2026-06-03T11:59:40.000Z", now)).toBe("just now");
    expect(formatRelative("2026-06-03T11:57:10.000Z", now)).toBe("2 minutes ago");
    expect(formatRelative("2026-06-03T14:30:00.000Z", now)).toBe("in 2 hours");
    expect(formatRelative("2026-06-02T11:00:00.000Z", now)).toBe("yesterday");
  });

  it("keep a clock that is seconds behind from speaking of the future", () => {
    expect(formatRelative("2026-06-03T12:00:05.000Z", now)).toBe("just now");
  });

  it("are short", () => {
    expect(formatMoment("2026-06-03T07:05:00.000Z", "Europe/Berlin")).toBe("3 Jun 2026, 09:05");
    expect([15, 60, 90, 121].map(formatDuration)).toEqual([
      "15 minutes",
      "1 hour",
      "1 hour 30 minutes",
      "2 hours 1 minute",
    ]);
  });
});
