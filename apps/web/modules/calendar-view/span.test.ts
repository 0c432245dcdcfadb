import { describe, expect, it } from "vitest";
import { fromFields, instantsOf, readSpan, shiftSeries, spanOf, toFields } from "./span.ts";

const ZONE = "Europe/Berlin";

describe("what was dropped", () => {
  it("is at the local time of the zone, with an offset or without one", () => {
    const wanted = { start: "2026-06-03T07:00:00.000Z", end: "2026-06-03T08:30:00.000Z", allDay: false };
    const bare = { start: "2026-06-03T09:00:00", end: "2026-06-03T10:30:00", allDay: false };
    const offset = { start: "2026-06-03T09:00:00+02:00", end: "2026-06-03T10:30:00+02:00", allDay: false };
    expect(readSpan(bare, null, ZONE)).toEqual(wanted);
    expect(readSpan(offset, null, ZONE)).toEqual(wanted);
  });

  it("keeps its length when the calendar gives no end", () => {
    const before = { start: "2026-06-03T07:00:00.000Z", end: "2026-06-03T08:30:00.000Z", allDay: false };
    const drawn = { start: "2026-06-04T09:00:00", end: "", allDay: false };
    expect(readSpan(drawn, before, ZONE).end).toBe("2026-06-04T08:30:00.000Z");
    expect(readSpan(drawn, { start: "2026-06-03", end: "2026-06-04", allDay: true }, ZONE).end).toBe(
      "2026-06-04T08:00:00.000Z",
    );
  });

  it("is one whole day when it went to the strip of whole days", () => {
    expect(readSpan({ start: "2026-06-04", end: "", allDay: true }, null, ZONE)).toEqual({
      start: "2026-06-04",
      end: "2026-06-05",
      allDay: true,
    });
  });
});

describe("whole days", () => {
  it("are those of the zone in which they were made, on the day when clocks change too", () => {
    const span = { start: "2026-03-29", end: "2026-03-30", allDay: true };
    const instants = instantsOf(span, ZONE);
    expect(instants).toEqual({ start: "2026-03-28T23:00:00.000Z", end: "2026-03-29T22:00:00.000Z" });
    expect(spanOf({ ...instants, allDay: true }, ZONE)).toEqual(span);
  });

  it("are shown with their last day and read back", () => {
    const span = { start: "2026-06-03", end: "2026-06-05", allDay: true };
    const fields = toFields(span, ZONE);
    expect(fields).toEqual({ start: "2026-06-03", end: "2026-06-04" });
    expect(fromFields({ ...fields, allDay: true }, ZONE)).toEqual(span);
  });
});

describe("the fields of the form", () => {
  it("are local times and are read back", () => {
    const span = { start: "2026-06-03T07:00:00.000Z", end: "2026-06-03T08:30:00.000Z", allDay: false };
    const fields = toFields(span, ZONE);
    expect(fields).toEqual({ start: "2026-06-03T09:00", end: "2026-06-03T10:30" });
    expect(fromFields({ ...fields, allDay: false }, ZONE)).toEqual(span);
  });

  it("say what is wrong with them", () => {
    expect(fromFields({ start: "", end: "", allDay: false }, ZONE)).toMatch(/begins/);
    const backwards = { start: "2026-06-03T09:00", end: "2026-06-03T09:00", allDay: false };
    expect(fromFields(backwards, ZONE)).toMatch(/before/);
    expect(fromFields({ start: "2026-06-03", end: "2026-06-02", allDay: true }, ZONE)).toMatch(/last day/);
  });
});

describe("a series whose occurrence was moved", () => {
  const timed = (start: string, end: string) => ({ start, end, allDay: false });

  it("goes as far on the clock, also when its first occurrence is in the other half of the year", () => {
    const first = timed("2026-01-07T08:00:00.000Z", "2026-01-07T09:00:00.000Z");
    const from = timed("2026-06-03T07:00:00.000Z", "2026-06-03T08:00:00.000Z");
    const to = timed("2026-06-04T09:30:00.000Z", "2026-06-04T11:00:00.000Z");
    expect(shiftSeries(first, from, to, ZONE)).toEqual(
      timed("2026-01-08T10:30:00.000Z", "2026-01-08T12:00:00.000Z"),
    );
  });

  it("goes by days when it lasts whole days, and nowhere when hours become days", () => {
    const day = (start: string, end: string) => ({ start, end, allDay: true });
    const first = day("2026-01-07", "2026-01-08");
    expect(
      shiftSeries(first, day("2026-06-03", "2026-06-04"), day("2026-06-05", "2026-06-07"), ZONE),
    ).toEqual(day("2026-01-09", "2026-01-11"));
    const hours = timed("2026-06-03T07:00:00.000Z", "2026-06-03T08:00:00.000Z");
    expect(shiftSeries(first, day("2026-06-03", "2026-06-04"), hours, ZONE)).toBeNull();
  });
});
