import { describe, expect, test } from "vitest";
import { hour, makeWorld } from "../test-support/series-world.ts";
import { type DiagnosisInput, diagnose, type Finding } from "./diagnose.ts";
import { DEFAULT_POLICY } from "./policy.ts";

const MARKER = "0190c8f0-0000-7000-8000-000000000001";
const FIRST = "2030-01-08T10:00:00.000Z";
const copy = { ...makeWorld().event, id: "copy", marker: MARKER };
const series = {
  marker: MARKER,
  externalEventId: "master",
  isSeries: true,
  standing: [{ bookingId: 7, start: FIRST }],
};

/** What is said of a calendar that holds a copy of a series and none of its bookings. */
const found = (
  changes: Partial<DiagnosisInput>,
): Pick<Finding, "kind" | "bookingId" | "eventId" | "remedy">[] =>
  diagnose({
    references: [],
    items: new Map(),
    events: [copy],
    instances: new Map(),
    markers: [series],
    ourEventIds: new Set(),
    policy: DEFAULT_POLICY,
    calendarSideIsKnown: false,
    now: new Date("2030-01-01"),
    ...changes,
  }).map(({ kind, bookingId, eventId, remedy }) => ({ kind, bookingId, eventId, remedy }));

describe("a copy of a series that nothing follows", () => {
  const twice = { kind: "series-copy", bookingId: 7, eventId: "copy", remedy: null };

  test("is found when one of its dates is booked, and is left to whoever made it", () => {
    expect(found({})).toEqual([twice]);
  });

  test("is removed when we have a record of having made it", () => {
    expect(found({ ourEventIds: new Set(["copy"]) })).toEqual([{ ...twice, remedy: "delete-own-event" }]);
  });

  test("is no difference where none of its dates is booked, or nobody knows yet what becomes of the series", () => {
    const moved = { ...copy, time: hour("2030-01-09T10:00Z") };
    expect(found({ events: [moved] })).toEqual([]);
    expect(found({ markers: [{ ...series, standing: [] }] })).toEqual([]);
    expect(found({ markers: [{ ...series, externalEventId: null }] })).toEqual([]);
  });

  test("is judged by the dates that it has, those that were moved or deleted by themselves included", () => {
    expect(found({ gone: new Set([`copy ${FIRST}`]) })).toEqual([]);
    const instance = { ...copy, id: "copy_1", recurrence: null, seriesId: "copy", originalStart: FIRST };
    expect(found({ events: [copy, { ...instance, time: hour("2030-01-09T10:00Z") }] })).toEqual([]);
    expect(found({ events: [copy, { ...instance, status: "cancelled" }] })).toEqual([]);
    const there = { ...instance, originalStart: "2030-01-15T10:00:00.000Z", time: hour("2030-01-09T10:00Z") };
    const standing = [{ bookingId: 8, start: there.time.start }];
    expect(found({ events: [copy, there], markers: [{ ...series, standing }] })).toMatchObject([
      { kind: "series-copy", bookingId: 8 },
    ]);
  });

  test("says nothing where its rule cannot be read", () => {
    expect(found({ events: [{ ...copy, recurrence: ["RRULE:FREQ=NEVER"] }] })).toEqual([]);
  });
});
