import { type IcsProblem, latestVersions, readCalendar } from "@calsync/icalendar";
import { describe, expect, test } from "vitest";
import { calendar, groupOf, vevent } from "../test-support/ics-text.ts";
import { toEventRow } from "./event-row.ts";
import { spansOf } from "./occurrences.ts";

const JUNE = { start: new Date("2026-06-01T00:00:00Z"), end: new Date("2026-07-01T00:00:00Z") };

/** What importing a file comes to in June 2026: its times as `start/length in minutes`, and the properties that are complained of. */
async function outcomeOf(content: string | Buffer) {
  const events = [];
  const problems: IcsProblem[] = [];
  let complete = false;
  for await (const item of readCalendar([Buffer.from(content)], { floatingZone: "Europe/Berlin" })) {
    if (item.type === "event") events.push(toEventRow(item.event, item.method, new Set()).snapshot);
    else if (item.type === "problem") problems.push(item.problem);
    else complete = item.complete;
  }
  const groups = Map.groupBy(latestVersions(events), ({ uid }) => uid);
  const times = [...groups.values()].flatMap((group) => spansOf(groupOf(group), JUNE).spans);
  return {
    complete,
    times: times
      .sort((a, b) => a.start.getTime() - b.start.getTime())
      .map(
        ({ start, end, free }) =>
          `${start.toISOString().slice(5, 16)}/${(end.getTime() - start.getTime()) / 60_000}${free ? " free" : ""}`,
      ),
    problems: problems.map(({ property, severity }) => `${severity} ${property}`),
  };
}

const UTC = ["DTSTART:20260602T080000Z", "DTEND:20260602T090000Z"];
const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

