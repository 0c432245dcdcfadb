import { describe, expect, test } from "vitest";
import { fromEventTime, isSameTime, toEventTime } from "./event-time.ts";

const CONTEXT = { notedZone: null, timeZone: "Europe/Berlin", defaultMinutes: 45 };

describe("a date of Notion", () => {
  test("without a time is whole days; there the last day is included, here it is not", () => {
    expect(toEventTime({ start: "2027-06-01", end: null }, CONTEXT)).toEqual({
      allDay: true,
      start: "2027-06-01",
      end: "2027-06-02",
    });
    const week = { allDay: true, start: "2027-06-01", end: "2027-06-08" } as const;
    expect(fromEventTime(week)).toEqual({ start: "2027-06-01", end: "2027-06-07" });
    expect(toEventTime({ start: "2027-06-01", end: "2027-06-07" }, CONTEXT)).toEqual(week);
    expect(fromEventTime({ allDay: true, start: "2027-06-01", end: "2027-06-02" }).end).toBeNull();
  });

  test("without an end lasts as long as was chosen", () => {
    expect(toEventTime({ start: "2027-06-01T10:00:00.000+02:00", end: null }, CONTEXT)).toMatchObject({
      start: "2027-06-01T08:00:00.000Z",
      end: "2027-06-01T08:45:00.000Z",
    });
  });

  test.each([
    [
      "its own zone, which the row notes",
      "2027-06-01T10:00:00.000-04:00",
      "America/New_York",
      "America/New_York",
    ],
    [
      "the table's, where nothing is noted and the offset fits",
      "2027-06-01T10:00:00.000+02:00",
      null,
      "Europe/Berlin",
    ],
    [
      "the table's again after a person wrote it in another offset",
      "2027-06-01T10:00:00.000+02:00",
      "America/New_York",
      "Europe/Berlin",
    ],
    ["UTC, where its offset is UTC's", "2027-06-01T10:00:00.000+00:00", null, "UTC"],
    [
      "the table's at an offset that none of them has",
      "2027-06-01T10:00:00.000+09:30",
      null,
      "Europe/Berlin",
    ],
  ])("is in %s", (_, start, notedZone, timeZone) => {
    const end = start.replace("T10", "T11");
    expect(toEventTime({ start, end }, { ...CONTEXT, notedZone })).toMatchObject({ allDay: false, timeZone });
  });

  test("is written in its zone's wall clock and without an offset, on both sides of a change of the clocks", () => {
    const across = {
      allDay: false,
      start: "2027-10-31T00:30:00.000Z",
      end: "2027-10-31T01:30:00.000Z",
      timeZone: "Europe/Berlin",
    } as const;
    expect(fromEventTime(across)).toEqual({
      start: "2027-10-31T02:30:00",
      end: "2027-10-31T02:30:00",
      time_zone: "Europe/Berlin",
    });
  });

  test("that cannot be read is none, and the same moments in another zone are the same time", () => {
    expect(toEventTime({ start: "soon", end: null }, CONTEXT)).toBeNull();
    const time = {
      allDay: false,
      start: "2027-06-01T08:00:00.000Z",
      end: "2027-06-01T09:00:00.000Z",
    } as const;
    expect(isSameTime({ ...time, timeZone: "UTC" }, { ...time, timeZone: "Asia/Tokyo" })).toBe(true);
  });
});
