import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calendar, readAll, vevent } from "../test-support/read-all.ts";
import { IcsTooLargeError } from "./components.ts";

describe("a file", () => {
  test("tells its name, method and wanted pause between fetches", async () => {
    const read = await readAll(
      calendar(
        "X-WR-CALNAME:Old",
        "NAME:New",
        "METHOD:request",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT5H",
      ),
    );
    expect(read.calendar).toEqual({
      name: "New",
      method: "REQUEST",
      timeZone: null,
      refreshInterval: "PT1H",
    });
    expect(read).toMatchObject({ complete: true, count: 0 });
  });

  test.each([
    ["nothing at all", ""],
    ["a page of HTML", "<!doctype html><html><body>Not found</body></html>"],
    ["a file cut off inside an event", calendar(vevent("DTSTART:20260601T080000Z")).slice(0, 120)],
    [
      "a file cut off before its end",
      calendar(vevent("DTSTART:20260601T080000Z")).replace("END:VCALENDAR\r\n", ""),
    ],
  ])("that is %s is not complete, and says so", async (_, text) => {
    const { complete, problems } = await readAll(text);
    expect(complete).toBe(false);
    expect(problems.some(({ severity }) => severity === "error")).toBe(true);
  });

  test("with several calendars is read to its end; tasks are counted and passed over", async () => {
    const text = calendar(vevent("DTSTART:20260601T080000Z")) + calendar("BEGIN:VTODO", "UID:t", "END:VTODO");
    expect(await readAll(text)).toMatchObject({ complete: true, count: 1, otherComponents: 1 });
  });

  test("over the size limit is refused as a whole", async () => {
    const text = calendar(vevent("DTSTART:20260601T080000Z", `DESCRIPTION:${"x".repeat(5_000)}`));
    await expect(readAll(text, { limits: { maxFileOctets: 4_000 }, pieces: 1_000 })).rejects.toThrow(
      IcsTooLargeError,
    );
  });

  test("with more events than allowed is not complete, with just as many it is", async () => {
    const event = vevent("DTSTART:20260601T080000Z");
    const full = await readAll(calendar(event, event), { limits: { maxEvents: 2 } });
    expect(full).toMatchObject({ complete: true, count: 2, problems: [] });
    const read = await readAll(calendar(event, event, event), { limits: { maxEvents: 2 } });
    expect(read).toMatchObject({ complete: false, count: 2 });
    expect(read.problems).toMatchObject([{ severity: "error", property: "VEVENT" }]);
  });

  test("that nests without an end, or has an endless component, is neither hung on nor kept in memory", async () => {
    const deep = calendar(...Array.from({ length: 5_000 }, () => "BEGIN:VEVENT"));
    expect(await readAll(deep)).toMatchObject({ complete: false, count: 0 });
    const long = calendar(
      vevent("DTSTART:20260601T080000Z", ...Array.from({ length: 300 }, (_, at) => `X-LINE:${at}`)),
      vevent("DTSTART:20260601T080000Z"),
    );
    const read = await readAll(long, { limits: { maxComponentLines: 100 } });
    expect(read).toMatchObject({ complete: true, count: 1 });
    const large = await readAll(long, { limits: { maxComponentCharacters: 1_000 } });
    expect(large).toMatchObject({ complete: true, count: 1 });
    expect(large.problems).toMatchObject([{ property: "VEVENT", line: 4, severity: "error" }]);
  });

  test("of any bytes whatever is read without an exception, in pieces of any size alike", async () => {
    const pieces = fc.constantFrom(
      "BEGIN:VCALENDAR\r\n",
      "END:VCALENDAR\r\n",
      "BEGIN:VEVENT\r\n",
      "END:VEVENT\r\n",
      "BEGIN:VTIMEZONE\r\nTZID:X\r\n",
      "END:VTIMEZONE\r\n",
      "DTSTART;TZID=X:20260601T080000\r\n",
      "DTSTART:20260601T080000Z\r\n",
      "RRULE:FREQ=DAILY;COUNT=3\r\n",
      "RRULE:FREQ=;;;\r\n",
      'ATTENDEE;CN="a:b;c:mailto:x@y\r\n',
      "EXDATE:,,\r\n",
      " folded\r\n",
      "\u0000:\u0001\r\n",
      ":\r\n",
      ";;;\r\n",
      "SUMMARY\r\n",
      "DURATION:-P1D\r\n",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(pieces, fc.string({ maxLength: 12 })), { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        async (parts, size) => {
          const text = parts.join("");
          const whole = await readAll(text);
          expect(await readAll(text, { pieces: size })).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
