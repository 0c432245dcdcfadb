import type { EventTime, ExternalEvent } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { blocksTime, expandSeries, toInterval } from "./busy-times.ts";

const event = (
  time: EventTime,
  recurrence: string[] | null = null,
  more: Partial<ExternalEvent> = {},
): ExternalEvent => ({
  id: "evt",
  calendarId: "cal",
  iCalUid: null,
  version: null,
  sequence: null,
  status: "confirmed",
  title: "",
  description: "",
  location: "",
  time,
  attendees: [],
  organizer: null,
  selfResponse: null,
  transparency: "busy",
  visibility: "default",
  recurrence,
  seriesId: null,
  originalStart: null,
  marker: null,
  updatedAt: null,
  url: null,
  ...more,
});
const timed = (start: string, end: string, timeZone: string): EventTime => ({
  allDay: false,
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
  timeZone,
});
const window = { start: new Date("2026-01-01T00:00:00Z"), end: new Date("2027-01-01T00:00:00Z") };
const starts = (intervals: { start: Date }[]) => intervals.map(({ start }) => start.toISOString());

describe("what makes busy", () => {
  const time = timed("2026-06-01T10:00Z", "2026-06-01T11:00Z", "UTC");
  test.each([
    ["a confirmed event", {}, true],
    ["a tentative event", { status: "tentative" as const }, true],
    ["a cancelled event", { status: "cancelled" as const }, false],
    ["a transparent event", { transparency: "free" as const }, false],
    ["an event that its owner declined", { selfResponse: "declined" as const }, false],
  ])("%s: %o", (_name, more, expected) => {
    expect(blocksTime(event(time, null, more))).toBe(expected);
  });

  test("an all-day event covers its days in the owner's zone, also where a day has 23 hours", () => {
    const { start, end } = toInterval(
      { allDay: true, start: "2026-03-29", end: "2026-03-30" },
      "Europe/Berlin",
    );
    expect([start.toISOString(), end.toISOString()]).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]);
  });
});

describe("series", () => {
  test.each([
    ["Europe/Berlin", "2026-03-27T09:00:00+01:00", "2026-03-30T07:00:00.000Z"],
    ["America/New_York", "2026-03-06T09:00:00-05:00", "2026-03-09T13:00:00.000Z"],
    ["Australia/Sydney", "2026-04-03T09:00:00+11:00", "2026-04-05T23:00:00.000Z"],
    ["America/Santiago", "2026-04-03T09:00:00-03:00", "2026-04-06T13:00:00.000Z"],
    ["Asia/Kolkata", "2026-03-27T09:00:00+05:30", "2026-03-30T03:30:00.000Z"],
  ])("in %s a daily nine o'clock stays nine o'clock over the change of DST", (zone, start, fourth) => {
    const end = new Date(Date.parse(start) + 3_600_000).toISOString();
    const daily = event(timed(start, end, zone), ["RRULE:FREQ=DAILY;COUNT=4"]);
    expect(starts(expandSeries(daily, [], window, "UTC"))[3]).toBe(fourth);
  });

  test("a daily half past two blocks its hour also on the day whose clock has no half past two", () => {
    const nightly = event(timed("2026-03-28T02:30+01:00", "2026-03-28T03:30+01:00", "Europe/Berlin"), [
      "RRULE:FREQ=DAILY;COUNT=3",
    ]);
    expect(starts(expandSeries(nightly, [], window, "UTC"))).toEqual([
      "2026-03-28T01:30:00.000Z",
      "2026-03-29T01:30:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  test("EXDATE, RDATE and exceptions change the set, and an exception is known by its original start", () => {
    const weekly = event(timed("2026-06-01T10:00Z", "2026-06-01T11:00Z", "UTC"), [
      "RRULE:FREQ=WEEKLY;COUNT=4",
      "EXDATE:20260608T100000Z",
      "RDATE:20260610T120000Z",
    ]);
    expect(
      starts(expandSeries(weekly, [{ originalStart: "2026-06-15T10:00:00.000Z" }], window, "UTC")),
    ).toEqual(["2026-06-01T10:00:00.000Z", "2026-06-10T12:00:00.000Z", "2026-06-22T10:00:00.000Z"]);
  });

  test("EXDATE with a zone of its own is read in that zone", () => {
    const weekly = event(timed("2026-06-01T10:00+02:00", "2026-06-01T11:00+02:00", "Europe/Berlin"), [
      "RRULE:FREQ=WEEKLY;COUNT=2",
      "EXDATE;TZID=Europe/Berlin:20260608T100000",
    ]);
    expect(starts(expandSeries(weekly, [], window, "UTC"))).toEqual(["2026-06-01T08:00:00.000Z"]);
  });

  test("an occurrence that began before the window and reaches into it counts", () => {
    const weekly = event(timed("2025-12-31T22:00Z", "2026-01-01T02:00Z", "UTC"), [
      "RRULE:FREQ=YEARLY;COUNT=1",
    ]);
    expect(expandSeries(weekly, [], window, "UTC")).toHaveLength(1);
  });

  test("an all-day series covers whole days in the owner's zone", () => {
    const yearly = event({ allDay: true, start: "2026-07-01", end: "2026-07-03" }, [
      "RRULE:FREQ=YEARLY;COUNT=1",
    ]);
    const [only] = expandSeries(yearly, [], window, "America/New_York");
    expect([only?.start.toISOString(), only?.end.toISOString()]).toEqual([
      "2026-07-01T04:00:00.000Z",
      "2026-07-03T04:00:00.000Z",
    ]);
  });

  test("a rule that nobody can read throws, so that the event is set aside", () => {
    const broken = event(timed("2026-06-01T10:00Z", "2026-06-01T11:00Z", "UTC"), ["RRULE:FREQ=SOMETIMES"]);
    expect(() => expandSeries(broken, [], window, "UTC")).toThrow();
  });

  test("a rule with an occurrence every second does not run for ever", () => {
    const endless = event(timed("2026-06-01T10:00Z", "2026-06-01T10:00:01Z", "UTC"), ["RRULE:FREQ=SECONDLY"]);
    expect(() => expandSeries(endless, [], window, "UTC")).toThrow();
  });
});
