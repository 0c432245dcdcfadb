import { describe, expect, test } from "vitest";
import {
  type ApiEvent,
  fromLocalInput,
  localInput,
  moveSeriesBody,
  parseGuests,
  parseRecurrence,
  spanOf,
  timesBody,
} from "./event-model.ts";

const BERLIN = "Europe/Berlin";

describe("times", () => {
  test("a patch to all-day clears the time of day, and one to a time clears the date", () => {
    expect(timesBody({ start: "2026-11-24", end: "2026-11-25", allDay: true }, BERLIN)).toEqual({
      start: { date: "2026-11-24", dateTime: null, timeZone: null },
      end: { date: "2026-11-25", dateTime: null, timeZone: null },
    });
    expect(
      timesBody(
        { start: "2026-11-24T10:00:00+01:00", end: "2026-11-24T11:00:00+01:00", allDay: false },
        BERLIN,
      ),
    ).toEqual({
      start: { date: null, dateTime: "2026-11-24T10:00:00+01:00", timeZone: BERLIN },
      end: { date: null, dateTime: "2026-11-24T11:00:00+01:00", timeZone: BERLIN },
    });
  });

  test("wall-clock inputs are read in the page's zone, on both sides of a clock change", () => {
    expect(localInput("2026-11-24T09:00:00Z", BERLIN)).toBe("2026-11-24T10:00");
    expect(fromLocalInput("2026-11-24T10:00", BERLIN)).toBe("2026-11-24T10:00:00+01:00");
    expect(fromLocalInput("2026-07-24T10:00", BERLIN)).toBe("2026-07-24T10:00:00+02:00");
    expect(fromLocalInput("2026-03-29T02:30", BERLIN)).toBe("2026-03-29T03:30:00+02:00");
  });
});

describe("moving a whole series", () => {
  const master: ApiEvent = {
    id: "standup",
    start: { dateTime: "2026-10-06T10:00:00+02:00", timeZone: BERLIN },
    end: { dateTime: "2026-10-06T10:30:00+02:00", timeZone: BERLIN },
    recurrence: ["RRULE:FREQ=WEEKLY;BYDAY=TU,TH"],
  };
  const before = { start: "2026-11-24T10:00:00+01:00", end: "2026-11-24T10:30:00+01:00", allDay: false };

  test("keeps the wall clock of the series across a change of daylight saving", () => {
    const after = { start: "2026-11-24T11:00:00+01:00", end: "2026-11-24T12:00:00+01:00", allDay: false };
    expect(moveSeriesBody(master, before, after, "UTC")).toEqual({
      start: { date: null, dateTime: "2026-10-06T11:00:00+02:00", timeZone: BERLIN },
      end: { date: null, dateTime: "2026-10-06T12:00:00+02:00", timeZone: BERLIN },
    });
  });

  test("takes the weekdays of its rule along when the day changes", () => {
    const after = { start: "2026-11-25T10:00:00+01:00", end: "2026-11-25T10:30:00+01:00", allDay: false };
    const body = moveSeriesBody(master, before, after, "UTC");
    expect(body.start.dateTime).toBe("2026-10-07T10:00:00+02:00");
    expect(body.recurrence).toEqual(["RRULE:FREQ=WEEKLY;BYDAY=WE,FR"]);
  });

  test("turns an all-day series by days", () => {
    const allDay: ApiEvent = {
      id: "day",
      start: { date: "2026-11-02" },
      end: { date: "2026-11-03" },
      recurrence: ["RRULE:FREQ=WEEKLY"],
    };
    const body = moveSeriesBody(
      allDay,
      { start: "2026-11-23", end: "2026-11-24", allDay: true },
      { start: "2026-11-22", end: "2026-11-24", allDay: true },
      BERLIN,
    );
    expect([body.start.date, body.end.date, body.recurrence]).toEqual([
      "2026-11-01",
      "2026-11-03",
      undefined,
    ]);
    expect(spanOf(allDay)).toEqual({ start: "2026-11-02", end: "2026-11-03", allDay: true });
  });
});

describe("what a person types", () => {
  test("a rule may be typed without its property name", () => {
    expect(parseRecurrence(" FREQ=DAILY;COUNT=3 \nEXDATE:20261124T090000Z\n\n")).toEqual([
      "RRULE:FREQ=DAILY;COUNT=3",
      "EXDATE:20261124T090000Z",
    ]);
  });

  test("guests may be separated by anything and count once", () => {
    expect(parseGuests("a@x.example, B@x.example;\na@x.example")).toEqual(["a@x.example", "b@x.example"]);
  });
});
