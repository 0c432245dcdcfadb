import { Temporal } from "temporal-polyfill";
import { afterEach, describe, expect, test } from "vitest";
import { calendar, eventsOf, groupOf, vevent } from "../test-support/ics-text.ts";
import { spansOf } from "./occurrences.ts";

const window = (from: string, to: string) => ({ start: new Date(from), end: new Date(to) });
const YEAR = window("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
const spans = async (...events: string[]) =>
  spansOf(groupOf(await eventsOf(calendar(...events))), YEAR, new Set(["me@example.org"])).spans.map(
    ({ id, start, free }) => `${id} ${start.toISOString().slice(0, 16)}${free ? " free" : ""}`,
  );

const WEEKLY = ["DTSTART:20260601T080000Z", "DTEND:20260601T090000Z", "RRULE:FREQ=WEEKLY;COUNT=3"];

describe("the events of one UID", () => {
  test("an occurrence with a VEVENT of its own takes place where that says, and only there", async () => {
    const moved = vevent(
      "RECURRENCE-ID:20260608T080000Z",
      "DTSTART:20260609T100000Z",
      "DTEND:20260609T110000Z",
    );
    expect(await spans(vevent(...WEEKLY), moved)).toEqual([
      "0 2026-06-01T08:00",
      "0 2026-06-15T08:00",
      "1 2026-06-09T10:00",
    ]);
    // An orphan stands alone.
    expect(await spans(moved)).toEqual(["0 2026-06-09T10:00"]);
  });

  test("a cancelled occurrence, a cancelled series and a declined invitation do not take place", async () => {
    const gone = vevent(
      "RECURRENCE-ID:20260608T080000Z",
      "DTSTART:20260608T080000Z",
      "DTEND:20260608T090000Z",
      "STATUS:CANCELLED",
    );
    expect(await spans(vevent(...WEEKLY), gone)).toEqual(["0 2026-06-01T08:00", "0 2026-06-15T08:00"]);
    const later = vevent(
      "RECURRENCE-ID:20260608T080000Z",
      "DTSTART:20260609T100000Z",
      "DTEND:20260609T110000Z",
      "SEQUENCE:2",
    );
    const earlier = vevent(
      "RECURRENCE-ID:20260615T080000Z",
      "DTSTART:20260616T100000Z",
      "DTEND:20260616T110000Z",
    );
    expect(await spans(vevent(...WEEKLY, "STATUS:CANCELLED", "SEQUENCE:1"), later, earlier)).toEqual([
      "1 2026-06-09T10:00",
    ]);
    expect(await spans(vevent(...WEEKLY, "ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org"))).toEqual([]);
    expect(
      await spans(vevent(...WEEKLY, "ATTENDEE;PARTSTAT=DECLINED:mailto:other@example.org")),
    ).toHaveLength(3);
  });

  test("this and all later occurrences belong to the VEVENT that changes them", async () => {
    const from = vevent(
      "RECURRENCE-ID;RANGE=THISANDFUTURE:20260608T080000Z",
      "DTSTART:20260608T120000Z",
      "DTEND:20260608T130000Z",
    );
    expect(await spans(vevent(...WEEKLY), from)).toEqual([
      "0 2026-06-01T08:00",
      "1 2026-06-08T12:00",
      "1 2026-06-15T12:00",
    ]);
  });

  test("a series that is cut more often than can be followed stands as it is, and its cuts are told", async () => {
    const cuts = Array.from({ length: 2_000 }, (_, n) => {
      const hour = new Date(Date.UTC(2026, 0, 1, 8) + n * 3_600_000).toISOString();
      const at = `${hour.slice(0, 13).replaceAll("-", "")}0000Z`;
      return vevent(`RECURRENCE-ID;RANGE=THISANDFUTURE:${at}`, `DTSTART:${at}`, "DURATION:PT20M");
    });
    const group = groupOf(
      await eventsOf(
        calendar(
          vevent("DTSTART:20260101T080000Z", "DURATION:PT10M", "RRULE:FREQ=HOURLY;COUNT=3000"),
          ...cuts,
        ),
      ),
    );
    const { spans, unsplit, unfollowed } = spansOf(group, YEAR);
    expect([spans.length, unsplit.length, unfollowed.length]).toEqual([3_000, 2_000, 0]);
  });

  test("free ones are told apart, those without a length block nothing", async () => {
    expect(await spans(vevent(...WEEKLY, "TRANSP:TRANSPARENT"))).toHaveLength(3);
    expect((await spans(vevent(...WEEKLY, "TRANSP:TRANSPARENT")))[0]).toBe("0 2026-06-01T08:00 free");
    expect(await spans(vevent("DTSTART:20260601T080000Z"))).toEqual([]);
  });

  test("a series goes on beyond the window unless it says when it ends", async () => {
    const goingOn = async (rule: string) =>
      spansOf(
        groupOf(
          await eventsOf(calendar(vevent("DTSTART:20260601T080000Z", "DURATION:PT1H", `RRULE:${rule}`))),
        ),
        YEAR,
      ).goingOn;
    expect(await goingOn("FREQ=DAILY")).toEqual(["0"]);
    expect(await goingOn("FREQ=DAILY;UNTIL=20260701T000000Z")).toEqual([]);
    expect(await goingOn("FREQ=DAILY;UNTIL=20280701T000000Z")).toEqual(["0"]);
  });

  test("a rule that gives more than can be followed counts once, and is told", async () => {
    const daily = vevent("DTSTART:20260601T080000Z", "DURATION:PT5M", "RRULE:FREQ=DAILY");
    const group = groupOf(await eventsOf(calendar(daily)));
    expect(spansOf(group, YEAR, new Set(), 300)).toMatchObject({ unfollowed: [] });
    const found = spansOf(group, YEAR, new Set(), 100);
    expect(found.spans).toHaveLength(1);
    expect(found.unfollowed).toEqual(group);
  });
});

describe("a change of clocks, whatever the zone of the process", () => {
  const processZone = process.env["TZ"];
  afterEach(() => {
    if (processZone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = processZone;
  });
  const ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Africa/Cairo",
  ];
  for (const processTz of ["UTC", "America/Los_Angeles", "Pacific/Auckland"]) {
    test.each(ZONES)(
      `series, exception and whole day keep their wall time in %s (TZ=${processTz})`,
      async (zone) => {
        process.env["TZ"] = processTz;
        const weekly = vevent(
          `DTSTART;TZID=${zone}:20260101T093000`,
          `DTEND;TZID=${zone}:20260101T101500`,
          "RRULE:FREQ=WEEKLY",
          `EXDATE;TZID=${zone}:20260716T093000`,
        );
        const moved = vevent(
          `RECURRENCE-ID;TZID=${zone}:20260402T093000`,
          `DTSTART;TZID=${zone}:20260402T110000`,
          `DTEND;TZID=${zone}:20260402T114500`,
        );
        const range = window("2026-01-02T00:00:00Z", "2026-12-30T00:00:00Z");
        const { spans: found } = spansOf(groupOf(await eventsOf(calendar(weekly, moved)), zone), range);
        const walls = found.map(({ start }) =>
          Temporal.Instant.fromEpochMilliseconds(start.getTime()).toZonedDateTimeISO(zone).toPlainDateTime(),
        );
        const days = new Set(walls.map((wall) => wall.toPlainDate().toString()));
        expect(days.has("2026-07-16")).toBe(false);
        expect(days.size).toBe(found.length);
        for (const wall of walls) {
          const expected = wall.toPlainDate().toString() === "2026-04-02" ? "11:00" : "09:30";
          expect(wall.toPlainTime().toString({ smallestUnit: "minute" })).toBe(expected);
        }
        const whole = vevent("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=WEEKLY");
        const { spans: wholeDays } = spansOf(groupOf(await eventsOf(calendar(whole)), zone), range);
        expect(wholeDays.length).toBeGreaterThan(50);
        for (const { start, end } of wholeDays) {
          const [from, to] = [start, end].map((at) =>
            Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone),
          );
          expect(from?.startOfDay().equals(from)).toBe(true);
          expect(to?.startOfDay().equals(to)).toBe(true);
          expect(from?.toPlainDate().add({ days: 1 }).toString()).toBe(to?.toPlainDate().toString());
        }
      },
    );
  }
});
