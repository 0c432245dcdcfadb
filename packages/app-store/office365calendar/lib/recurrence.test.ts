import { slotsOf } from "@calsync/icalendar";
import type { EventTime } from "@calsync/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromGraphRecurrence, isSameGraphRecurrence, toGraphRecurrence } from "./recurrence.ts";

/** A Tuesday, the second of its month, 23:30 in Berlin. */
const TUESDAY: EventTime = {
  allDay: false,
  start: "2027-06-08T21:30:00.000Z",
  end: "2027-06-08T22:30:00.000Z",
  timeZone: "Europe/Berlin",
};
const DAY: EventTime = { allDay: true, start: "2027-06-08", end: "2027-06-09" };

const pattern = (rule: string, time: EventTime = TUESDAY) =>
  toGraphRecurrence([rule], time).recurrence.pattern;

describe("RRULE as Graph's pattern", () => {
  test.each([
    ["RRULE:FREQ=DAILY;INTERVAL=3", { type: "daily", interval: 3 }],
    ["RRULE:FREQ=WEEKLY", { type: "weekly", interval: 1, daysOfWeek: ["tuesday"], firstDayOfWeek: "monday" }],
    [
      "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
      {
        type: "weekly",
        interval: 1,
        daysOfWeek: ["monday", "tuesday", "wednesday", "thursday", "friday"],
        firstDayOfWeek: "monday",
      },
    ],
    [
      "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
      { type: "weekly", interval: 2, daysOfWeek: ["tuesday", "sunday"], firstDayOfWeek: "sunday" },
    ],
    ["RRULE:FREQ=MONTHLY", { type: "absoluteMonthly", interval: 1, dayOfMonth: 8 }],
    [
      "RRULE:FREQ=MONTHLY;BYDAY=2TU",
      { type: "relativeMonthly", interval: 1, daysOfWeek: ["tuesday"], index: "second" },
    ],
    [
      "RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1",
      { type: "relativeMonthly", interval: 1, daysOfWeek: ["tuesday"], index: "last" },
    ],
    ["RRULE:FREQ=YEARLY", { type: "absoluteYearly", interval: 1, dayOfMonth: 8, month: 6 }],
    [
      "RRULE:FREQ=YEARLY;BYMONTH=6;BYDAY=2TU",
      { type: "relativeYearly", interval: 1, daysOfWeek: ["tuesday"], index: "second", month: 6 },
    ],
  ])("%s", (rule, expected) => {
    expect(pattern(rule)).toEqual(expected);
  });

  test("the first day is the event's in its own zone, and an end in the middle of a day counts by the hour", () => {
    const range = (rule: string) => toGraphRecurrence([rule], TUESDAY).recurrence.range;
    const common = { startDate: "2027-06-08", recurrenceTimeZone: "W. Europe Standard Time" };
    expect(range("RRULE:FREQ=DAILY;COUNT=4")).toEqual({
      ...common,
      type: "numbered",
      numberOfOccurrences: 4,
    });
    expect(range("RRULE:FREQ=DAILY;UNTIL=20270610T213000Z")).toEqual({
      ...common,
      type: "endDate",
      endDate: "2027-06-10",
    });
    expect(range("RRULE:FREQ=DAILY;UNTIL=20270610T212959Z")).toEqual({
      ...common,
      type: "endDate",
      endDate: "2027-06-09",
    });
    expect(range("RRULE:FREQ=DAILY")).toEqual({ ...common, type: "noEnd" });
  });

  test("dates that are left out are told apart from the rule", () => {
    const lines = ["RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20270615T233000,20270622T233000"];
    expect(toGraphRecurrence(lines, TUESDAY).excluded).toEqual([
      "2027-06-15T21:30:00.000Z",
      "2027-06-22T21:30:00.000Z",
    ]);
    expect(toGraphRecurrence(["RRULE:FREQ=WEEKLY", "EXDATE;VALUE=DATE:20270615"], DAY).excluded).toEqual([
      "2027-06-15",
    ]);
  });

  test.each([
    ["an added date", ["RRULE:FREQ=WEEKLY", "RDATE:20270611T213000Z"]],
    ["two rules", ["RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY"]],
    ["hours", ["RRULE:FREQ=HOURLY"]],
    ["weeks of the year", ["RRULE:FREQ=YEARLY;BYWEEKNO=20"]],
    ["several positions", ["RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1,3"]],
    ["several days of the month", ["RRULE:FREQ=MONTHLY;BYMONTHDAY=8,20"]],
    ["a first date that the rule does not give", ["RRULE:FREQ=WEEKLY;BYDAY=FR"]],
    ["the fifth week of a month", ["RRULE:FREQ=MONTHLY;BYDAY=5TU"]],
    ["dates alone", ["RDATE:20270615T213000Z"]],
  ])("what Outlook cannot hold is refused: %s", (_what, lines) => {
    expect(() => toGraphRecurrence(lines, TUESDAY)).toThrow(
      "Outlook cannot hold the recurrence of this series",
    );
  });

  test("months that are too short for a day are left out by RRULE and not by Outlook, so that both are told apart", () => {
    const last: EventTime = { allDay: true, start: "2027-01-31", end: "2027-02-01" };
    expect(() => pattern("RRULE:FREQ=MONTHLY;BYMONTHDAY=31", last)).toThrow("too short");
    expect(pattern("RRULE:FREQ=MONTHLY;BYMONTHDAY=-1", last)).toMatchObject({ dayOfMonth: 31 });
    const recurrence = {
      pattern: { type: "absoluteMonthly", interval: 1, dayOfMonth: 31 },
      range: { type: "numbered", startDate: "2027-01-31", numberOfOccurrences: 3 },
    } as const;
    const lines = fromGraphRecurrence(recurrence, last) ?? [];
    expect(slotsOf({ time: last, recurrence: lines }).slots).toEqual([
      "2027-01-31",
      "2027-02-28",
      "2027-03-31",
    ]);
    expect(pattern(lines[0] ?? "", last)).toMatchObject({ dayOfMonth: 31 });
  });
});