const ODD: [what: string, file: string | Buffer, times: string[], problems: string[]][] = [
  [
    "Outlook: a Windows zone in quotes, described after its events, and out of office",
    calendar(
      vevent(
        'DTSTART;TZID="W. Europe Standard Time":20260602T100000',
        'DTEND;TZID="W. Europe Standard Time":20260602T110000',
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
      ),
      "BEGIN:VTIMEZONE",
      "TZID:W. Europe Standard Time",
      "BEGIN:STANDARD",
      "DTSTART:16010101T030000",
      "TZOFFSETFROM:+0200",
      "TZOFFSETTO:+0100",
      "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
      "END:STANDARD",
      "END:VTIMEZONE",
    ),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "Exchange: a zone without a name that anybody knows, told by its rules",
    calendar(
      "BEGIN:VTIMEZONE",
      "TZID:Customized Time Zone",
      "BEGIN:STANDARD",
      "DTSTART:20241103T020000",
      "TZOFFSETFROM:-0400",
      "TZOFFSETTO:-0500",
      "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
      "END:STANDARD",
      "BEGIN:DAYLIGHT",
      "DTSTART:20240310T020000",
      "TZOFFSETFROM:-0500",
      "TZOFFSETTO:-0400",
      "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
      "END:DAYLIGHT",
      "END:VTIMEZONE",
      vevent("DTSTART;TZID=Customized Time Zone:20260602T100000", "DURATION:PT1H"),
    ),
    ["06-02T14:00/60"],
    [],
  ],
  [
    "Evolution: a zone at the end of a path",
    calendar(
      vevent("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Oslo:20260602T100000", "DURATION:PT1H"),
    ),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "Google: floating times in the calendar's own zone",
    calendar("X-WR-TIMEZONE:Asia/Tokyo", vevent("DTSTART:20260602T100000", "DTEND:20260602T110000")),
    ["06-02T01:00/60"],
    [],
  ],
  [
    "a zone that nobody knows: the upload's",
    calendar(vevent("DTSTART;TZID=Mars/Olympus:20260602T100000", "DTEND;TZID=Mars/Olympus:20260602T110000")),
    ["06-02T08:00/60"],
    ["warning DTSTART"],
  ],
  [
    "line feeds alone, and lower case",
    calendar(vevent(...UTC))
      .replaceAll("\r\n", "\n")
      .toLowerCase(),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "a byte order mark, blank lines and folds with tabs",
    `\ufeff${calendar("", vevent(...UTC, "SUMMARY:a", "\tb", "", "\tc"))}`,
    ["06-02T08:00/60"],
    [],
  ],
  ["UTF-16", utf16(calendar(vevent(...UTC, "SUMMARY:Grüße"))), ["06-02T08:00/60"], []],
  ["Latin-1", Buffer.from(calendar(vevent(...UTC, "SUMMARY:Grüße")), "latin1"), ["06-02T08:00/60"], []],
  [
    "an alarm with a start of its own",
    calendar(vevent(...UTC, "BEGIN:VALARM", "TRIGGER:-PT15M", "DTSTART:19700101T000000Z", "END:VALARM")),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "several calendars in one file",
    `${calendar(vevent(...UTC))}${calendar(vevent(...UTC).replace("UID:one", "UID:two"))}`,
    ["06-02T08:00/60", "06-02T08:00/60"],
    [],
  ],
  [
    "two versions of one event",
    calendar(vevent("DTSTART:20260603T080000Z", "DURATION:PT1H", "SEQUENCE:2"), vevent(...UTC, "SEQUENCE:1")),
    ["06-03T08:00/60"],
    [],
  ],
  [
    "no UID",
    calendar(vevent(...UTC).replace("UID:one@example.org\r\n", "")),
    ["06-02T08:00/60"],
    ["warning UID"],
  ],
  [
    "an end before the start",
    calendar(vevent("DTSTART:20260602T080000Z", "DTEND:20260602T070000Z")),
    [],
    ["warning DTEND"],
  ],
  [
    "a day that ends at a time",
    calendar(vevent("DTSTART;VALUE=DATE:20260602", "DTEND:20260603T100000Z")),
    ["06-01T22:00/1440"],
    ["warning DTEND"],
  ],
  [
    "a day as a time and the other way round",
    calendar(vevent("DTSTART;VALUE=DATE-TIME:20260602", "DTEND;VALUE=DATE-TIME:20260603")),
    ["06-01T22:00/1440"],
    [],
  ],
  ["both an end and a duration", calendar(vevent(...UTC, "DURATION:PT3H")), ["06-02T08:00/60"], []],
  [
    "a negative duration",
    calendar(vevent("DTSTART:20260602T080000Z", "DURATION:-PT1H")),
    [],
    ["warning DURATION"],
  ],
  ["a date that does not exist", calendar(vevent("DTSTART:20260230T080000Z")), [], ["error DTSTART"]],
  ["24 o'clock", calendar(vevent("DTSTART:20260602T240000Z", "DURATION:PT1H")), [], ["error DTSTART"]],
  ["a leap second", calendar(vevent("DTSTART:20260602T075960Z", "DURATION:PT1H")), ["06-02T07:59/60"], []],
  [
    "a line without a colon",
    calendar(vevent(...UTC, "NOTHING AT ALL")),
    ["06-02T08:00/60"],
    ["warning NOTHING AT ALL"],
  ],
  [
    "a birthday since 1900",
    calendar(vevent("DTSTART;VALUE=DATE:19000615", "RRULE:FREQ=YEARLY", "TRANSP:TRANSPARENT")),
    ["06-14T22:00/1440 free"],
    [],
  ],
  [
    "a series since 1601",
    calendar(vevent("DTSTART:16010102T080000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=2")),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "a rule in lower case with blanks",
    calendar(vevent(...UTC, "RRULE:freq=daily; count=2")),
    ["06-02T08:00/60", "06-03T08:00/60"],
    [],
  ],
  [
    "an UNTIL that is a day",
    calendar(vevent(...UTC, "RRULE:FREQ=DAILY;UNTIL=20260603")),
    ["06-02T08:00/60", "06-03T08:00/60"],
    [],
  ],
  [
    "an UNTIL before the start",
    calendar(vevent(...UTC, "RRULE:FREQ=DAILY;UNTIL=20200101T000000Z")),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "a rule that means nothing",
    calendar(vevent(...UTC, "RRULE:FREQ=SOMETIMES")),
    ["06-02T08:00/60"],
    ["warning RRULE"],
  ],
  [
    "an excluded day of a timed series",
    calendar(vevent(...UTC, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260603")),
    ["06-02T08:00/60", "06-04T08:00/60"],
    [],
  ],
  [
    "a period beside a series",
    calendar(vevent(...UTC, "RRULE:FREQ=DAILY;COUNT=1", "RDATE;VALUE=PERIOD:20260605T100000Z/PT3H")),
    ["06-02T08:00/60", "06-05T10:00/180"],
    [],
  ],
  [
    "an exception without its series",
    calendar(vevent("RECURRENCE-ID:20260601T080000Z", ...UTC)),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "an attendee without an address",
    calendar(vevent(...UTC, "ATTENDEE;CN=Room:urn:uuid:1", "ORGANIZER:invalid")),
    ["06-02T08:00/60"],
    [],
  ],
  [
    "an END too many and one that is missing",
    calendar("END:VALARM", vevent(...UTC).replace("\r\nEND:VEVENT", "")),
    ["06-02T08:00/60"],
    ["warning VALARM", "warning VEVENT"],
  ],
  [
    "tasks and journals beside it",
    calendar("BEGIN:VTODO", "UID:t", "END:VTODO", vevent(...UTC)),
    ["06-02T08:00/60"],
    [],
  ],
];

describe("an odd file", () => {
  test.each(ODD)("%s", async (_what, file, times, problems) => {
    expect(await outcomeOf(file)).toEqual({ complete: true, times, problems });
  });
});

const HOSTILE: [what: string, file: string | Buffer][] = [
  ["components that nest without an end", `BEGIN:VCALENDAR\r\n${"BEGIN:VEVENT\r\n".repeat(50_000)}`],
  ["a line of two megabytes", calendar(vevent(...UTC, `DESCRIPTION:${"x".repeat(2_000_000)}`))],
  [
    "a fold of a hundred thousand lines",
    calendar(vevent(...UTC, `DESCRIPTION:x${"\r\n x".repeat(100_000)}`)),
  ],
  [
    "rules that give occurrences every second",
    calendar(
      ...Array.from({ length: 3 }, (_, n) => vevent(...UTC, "RRULE:FREQ=SECONDLY").replace("one", `u${n}`)),
    ),
  ],
  ["a rule that never gives any", calendar(vevent(...UTC, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))],
  [
    "a count beyond all counting",
    calendar(vevent("DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:FREQ=MINUTELY;COUNT=999999999")),
  ],
  [
    "an interval beyond all counting",
    calendar(vevent(...UTC, "RRULE:FREQ=DAILY;INTERVAL=99999999999999999999")),
  ],
  ["ten thousand exclusions", calendar(vevent(...UTC, `EXDATE:${"20260602T080000Z,".repeat(10_000)}`))],
  ["parameters without an end", calendar(vevent(`DTSTART${';X="'.repeat(20_000)}:20260602T080000Z`))],
  ["nothing but zeros", Buffer.alloc(200_000)],
  [
    "broken UTF-8 everywhere",
    Buffer.concat([Buffer.from("BEGIN:VCALENDAR\r\n"), Buffer.alloc(100_000, 0xf5)]),
  ],
  [
    "a zone with rules that go on for ever",
    calendar(
      "BEGIN:VTIMEZONE",
      "TZID:X",
      "BEGIN:STANDARD",
      "DTSTART:19000101T000000",
      "TZOFFSETFROM:+0100",
      "TZOFFSETTO:+0200",
      "RRULE:FREQ=SECONDLY",
      "END:STANDARD",
      "END:VTIMEZONE",
      vevent("DTSTART;TZID=X:20260602T100000"),
    ),
  ],
];

describe("a hostile file", () => {
  test.each(HOSTILE)(
    "neither hangs nor crashes: %s",
    async (_what, file) => {
      const { times } = await outcomeOf(file);
      expect(times.length).toBeLessThanOrEqual(20_000);
    },
    60_000,
  );
});
