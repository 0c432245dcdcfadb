import type { EventTime } from "@calsync/types";
import { describe, expect, test } from "vitest";
import {
  cutAfter,
  describeSlots,
  ruleChange,
  sameRecurrence,
  shiftSlots,
  slotsOf,
  timeAt,
} from "./series-slots.ts";

function timed(start: string, timeZone = "UTC", minutes = 60): EventTime {
  const from = new Date(start);
  const end = new Date(from.getTime() + minutes * 60_000).toISOString();
  return { allDay: false, start: from.toISOString(), end, timeZone };
}
const WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=4"];

describe("the occurrences of a series", () => {
  test("are its rule's, with the first one always among them", () => {
    expect(slotsOf({ time: timed("2030-01-08T10:00Z"), recurrence: WEEKLY }).slots).toEqual([
      "2030-01-08T10:00:00.000Z",
      "2030-01-15T10:00:00.000Z",
      "2030-01-22T10:00:00.000Z",
      "2030-01-29T10:00:00.000Z",
    ]);
    expect(slotsOf({ time: timed("2030-01-08T10:00Z"), recurrence: [] }).slots).toHaveLength(1);
  });

  test("without end are looked at up to a limit", () => {
    const slots = slotsOf({ time: timed("2030-01-08T10:00Z"), recurrence: ["RRULE:FREQ=DAILY"] }).slots;
    expect(slots).toHaveLength(500);
  });

  test("lose what EXDATE takes out and gain what RDATE adds", () => {
    const recurrence = [...WEEKLY, "EXDATE;TZID=Europe/Berlin:20300115T110000", "RDATE:20300301T090000Z"];
    const found = slotsOf({ time: timed("2030-01-08T10:00Z", "Europe/Berlin"), recurrence });
    expect(found.holes).toEqual(["2030-01-15T10:00:00.000Z"]);
    expect(found.slots).toContain("2030-03-01T09:00:00.000Z");
    expect(found.slots).not.toContain("2030-01-15T10:00:00.000Z");
  });

  test.each([
    // North: clocks go forward on 31 March 2030, back on 27 October. South: back on 7 April, forward on 6 October.
    ["Europe/Berlin", "2030-03-26T09:00Z", ["09:00", "08:00", "08:00"]],
    ["Europe/Berlin", "2030-10-22T08:00Z", ["08:00", "09:00", "09:00"]],
    ["Australia/Sydney", "2030-04-01T23:00Z", ["23:00", "00:00", "00:00"]],
    ["Australia/Sydney", "2030-10-01T00:00Z", ["00:00", "23:00", "23:00"]],
    ["America/Asuncion", "2030-03-19T13:00Z", null],
    ["Asia/Kolkata", "2030-03-26T04:30Z", ["04:30", "04:30", "04:30"]],
  ])(
    "keep the time on the wall in %s from %s on, whatever the zone of this process is",
    (zone, start, utc) => {
      const { slots } = slotsOf({ time: timed(start, zone), recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"] });
      const wall = (slot: string) =>
        new Intl.DateTimeFormat("en-GB", {
          timeZone: zone,
          weekday: "short",
          timeStyle: undefined,
          hour: "2-digit",
          minute: "2-digit",
        }).format(new Date(slot));
      expect(new Set(slots.map(wall)).size).toBe(1);
      if (utc) expect(slots.map((slot) => slot.slice(11, 16))).toEqual(utc);
    },
  );

  test("of an all-day series are days", () => {
    const time: EventTime = { allDay: true, start: "2030-03-30", end: "2030-04-01" };
    const recurrence = ["RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3", "EXDATE;VALUE=DATE:20300401"];
    expect(slotsOf({ time, recurrence })).toEqual({
      slots: ["2030-03-30", "2030-04-03"],
      holes: ["2030-04-01"],
    });
    expect(timeAt(time, "2030-04-03")).toEqual({ allDay: true, start: "2030-04-03", end: "2030-04-05" });
  });

  test("cannot be told from a line that is no date", () => {
    expect(() => slotsOf({ time: timed("2030-01-08T10:00Z"), recurrence: ["EXDATE:soon"] })).toThrow(
      "RFC 5545",
    );
  });
});

describe("how a rule has changed", () => {
  const series = (start: string, recurrence: string[], zone = "UTC") => ({
    time: timed(start, zone),
    recurrence,
  });
  test.each([
    ["fewer occurrences", series("2030-01-08T10:00Z", ["RRULE:FREQ=WEEKLY;UNTIL=20300115T100000Z"]), "same"],
    ["a hole", series("2030-01-08T10:00Z", [...WEEKLY, "EXDATE:20300115T100000Z"]), "same"],
    ["another hour", series("2030-01-08T11:00Z", WEEKLY), "moved"],
    ["another weekday", series("2030-01-09T10:00Z", ["RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=WE"]), "moved"],
    ["another zone", series("2030-01-08T10:00Z", WEEKLY, "Europe/Berlin"), "moved"],
    ["every other week", series("2030-01-08T10:00Z", ["RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4"]), "rhythm"],
    ["two days a week", series("2030-01-08T10:00Z", ["RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TU,TH"]), "rhythm"],
  ] as const)("is told for %s", (_name, after, expected) => {
    expect(ruleChange(series("2030-01-08T10:00Z", WEEKLY), after)).toBe(expected);
  });

  test("is none where a provider only spells it otherwise", () => {
    expect(
      sameRecurrence(["RRULE:FREQ=WEEKLY;COUNT=4"], ["RRULE:COUNT=4;WKST=MO;FREQ=WEEKLY;INTERVAL=1"]),
    ).toBe(true);
    expect(sameRecurrence(["RRULE:FREQ=WEEKLY;COUNT=4"], ["RRULE:FREQ=WEEKLY;COUNT=5"])).toBe(false);
  });
});

describe("writing lines", () => {
  const time = timed("2030-03-26T09:00Z", "Europe/Berlin");
  const { slots } = slotsOf({ time, recurrence: WEEKLY });

  test("cutting leaves what lies up to the last occurrence that stays", () => {
    for (const end of ["COUNT=9", "UNTIL=20300430T070000Z"]) {
      const recurrence = cutAfter(
        { time, recurrence: [`RRULE:FREQ=WEEKLY;${end};BYDAY=TU`] },
        slots[1] ?? "",
      );
      expect(recurrence).toEqual(["RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2"]);
      expect(slotsOf({ time, recurrence }).slots).toEqual(slots.slice(0, 2));
    }
  });

  test("a cut series that people move to another day loses none of its dates, and gets none", () => {
    const recurrence = cutAfter({ time, recurrence: WEEKLY }, slots[1] ?? "");
    for (const day of ["2030-03-25", "2030-03-28"])
      expect(slotsOf({ time: timed(`${day}T09:00Z`, "Europe/Berlin"), recurrence }).slots).toHaveLength(2);
  });

  test("cutting takes single dates beyond the last one, too", () => {
    const dates = ["20300402T080000Z", "20300415T080000Z", "20300505T080000Z"];
    const series = { time, recurrence: [`RDATE:${dates.join()}`, "EXDATE:20300402T080000Z"] };
    const { slots: all } = slotsOf(series);
    expect(cutAfter(series, all[1] ?? "")).toEqual([
      "RDATE:20300402T080000Z,20300415T080000Z",
      "EXDATE:20300402T080000Z",
    ]);
    expect(cutAfter({ time, recurrence: ["RDATE:20300505T080000Z"] }, all[0] ?? "")).toEqual([]);
  });

  test("a rule that does not begin with the series' first occurrence ends by a time", () => {
    const odd = { time, recurrence: ["RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=4"] };
    const { slots: all } = slotsOf(odd);
    const recurrence = cutAfter(odd, all[2] ?? "");
    expect(slotsOf({ time, recurrence }).slots).toEqual(all.slice(0, 3));
  });

  test("slots in the rule's rhythm become a rule, others a list", () => {
    expect(describeSlots(time, slots.slice(1), WEEKLY)).toEqual(["RRULE:FREQ=WEEKLY;COUNT=3"]);
    const odd = [slots[0] ?? "", slots[2] ?? "", "2030-05-05T10:00:00.000Z"];
    const lines = describeSlots(time, odd, WEEKLY);
    expect(slotsOf({ time, recurrence: lines }).slots).toEqual(odd);
  });

  test("moving one occurrence moves all by as much on the wall, across a change of clocks", () => {
    const to = timed("2030-03-27T10:30Z", "Europe/Berlin");
    expect(shiftSlots(slots, time, to)).toEqual([
      "2030-03-27T10:30:00.000Z",
      "2030-04-03T09:30:00.000Z",
      "2030-04-10T09:30:00.000Z",
      "2030-04-17T09:30:00.000Z",
    ]);
  });
});
