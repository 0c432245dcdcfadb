import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromEventTime, toEventTime, toOriginalStart } from "./event-time.ts";

describe("event times", () => {
  test("any timed event survives the way to Google and back", () => {
    const zone = fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/St_Johns",
      "Asia/Kathmandu",
      "Pacific/Apia",
    );
    const instant = fc.date({
      min: new Date("2000-01-01"),
      max: new Date("2100-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 10_000 }), zone, (from, minutes, timeZone) => {
        const end = new Date(from.getTime() + minutes * 60_000).toISOString();
        const time = { allDay: false, start: from.toISOString(), end, timeZone } as const;
        const google = fromEventTime(time);
        expect(toEventTime(google.start, google.end, "UTC")).toEqual(time);
      }),
    );
  });

  test("an all-day event survives the way to Google and back", () => {
    const time = { allDay: true, start: "2027-02-28", end: "2027-03-02" } as const;
    const google = fromEventTime(time);
    expect(google).toEqual({ start: { date: "2027-02-28" }, end: { date: "2027-03-02" } });
    expect(toEventTime(google.start, google.end, "Asia/Tokyo")).toEqual(time);
  });

  test("an offset counts, whatever the zone says", () => {
    const start = { dateTime: "2027-06-08T12:00:00+02:00", timeZone: "America/New_York" };
    expect(toEventTime(start, { dateTime: "2027-06-08T13:00:00+02:00" }, "UTC")).toEqual({
      allDay: false,
      start: "2027-06-08T10:00:00.000Z",
      end: "2027-06-08T11:00:00.000Z",
      timeZone: "America/New_York",
    });
  });

  test("a time without an offset is read in its zone, across a change of the clocks", () => {
    const timeZone = "Europe/Berlin";
    const start = { dateTime: "2027-03-28T01:30:00", timeZone };
    expect(toEventTime(start, { dateTime: "2027-03-28T03:30:00", timeZone }, "UTC")).toMatchObject({
      start: "2027-03-28T00:30:00.000Z",
      end: "2027-03-28T01:30:00.000Z",
    });
  });

  test.each([
    ["none", undefined],
    ["an offset", "GMT+02:00"],
    ["nonsense", "Middle-earth/Shire"],
  ])("an event with %s for a zone is in its calendar's", (_, timeZone) => {
    const dateTime = "2027-06-08T12:00:00Z";
    const start = timeZone === undefined ? { dateTime } : { dateTime, timeZone };
    expect(toEventTime(start, start, "Asia/Tokyo")).toMatchObject({ timeZone: "Asia/Tokyo" });
  });

  test("an end that is missing or before the start is as short as can be", () => {
    expect(toEventTime({ date: "2027-06-08" }, undefined, "UTC")).toMatchObject({ end: "2027-06-09" });
    expect(toEventTime({ date: "2027-12-31" }, { date: "2027-12-31" }, "UTC")).toMatchObject({
      end: "2028-01-01",
    });
    const start = { dateTime: "2027-06-08T12:00:00Z" };
    expect(toEventTime(start, { dateTime: "2027-06-08T11:00:00Z" }, "UTC")).toMatchObject({
      end: "2027-06-08T12:00:00.000Z",
    });
  });

  test.each([[undefined], [{}], [{ dateTime: "soon" }], [{ date: "2027-13-40" }]])(
    "%j is not a start",
    (start) => {
      expect(toEventTime(start, start, "UTC")).toBeNull();
    },
  );

  test("an original start is an instant, or a day in an all-day series", () => {
    expect(toOriginalStart({ dateTime: "2027-06-08T12:00:00+02:00" }, "UTC")).toBe(
      "2027-06-08T10:00:00.000Z",
    );
    expect(toOriginalStart({ date: "2027-06-08" }, "UTC")).toBe("2027-06-08");
    expect(toOriginalStart(undefined, "UTC")).toBeNull();
  });
});
