import type { Interval } from "@calsync/types";
import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { findSlots, type SlotRules, type SlotSearch, type TakenTime } from "./find-slots.ts";
import { groupByDay } from "./group-by-day.ts";
import type { ScheduleHours } from "./open-hours.ts";

const rules: SlotRules = {
  durationMinutes: 30,
  slotIntervalMinutes: null,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minimumNoticeMinutes: 0,
  maximumDaysAhead: 400,
  seats: 1,
};
const berlin: ScheduleHours = {
  timeZone: "Europe/Berlin",
  weekly: [{ days: [1, 2, 3, 4, 5], startMinute: 9 * 60, endMinute: 17 * 60 }],
  overrides: [],
};
const interval = (start: string, end: string): Interval => ({ start: new Date(start), end: new Date(end) });

function search(changes: Partial<SlotSearch> = {}): SlotSearch {
  return {
    schedule: berlin,
    rules,
    range: interval("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
    now: new Date("2026-05-20T00:00:00Z"),
    busy: [],
    taken: [],
    ...changes,
  };
}
const startsOf = (changes: Partial<SlotSearch> = {}) =>
  findSlots(search(changes)).map(({ start }) => start.toISOString().slice(0, 16));
const wall = (date: Date, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(timeZone);

describe("findSlots", () => {
  test("fills the weekly hours of the schedule's zone", () => {
    const starts = startsOf();
    expect(starts).toHaveLength(16);
    expect(starts[0]).toBe("2026-06-01T07:00");
    expect(starts.at(-1)).toBe("2026-06-01T14:30");
  });

  test("offers nothing on days without hours", () => {
    expect(startsOf({ range: interval("2026-06-06T00:00:00Z", "2026-06-07T22:00:00Z") })).toEqual([]);
  });

  test("replaces a date's weekly hours by its overrides, and closes a date whose override is empty", () => {
    const overrides = [
      { date: "2026-06-01", startMinute: 600, endMinute: 660 },
      { date: "2026-06-01", startMinute: 900, endMinute: 930 },
      { date: "2026-06-02", startMinute: 0, endMinute: 0 },
      { date: "2026-06-06", startMinute: 600, endMinute: 630 },
    ];
    const range = interval("2026-06-01T00:00:00Z", "2026-06-07T00:00:00Z");
    const starts = startsOf({ schedule: { ...berlin, overrides }, range });
    expect(starts.filter((start) => start.startsWith("2026-06-01"))).toEqual([
      "2026-06-01T08:00",
      "2026-06-01T08:30",
      "2026-06-01T13:00",
    ]);
    expect(starts.filter((start) => start.startsWith("2026-06-02"))).toEqual([]);
    expect(starts.filter((start) => start.startsWith("2026-06-06"))).toEqual(["2026-06-06T08:00"]);
  });

  test("offers stretches beside the schedule too, on a grid of their own outside of its hours", () => {
    const span = (start: string, end: string) => ({ start: Date.parse(start), end: Date.parse(end) });
    const extra = [
      span("2026-06-01T14:40Z", "2026-06-01T16:10Z"),
      span("2026-06-06T08:00Z", "2026-06-06T09:00Z"),
    ];
    const schedule = { ...berlin, extra };
    // Scheduled until 17:00 in Berlin (15:00 UTC).
    expect(startsOf({ schedule }).slice(-4)).toEqual([
      "2026-06-01T14:00",
      "2026-06-01T14:30",
      "2026-06-01T15:10",
      "2026-06-01T15:40",
    ]);
    const saturday = interval("2026-06-06T00:00:00Z", "2026-06-07T00:00:00Z");
    expect(startsOf({ schedule, range: saturday })).toEqual(["2026-06-06T08:00", "2026-06-06T08:30"]);
    const busy = [interval("2026-06-06T08:10:00Z", "2026-06-06T08:20:00Z")];
    expect(startsOf({ schedule, range: saturday, busy })).toEqual(["2026-06-06T08:30"]);
  });

  test("keeps the minimum notice, to the millisecond", () => {
    const changed = { ...rules, minimumNoticeMinutes: 120 };
    expect(startsOf({ rules: changed, now: new Date("2026-06-01T10:00:00Z") })[0]).toBe("2026-06-01T12:00");
    expect(startsOf({ rules: changed, now: new Date("2026-06-01T10:00:00.001Z") })[0]).toBe(
      "2026-06-01T12:30",
    );
  });

  test("ends with the last bookable day in the schedule's zone", () => {
    const now = new Date("2026-06-01T22:30:00Z"); // already 2 June in Berlin
    const range = interval("2026-06-01T00:00:00Z", "2026-06-20T00:00:00Z");
    const starts = startsOf({ now, range, rules: { ...rules, maximumDaysAhead: 1 } });
    expect(new Set(starts.map((start) => start.slice(0, 10)))).toEqual(new Set(["2026-06-02", "2026-06-03"]));
  });

  test("steps by the slot interval, independent of where the range begins", () => {
    const changed = { ...rules, durationMinutes: 60, slotIntervalMinutes: 15 };
    const whole = startsOf({ rules: changed });
    expect(whole.slice(0, 3)).toEqual(["2026-06-01T07:00", "2026-06-01T07:15", "2026-06-01T07:30"]);
    expect(whole.at(-1)).toBe("2026-06-01T14:00");
    const part = startsOf({
      rules: changed,
      range: interval("2026-06-01T09:07:00Z", "2026-06-01T10:00:00Z"),
    });
    expect(part).toEqual(["2026-06-01T09:15", "2026-06-01T09:30", "2026-06-01T09:45"]);
  });

  test("leaves out what overlaps a busy stretch, but not what only touches it", () => {
    const starts = startsOf({ busy: [interval("2026-06-01T08:00:00Z", "2026-06-01T08:45:00Z")] });
    expect(starts.slice(0, 4)).toEqual([
      "2026-06-01T07:00",
      "2026-06-01T07:30",
      "2026-06-01T09:00",
      "2026-06-01T09:30",
    ]);
  });

  test("keeps buffers free of busy stretches and of what other bookings occupy", () => {
    const buffered = { ...rules, bufferBeforeMinutes: 15, bufferAfterMinutes: 10 };
    const taken: TakenTime = {
      ...interval("2026-06-01T12:00:00Z", "2026-06-01T12:30:00Z"),
      occupied: interval("2026-06-01T11:30:00Z", "2026-06-01T13:00:00Z"),
      seatsLeft: 0,
    };
    const starts = startsOf({
      rules: buffered,
      busy: [interval("2026-06-01T08:00:00Z", "2026-06-01T08:30:00Z")],
      taken: [taken],
    });
    expect(starts).not.toContain("2026-06-01T07:30"); // its buffer would reach into the busy stretch
    expect(starts).not.toContain("2026-06-01T08:30");
    expect(starts).toContain("2026-06-01T07:00");
    expect(starts).not.toContain("2026-06-01T11:00");
    expect(starts).not.toContain("2026-06-01T13:00");
    expect(starts).toContain("2026-06-01T13:30");
  });

  test("lets a slot cross midnight when both days are open around it", () => {
    const schedule: ScheduleHours = {
      timeZone: "Asia/Tokyo",
      weekly: [
        { days: [1], startMinute: 23 * 60, endMinute: 1440 },
        { days: [2], startMinute: 0, endMinute: 60 },
      ],
      overrides: [],
    };
    const range = interval("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
    const starts = startsOf({ schedule, range, rules: { ...rules, durationMinutes: 90 } });
    expect(starts).toEqual(["2026-06-01T14:00"]);
  });

  test("offers an appointment with seats left, once, with the seats that are left", () => {
    const taken: TakenTime = {
      ...interval("2026-06-01T08:00:00Z", "2026-06-01T08:30:00Z"),
      occupied: interval("2026-06-01T08:00:00Z", "2026-06-01T08:30:00Z"),
      seatsLeft: 2,
    };
    const slots = findSlots(search({ rules: { ...rules, seats: 5 }, taken: [taken] }));
    const at = slots.filter(({ start }) => start.getTime() === taken.start.getTime());
    expect(at.map(({ seatsLeft }) => seatsLeft)).toEqual([2]);
    expect(slots.find(({ start }) => start.toISOString() === "2026-06-01T09:00:00.000Z")?.seatsLeft).toBe(5);
  });

  test("offers an appointment with seats left also where the host has moved it out of the hours", () => {
    const at = interval("2026-06-01T20:00:00Z", "2026-06-01T20:30:00Z");
    const slots = findSlots(search({ taken: [{ ...at, occupied: at, seatsLeft: 1 }] }));
    expect(slots.at(-1)?.start).toEqual(at.start);
  });

  test.each([
    ["Europe/Berlin", "2026-03-27T00:00:00Z", "2026-04-01T00:00:00Z"],
    ["Europe/Berlin", "2026-10-23T00:00:00Z", "2026-10-28T00:00:00Z"],
    ["America/New_York", "2026-03-06T00:00:00Z", "2026-03-11T00:00:00Z"],
    ["Australia/Sydney", "2026-04-03T00:00:00Z", "2026-04-08T00:00:00Z"],
    ["Australia/Sydney", "2026-10-02T00:00:00Z", "2026-10-07T00:00:00Z"],
    ["America/Santiago", "2026-09-04T00:00:00Z", "2026-09-08T00:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-03T00:00:00Z", "2026-04-08T00:00:00Z"],
  ])("keeps the wall clock's hours through the change of the clock in %s from %s", (timeZone, from, to) => {
    const schedule: ScheduleHours = {
      timeZone,
      weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], startMinute: 540, endMinute: 660 }],
      overrides: [],
    };
    const days = groupByDay(
      findSlots(search({ schedule, range: interval(from, to), now: new Date("2026-01-01") })),
      timeZone,
    );
    expect(days.length).toBeGreaterThanOrEqual(3);
    for (const { slots } of days.slice(1, -1)) {
      expect(slots.map(({ start }) => wall(start, timeZone).toPlainTime().toString())).toEqual([
        "09:00:00",
        "09:30:00",
        "10:00:00",
        "10:30:00",
      ]);
    }
  });

  test("skips the hour that summer time skips, and offers the repeated hour twice", () => {
    const night: ScheduleHours = {
      timeZone: "Europe/Berlin",
      weekly: [{ days: [7], startMinute: 60, endMinute: 240 }],
      overrides: [],
    };
    const hourly = { ...rules, durationMinutes: 60 };
    const spring = interval("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
    expect(startsOf({ schedule: night, rules: hourly, range: spring, now: new Date("2026-03-01") })).toEqual([
      "2026-03-29T00:00", // 01:00 CET
      "2026-03-29T01:00", // 03:00 CEST: 02:00 does not exist
    ]);
    const autumn = interval("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
    expect(startsOf({ schedule: night, rules: hourly, range: autumn, now: new Date("2026-10-01") })).toEqual([
      "2026-10-24T23:00", // 01:00 CEST
      "2026-10-25T00:00", // 02:00 CEST
      "2026-10-25T01:00", // 02:00 CET
      "2026-10-25T02:00", // 03:00 CET
    ]);
  });

  test("opens a day at its first moment where midnight does not exist", () => {
    // Chile changes at midnight: 6 September 2026 begins at 01:00.
    const schedule: ScheduleHours = {
      timeZone: "America/Santiago",
      weekly: [{ days: [7], startMinute: 0, endMinute: 120 }],
      overrides: [],
    };
    const range = interval("2026-09-06T00:00:00Z", "2026-09-07T00:00:00Z");
    expect(startsOf({ schedule, range }).map((start) => start.slice(11))).toEqual(["04:00", "04:30"]);
  });
});

describe("findSlots, for any schedule and any busy stretches", () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
  ];
  const hoursArbitrary = fc
    .tuple(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 1, max: 96 }))
    .map(([a, b]) => ({ startMinute: Math.min(a, b) * 15, endMinute: Math.max(a, b) * 15 }));
  const yearStart = Date.parse("2026-01-01T00:00:00Z");
  const cases = fc.record({
    timeZone: fc.constantFrom(...zones),
    weekly: fc.array(
      fc.record({
        days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        hours: hoursArbitrary,
      }),
      { maxLength: 4 },
    ),
    firstDay: fc.integer({ min: 0, max: 355 }),
    durationMinutes: fc.constantFrom(15, 30, 45, 60, 120),
    slotIntervalMinutes: fc.constantFrom(null, 10, 15, 60),
    bufferBeforeMinutes: fc.constantFrom(0, 10, 30),
    bufferAfterMinutes: fc.constantFrom(0, 5, 45),
    busy: fc.array(fc.tuple(fc.integer({ min: 0, max: 10 * 1440 }), fc.integer({ min: 1, max: 600 })), {
      maxLength: 30,
    }),
  });
  const toSearch = (value: typeof cases extends fc.Arbitrary<infer T> ? T : never): SlotSearch => {
    const from = yearStart + value.firstDay * 86_400_000;
    return search({
      schedule: {
        timeZone: value.timeZone,
        weekly: value.weekly.map(({ days, hours }) => ({ days, ...hours })),
        overrides: [],
      },
      rules: { ...rules, ...value },
      range: { start: new Date(from), end: new Date(from + 10 * 86_400_000) },
      now: new Date("2025-12-20"),
      busy: value.busy.map(([at, length]) => ({
        start: new Date(from + at * 60_000),
        end: new Date(from + (at + length) * 60_000),
      })),
    });
  };
  const minuteIsOpen = (schedule: ScheduleHours, epochMs: number) => {
    const at = wall(new Date(epochMs), schedule.timeZone);
    const minute = at.hour * 60 + at.minute;
    return schedule.weekly.some(
      ({ days, startMinute, endMinute }) =>
        days.includes(at.dayOfWeek) && minute >= startMinute && minute < endMinute,
    );
  };

  test("no slot, with its buffers, overlaps a busy stretch", () => {
    fc.assert(
      fc.property(cases, (value) => {
        const asked = toSearch(value);
        for (const slot of findSlots(asked)) {
          const from = slot.start.getTime() - value.bufferBeforeMinutes * 60_000;
          const to = slot.end.getTime() + value.bufferAfterMinutes * 60_000;
          expect(asked.busy.some(({ start, end }) => start.getTime() < to && end.getTime() > from)).toBe(
            false,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test("every minute of every slot is open on the wall clock", () => {
    fc.assert(
      fc.property(cases, (value) => {
        const asked = toSearch({ ...value, busy: [] });
        for (const { start, end } of findSlots(asked).slice(0, 60)) {
          for (let at = start.getTime(); at < end.getTime(); at += 5 * 60_000) {
            expect(minuteIsOpen(asked.schedule, at)).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("the slots of a part of the range are the whole's slots in that part", () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 0, max: 14_399 }),
        fc.integer({ min: 1, max: 3_000 }),
        (value, at, length) => {
          const asked = toSearch(value);
          const start = new Date(asked.range.start.getTime() + at * 60_000);
          const end = new Date(Math.min(start.getTime() + length * 60_000, asked.range.end.getTime()));
          const inPart = findSlots(asked).filter((slot) => slot.start >= start && slot.start < end);
          expect(findSlots({ ...asked, range: { start, end } })).toEqual(inPart);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("slots are ascending and never offered twice", () => {
    fc.assert(
      fc.property(cases, (value) => {
        const starts = findSlots(toSearch(value)).map(({ start }) => start.getTime());
        expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });
});

describe("groupByDay", () => {
  test("puts a slot on the day of the zone that was asked for", () => {
    const slots = findSlots(search({ range: interval("2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z") }));
    const days = groupByDay(slots, "Pacific/Auckland");
    expect(days.map(({ date }) => date)).toEqual(["2026-06-01", "2026-06-02", "2026-06-03"]);
    expect(days[0]?.slots.at(-1)?.start.toISOString()).toBe("2026-06-01T11:30:00.000Z");
  });

  test("refuses a zone that does not exist", () => {
    expect(() => groupByDay(findSlots(search()), "Europe/Atlantis")).toThrow(RangeError);
  });
});
