import type { EventTime } from "@calsync/types";
import { Temporal } from "temporal-polyfill";
import { afterEach, describe, expect, test } from "vitest";
import { expand, RecurrenceError } from "./recurrence.ts";

const timed = (local: string, zone: string, minutes = 60): EventTime => {
  const start = Temporal.PlainDateTime.from(local).toZonedDateTime(zone);
  return {
    allDay: false,
    start: new Date(start.epochMilliseconds).toISOString(),
    end: new Date(start.epochMilliseconds + minutes * 60_000).toISOString(),
    timeZone: zone,
  };
};
const year = (value: number) => ({
  window: { start: new Date(Date.UTC(value, 0, 1)), end: new Date(Date.UTC(value + 1, 0, 1)) },
  timeZone: "Europe/Berlin",
});
const startsOf = (time: EventTime, recurrence: string[], options = year(2026)) =>
  expand({ time, recurrence }, options).map(({ originalStart }) => originalStart);

const processZone = process.env["TZ"];
afterEach(() => {
  if (processZone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = processZone;
});

describe("a change of clocks", () => {
  // RFC 5545 §3.3.5: a time in the gap is read with the offset before it, a repeated time is the first.
  test("a daily appointment at 02:30 takes place on every day, also where 02:30 does not exist", () => {
    const starts = startsOf(timed("2026-03-27T02:30", "Europe/Berlin"), ["RRULE:FREQ=DAILY;COUNT=5"]);
    expect(starts).toEqual([
      "2026-03-27T01:30:00.000Z",
      "2026-03-28T01:30:00.000Z",
      "2026-03-29T01:30:00.000Z",
      "2026-03-30T00:30:00.000Z",
      "2026-03-31T00:30:00.000Z",
    ]);
  });

  test("a daily appointment at 02:30 takes place once on the day that has 02:30 twice", () => {
    const starts = startsOf(timed("2026-10-24T02:30", "Europe/Berlin"), ["RRULE:FREQ=DAILY;COUNT=3"]);
    expect(starts).toEqual([
      "2026-10-24T00:30:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  for (const processTz of ["UTC", "America/Los_Angeles", "Pacific/Auckland"]) {
    test.each([
      "Europe/Berlin",
      "America/New_York",
      "America/Santiago",
      "Australia/Sydney",
      "Pacific/Auckland",
      "Asia/Kolkata",
    ])(
      `a weekly appointment keeps its wall time through the year in %s (the process in ${processTz})`,
      (zone) => {
        process.env["TZ"] = processTz;
        const occurrences = expand(
          { time: timed("2026-01-07T09:15", zone, 45), recurrence: ["RRULE:FREQ=WEEKLY"] },
          year(2026),
        );
        expect(occurrences).toHaveLength(52);
        for (const { start, end } of occurrences) {
          const local = Temporal.Instant.fromEpochMilliseconds(start.getTime()).toZonedDateTimeISO(zone);
          expect(local.toPlainTime().toString({ smallestUnit: "minute" })).toBe("09:15");
          expect(end.getTime() - start.getTime()).toBe(45 * 60_000);
        }
      },
    );
  }

  test("an all-day series covers whole days, also those of 23 and 25 hours", () => {
    const time: EventTime = { allDay: true, start: "2026-03-28", end: "2026-03-29" };
    const days = expand({ time, recurrence: ["RRULE:FREQ=DAILY;COUNT=3"] }, year(2026));
    expect(days.map(({ originalStart }) => originalStart)).toEqual([
      "2026-03-28",
      "2026-03-29",
      "2026-03-30",
    ]);
    expect(days.map(({ start, end }) => (end.getTime() - start.getTime()) / 3_600_000)).toEqual([24, 23, 24]);
  });

  test("a night that crosses the change keeps its exact length", () => {
    const time = timed("2026-03-28T22:00", "Europe/Berlin", 8 * 60);
    const [night] = expand({ time, recurrence: ["RRULE:FREQ=DAILY;COUNT=1"] }, year(2026));
    expect(night?.end.toISOString()).toBe("2026-03-29T05:00:00.000Z");
  });
});

describe("the end of a series", () => {
  const weekly = timed("2026-03-02T23:00", "America/New_York");

  test("UNTIL in UTC ends on the right local day across a change of clocks", () => {
    // 23:00 in New York on 30 March is 03:00 UTC on the 31st.
    expect(startsOf(weekly, ["RRULE:FREQ=WEEKLY;UNTIL=20260331T030000Z"])).toHaveLength(5);
    expect(startsOf(weekly, ["RRULE:FREQ=WEEKLY;UNTIL=20260331T025959Z"])).toHaveLength(4);
  });

  test("UNTIL as local time or as a day is understood as its writer means it", () => {
    expect(startsOf(weekly, ["RRULE:FREQ=WEEKLY;UNTIL=20260330T230000"])).toHaveLength(5);
    expect(startsOf(weekly, ["RRULE:FREQ=WEEKLY;UNTIL=20260330"])).toHaveLength(5);
  });

  test("an all-day series that ends at a local midnight in UTC has its last day on either side of Greenwich", () => {
    const time: EventTime = { allDay: true, start: "2026-06-01", end: "2026-06-02" };
    for (const until of ["20260603", "20260602T220000Z", "20260603T040000Z", "20260603T235959Z"]) {
      expect(startsOf(time, [`RRULE:FREQ=DAILY;UNTIL=${until}`])).toEqual([
        "2026-06-01",
        "2026-06-02",
        "2026-06-03",
      ]);
    }
  });

  test("COUNT counts what is excluded", () => {
    const starts = startsOf(timed("2026-06-01T10:00", "Europe/Berlin"), [
      "RRULE:FREQ=DAILY;COUNT=5",
      "EXDATE;TZID=Europe/Berlin:20260602T100000,20260604T100000",
    ]);
    expect(starts.map((start) => start.slice(8, 10))).toEqual(["01", "03", "05"]);
  });

  test("a rule with COUNT that began a lifetime ago is still right", () => {
    const starts = startsOf(timed("1976-01-01T10:00", "UTC"), ["RRULE:FREQ=DAILY;COUNT=18264"]);
    expect(starts.at(-1)).toBe("2026-01-01T10:00:00.000Z");
    expect(starts).toHaveLength(1);
  });
});

describe("dates beside the rule", () => {
  const daily = timed("2026-06-01T10:00", "Europe/Berlin");

  test("an EXDATE in another zone or in UTC excludes the same instant", () => {
    for (const line of ["EXDATE:20260602T080000Z", "EXDATE;TZID=America/New_York:20260602T040000"]) {
      const starts = startsOf(daily, ["RRULE:FREQ=DAILY;COUNT=3", line]);
      expect(starts.map((start) => start.slice(8, 10))).toEqual(["01", "03"]);
    }
  });

  test("an RDATE adds an occurrence, once when the rule gives it too, and a period has its own length", () => {
    const occurrences = expand(
      {
        time: daily,
        recurrence: [
          "RRULE:FREQ=DAILY;COUNT=2",
          "RDATE;TZID=Europe/Berlin:20260602T100000,20260610T110000",
          "RDATE;VALUE=PERIOD:20260620T080000Z/PT3H,20260621T080000Z/20260621T083000Z",
        ],
      },
      year(2026),
    );
    expect(
      occurrences.map(({ start, end }) => [start.toISOString().slice(5, 16), (+end - +start) / 60_000]),
    ).toEqual([
      ["06-01T08:00", 60],
      ["06-02T08:00", 60],
      ["06-10T09:00", 60],
      ["06-20T08:00", 180],
      ["06-21T08:00", 30],
    ]);
  });

  test("an occurrence that began before the window reaches into it", () => {
    const time = timed("2026-05-31T22:00", "UTC", 240);
    const window = { start: new Date("2026-06-01T00:00:00Z"), end: new Date("2026-06-01T12:00:00Z") };
    expect(expand({ time, recurrence: null }, { window, timeZone: "UTC" })).toHaveLength(1);
  });
});

describe("a hostile rule", () => {
  test.each([
    "FREQ=SECONDLY",
    "FREQ=MINUTELY;BYDAY=MO;BYSETPOS=1",
    "FREQ=SECONDLY;COUNT=99999999999",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=FORTNIGHTLY",
    "FREQ=DAILY;UNTIL=tomorrow",
    "",
  ])(
    "is refused, neither hanging nor filling the memory: %s",
    (rule) => {
      expect(() => startsOf(timed("2026-01-01T00:00", "UTC"), [`RRULE:${rule}`])).toThrow(RecurrenceError);
    },
    60_000,
  );

  test.each([
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYSETPOS=-400",
    "FREQ=YEARLY;INTERVAL=100000",
  ])("that never comes true leaves the first occurrence alone: %s", (rule) => {
    expect(startsOf(timed("2026-01-01T00:00", "UTC"), [`RRULE:${rule}`])).toEqual([
      "2026-01-01T00:00:00.000Z",
    ]);
  });

  test("with dates that do not exist is refused", () => {
    const time = timed("2026-01-01T00:00", "UTC");
    expect(() => startsOf(time, ["RDATE:20260230T000000Z"])).toThrow(RecurrenceError);
    expect(() => startsOf(time, ["EXDATE:someday"])).toThrow(RecurrenceError);
  });
});
