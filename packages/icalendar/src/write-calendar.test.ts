import type { EventTime } from "@calsync/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAll } from "../test-support/read-all.ts";
import type { IcsEvent } from "./event.ts";
import { type IcsEventToWrite, writeCalendar } from "./write-calendar.ts";

const event = (overrides: Partial<IcsEventToWrite> = {}): IcsEventToWrite => ({
  uid: "one@example.org",
  recurrenceId: null,
  sequence: 0,
  stampedAt: "2026-01-01T00:00:00.000Z",
  lastModified: null,
  title: "Lunch",
  description: "",
  location: "",
  url: null,
  time: {
    allDay: false,
    start: "2026-06-01T08:00:00.000Z",
    end: "2026-06-01T09:00:00.000Z",
    timeZone: "Europe/Berlin",
  },
  recurrence: null,
  status: "confirmed",
  transparency: "busy",
  visibility: "default",
  organizer: null,
  attendees: [],
  ...overrides,
});
const write = (...events: IcsEventToWrite[]) =>
  [...writeCalendar({ name: "Work, life; all", events })].join("");
const withoutPlace = ({ line: _, kept: __, thisAndFuture: ___, ...rest }: IcsEvent) => rest;

const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata");
const instant = fc.integer({ min: Date.UTC(2020, 0, 1) / 60_000, max: Date.UTC(2035, 0, 1) / 60_000 });
const timed: fc.Arbitrary<EventTime> = fc
  .record({ zone, start: instant, minutes: fc.integer({ min: 0, max: 5_000 }) })
  // Hours that a change of clocks repeats have no name of their own in iCalendar; whole days from noon avoid them.
  .map(({ zone, start, minutes }) => {
    const noon = start - (start % 1_440) + 720;
    return {
      allDay: false,
      start: new Date(noon * 60_000).toISOString(),
      end: new Date((noon + minutes - (minutes % 1_440)) * 60_000).toISOString(),
      timeZone: zone,
    };
  });
const days: fc.Arbitrary<EventTime> = fc
  .record({ start: fc.integer({ min: 18_000, max: 24_000 }), length: fc.integer({ min: 1, max: 30 }) })
  .map(({ start, length }) => ({
    allDay: true,
    start: new Date(start * 86_400_000).toISOString().slice(0, 10),
    end: new Date((start + length) * 86_400_000).toISOString().slice(0, 10),
  }));
const text = fc
  .array(fc.constantFrom("a", "é", "語", "🎉", " b", ",", ";", "\\", ":", '"', "\n", "END:VEVENT"), {
    maxLength: 60,
  })
  .map((parts) => parts.join("").trim());
const person = fc.record({
  email: fc.constantFrom("a@example.org", "b@example.org", "c@example.org"),
  name: fc.option(fc.constantFrom("Al", "Doe, Jane", "Ünal; the 2nd", "x:y"), { nil: null }),
});

describe("a written calendar", () => {
  test("reads back as what was written, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          title: text,
          description: text,
          location: text,
          time: fc.oneof(timed, days),
          sequence: fc.integer({ min: 0, max: 9 }),
          status: fc.constantFrom("confirmed" as const, "tentative" as const, "cancelled" as const),
          transparency: fc.constantFrom("busy" as const, "free" as const),
          visibility: fc.constantFrom("default" as const, "private" as const),
          organizer: fc.option(person, { nil: null }),
          attendees: fc
            .uniqueArray(
              fc.record({
                person,
                response: fc.constantFrom(
                  "needs-action" as const,
                  "accepted" as const,
                  "declined" as const,
                  "tentative" as const,
                ),
                optional: fc.boolean(),
              }),
              { selector: ({ person }) => person.email, maxLength: 3 },
            )
            .map((list) => list.map(({ person, ...rest }) => ({ ...person, ...rest }))),
        }),
        async (fields) => {
          const written = event(fields);
          const { list, problems, complete } = await readAll(write(written));
          expect({ problems, complete }).toEqual({ problems: [], complete: true });
          expect(list.map(withoutPlace)).toEqual([written]);
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);

  test("import, then export, then import is a fixed point, with series and their exceptions", async () => {
    const series = event({
      uid: "series",
      recurrence: ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20260608T100000"],
    });
    const moved = event({
      uid: "series",
      recurrenceId: "2026-06-15T08:00:00.000Z",
      time: {
        allDay: false,
        start: "2026-06-15T10:00:00.000Z",
        end: "2026-06-15T11:00:00.000Z",
        timeZone: "Europe/Berlin",
      },
    });
    const first = write(series, moved);
    const { list } = await readAll(first);
    expect(list.map(withoutPlace)).toEqual([series, moved]);
    expect(write(...list.map((one) => ({ ...one, stampedAt: one.stampedAt ?? "" })))).toBe(first);
  });

  test("describes every zone that it uses, once, and none for UTC and whole days", () => {
    const berlin = event();
    const sydney = event({
      time: {
        allDay: false,
        start: "2026-06-01T08:00:00.000Z",
        end: "2026-06-01T09:00:00.000Z",
        timeZone: "Australia/Sydney",
      },
    });
    const utc = event({
      time: {
        allDay: false,
        start: "2026-06-01T08:00:00.000Z",
        end: "2026-06-01T09:00:00.000Z",
        timeZone: "UTC",
      },
    });
    const day = event({ time: { allDay: true, start: "2026-06-01", end: "2026-06-02" } });
    const text = write(berlin, berlin, sydney, utc, day);
    expect(text.match(/^TZID:.*$/gm)).toEqual(["TZID:Europe/Berlin", "TZID:Australia/Sydney"]);
    expect(text).toContain("DTSTART;TZID=Australia/Sydney:20260601T180000");
    expect(text).toContain("DTSTART:20260601T080000Z");
    expect(text).toContain("DTSTART;VALUE=DATE:20260601");
  });

  test("has CRLF line ends only, no line over 75 octets, and no control characters", () => {
    const text = write(event({ title: `Bell\u0007 ${"語".repeat(100)}`, description: "a\r\nb\rc" }));
    for (const character of ["\r", "\n", "\u0007"])
      expect(text.replaceAll("\r\n", "")).not.toContain(character);
    for (const line of text.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(text.replaceAll("\r\n ", "")).toContain("DESCRIPTION:a\\nb\\nc");
  });
});