describe("Graph's pattern as RRULE", () => {
  test("is as short as it can be", () => {
    const weekly = {
      pattern: { type: "weekly", interval: 1, daysOfWeek: ["tuesday"], firstDayOfWeek: "sunday" },
      range: { type: "noEnd", startDate: "2027-06-08" },
    } as const;
    expect(
      fromGraphRecurrence({ ...weekly, pattern: { ...weekly.pattern, daysOfWeek: ["tuesday"] } }, TUESDAY),
    ).toEqual(["RRULE:FREQ=WEEKLY"]);
  });

  test("an unknown one is not guessed at", () => {
    const recurrence = { pattern: { type: "lunar" as "daily" }, range: { type: "noEnd" as const } };
    expect(fromGraphRecurrence(recurrence, TUESDAY)).toBeNull();
  });

  test("a rule that went through Graph gives the same dates", () => {
    const days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    const end = fc.oneof(
      fc.integer({ min: 1, max: 12 }).map((count) => `;COUNT=${count}`),
      fc.integer({ min: 1, max: 60 }).map((ahead) => {
        const until = new Date(Date.parse("2027-06-08T21:30:00Z") + ahead * 40_000_000);
        return `;UNTIL=${until.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
      }),
    );
    const rule = fc.oneof(
      fc.constant("FREQ=DAILY"),
      fc.subarray(days).map((some) => `FREQ=WEEKLY;BYDAY=${[...new Set([...some, "TU"])].join(",")}`),
      fc.constantFrom("FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"),
      fc.constantFrom("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=6;BYDAY=2TU"),
    );
    const wkst = fc.constantFrom("", ";WKST=SU", ";WKST=MO");
    fc.assert(
      fc.property(rule, fc.integer({ min: 1, max: 4 }), wkst, end, (base, interval, weekStart, bound) => {
        const lines = [`RRULE:${base};INTERVAL=${interval}${weekStart}${bound}`];
        const graph = toGraphRecurrence(lines, TUESDAY);
        const back = fromGraphRecurrence(graph.recurrence, TUESDAY) ?? [];
        const slots = (recurrence: string[]) => slotsOf({ time: TUESDAY, recurrence }).slots.slice(0, 60);
        expect(slots(back)).toEqual(slots(lines));
        expect(isSameGraphRecurrence(back, graph, TUESDAY)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
