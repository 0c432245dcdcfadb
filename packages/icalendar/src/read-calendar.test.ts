import { describe, expect, test } from "vitest";
import { calendar, readAll, vevent } from "../test-support/read-all.ts";
import { latestVersions } from "./latest-versions.ts";

const one = async (...lines: string[]) => {
  const read = await readAll(calendar(vevent(...lines)));
  return { event: read.list[0], problems: read.problems };
};

describe("the time of an event", () => {
  test.each([
    ["in UTC", ["DTSTART:20260601T080000Z", "DTEND:20260601T090000Z"], "UTC", "08:00", "09:00"],
    [
      "in an IANA zone",
      ["DTSTART;TZID=America/New_York:20260601T080000", "DTEND;TZID=America/New_York:20260601T090000"],
      "America/New_York",
      "12:00",
      "13:00",
    ],
    [
      "in a zone under a Windows name",
      ["DTSTART;TZID=W. Europe Standard Time:20260601T080000", "DURATION:PT1H"],
      "Europe/Berlin",
      "06:00",
      "07:00",
    ],
    [
      "in a zone at the end of a path",
      ['DTSTART;TZID="/freeassociation.sourceforge.net/Europe/Oslo":20260601T080000', "DURATION:PT90M"],
      "Europe/Oslo",
      "06:00",
      "07:30",
    ],
    ["floating", ["DTSTART:20260601T080000", "DTEND:20260601T090000"], "Europe/Berlin", "06:00", "07:00"],
    ["with a leap second", ["DTSTART:20261231T235900Z", "DTEND:20261231T235960Z"], "UTC", "23:59", "23:59"],
    [
      "with an end on no day",
      ["DTSTART:20260201T080000Z", "DTEND:20260230T080000Z"],
      "UTC",
      "08:00",
      "08:00",
    ],
    [
      "with an end at no hour",
      ["DTSTART:20260201T080000Z", "DTEND:20260201T240000Z"],
      "UTC",
      "08:00",
      "08:00",
    ],
    ["without an end", ["DTSTART:20260601T080000Z"], "UTC", "08:00", "08:00"],
    [
      "with an end before its start",
      ["DTSTART:20260601T080000Z", "DTEND:20260601T070000Z"],
      "UTC",
      "08:00",
      "08:00",
    ],
    [
      "in the hour that does not exist",
      ["DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H"],
      "Europe/Berlin",
      "01:30",
      "02:30",
    ],
  ])("%s", async (_, lines, zone, start, end) => {
    const { event } = await one(...lines);
    expect(event?.time).toMatchObject({ allDay: false, timeZone: zone });
    expect([event?.time.start.slice(11, 16), event?.time.end.slice(11, 16)]).toEqual([start, end]);
  });

  test.each([
    ["two days", ["DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260603"], "2026-06-03"],
    ["no end", ["DTSTART;VALUE=DATE:20260601"], "2026-06-02"],
    ["an end on its first day", ["DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260601"], "2026-06-02"],
    ["a duration", ["DTSTART;VALUE=DATE:20260601", "DURATION:P1W"], "2026-06-08"],
    ["no VALUE parameter", ["DTSTART:20260601", "DTEND:20260602"], "2026-06-02"],
  ])("of whole days with %s", async (_, lines, end) => {
    expect((await one(...lines)).event?.time).toEqual({ allDay: true, start: "2026-06-01", end });
  });

  test("a nominal duration keeps the wall time across a change of clocks, an exact one the hours", async () => {
    const start = "DTSTART;TZID=Europe/Berlin:20260328T120000";
    expect((await one(start, "DURATION:P1D")).event?.time.end).toBe("2026-03-29T10:00:00.000Z");
    expect((await one(start, "DURATION:PT24H")).event?.time.end).toBe("2026-03-29T11:00:00.000Z");
  });

  test("X-WR-TIMEZONE is the zone of floating times and of nothing else", async () => {
    const { list } = await readAll(
      calendar(
        "X-WR-TIMEZONE:Asia/Tokyo",
        vevent("DTSTART:20260601T080000"),
        vevent("DTSTART:20260601T080000Z"),
        vevent("DTSTART;TZID=Europe/Berlin:20260601T080000"),
      ),
    );
    expect(list.map(({ time }) => time.start.slice(0, 16))).toEqual([
      "2026-05-31T23:00",
      "2026-06-01T08:00",
      "2026-06-01T06:00",
    ]);
  });

  test("an event without a usable start is left out alone, with its line", async () => {
    const { list, problems } = await readAll(
      calendar(vevent("SUMMARY:No start"), vevent("DTSTART:yesterday"), vevent("DTSTART:20260601T080000Z")),
    );
    expect(list).toHaveLength(1);
    expect(problems.map(({ line, property, severity }) => [line, property, severity])).toEqual([
      [4, "DTSTART", "error"],
      [12, "DTSTART", "error"],
    ]);
  });
});

describe("a zone that only the file describes", () => {
  const berlinRules = [
    "BEGIN:VTIMEZONE",
    "TZID:Customized Time Zone",
    "BEGIN:STANDARD",
    "DTSTART:16010101T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
  ];
  const event = vevent(
    "DTSTART;TZID=Customized Time Zone:20260601T100000",
    "DTEND;TZID=Customized Time Zone:20260601T110000",
  );

  test("becomes the zone with the same clock, whether it stands before or after its events", async () => {
    for (const lines of [
      [...berlinRules, event],
      [event, ...berlinRules],
    ]) {
      const { list, problems } = await readAll(calendar(...lines));
      expect(problems).toEqual([]);
      expect(list[0]?.time).toEqual({
        allDay: false,
        start: "2026-06-01T08:00:00.000Z",
        end: "2026-06-01T09:00:00.000Z",
        timeZone: "Europe/Berlin",
      });
    }
  });

  test("with one offset for ever is found too", async () => {
    const fixed = [
      "BEGIN:VTIMEZONE",
      "TZID:India",
      "BEGIN:STANDARD",
      "DTSTART:19700101T000000",
      "TZOFFSETFROM:+0530",
      "TZOFFSETTO:+0530",
      "END:STANDARD",
      "END:VTIMEZONE",
    ];
    const { list } = await readAll(calendar(...fixed, vevent("DTSTART;TZID=India:20260601T100000")));
    expect(list[0]?.time).toMatchObject({ start: "2026-06-01T04:30:00.000Z", timeZone: "Asia/Kolkata" });
  });

  test("a name that nobody knows is reported once, and its times are read in the calendar's zone", async () => {
    const { list, problems } = await readAll(
      calendar(
        vevent("DTSTART;TZID=Middle Earth:20260601T100000", "DTEND;TZID=Middle Earth:20260601T110000"),
      ),
    );
    expect(list[0]?.time.start).toBe("2026-06-01T08:00:00.000Z");
    expect(problems).toMatchObject([{ property: "DTSTART", severity: "warning", line: 7 }]);
    expect(problems[0]?.message).toContain("Middle Earth");
  });
});

describe("what an event says", () => {
  test("text is unescaped, people are read, rooms are not guests", async () => {
    const { event } = await one(
      "DTSTART:20260601T080000Z",
      "SUMMARY:Lunch\\, then\\; talk",
      "DESCRIPTION:First\\nSecond \\\\ end",
      "LOCATION:Room 1",
      'ORGANIZER;CN="Doe, Jane":mailto:Jane@Example.org',
      "ATTENDEE;CN=Al;PARTSTAT=DECLINED;ROLE=OPT-PARTICIPANT:MAILTO:al@example.org",
      "ATTENDEE;CUTYPE=ROOM:mailto:room@example.org",
      "ATTENDEE;PARTSTAT=X-ODD:mailto:b@example.org",
      "CLASS:PRIVATE",
      "STATUS:tentative",
      "SEQUENCE:3",
      "BEGIN:VALARM",
      "SUMMARY:Not the event's",
      "END:VALARM",
    );
    expect(event).toMatchObject({
      title: "Lunch, then; talk",
      description: "First\nSecond \\ end",
      location: "Room 1",
      organizer: { email: "jane@example.org", name: "Doe, Jane" },
      attendees: [
        { email: "al@example.org", name: "Al", response: "declined", optional: true },
        { email: "b@example.org", name: null, response: "needs-action", optional: false },
      ],
      visibility: "private",
      status: "tentative",
      sequence: 3,
    });
  });

  test.each([
    ["ATTENDEE;SCHEDULE-STATUS=1.1:mailto:a@example.org", true],
    ['ATTENDEE;SCHEDULE-STATUS="2.0,1.2":mailto:a@example.org', true],
    ["ATTENDEE;SCHEDULE-STATUS=5.1:mailto:a@example.org", undefined],
    ["ATTENDEE;SCHEDULE-AGENT=CLIENT;SCHEDULE-STATUS=1.1:mailto:a@example.org", undefined],
    ["ATTENDEE:mailto:a@example.org", undefined],
  ])("%s: invited by the calendar's server: %s", async (line, invited) => {
    const { event } = await one("DTSTART:20260601T080000Z", line);
    expect(event?.attendees[0]?.invitedByCalendar).toBe(invited);
  });

  test.each([
    [["TRANSP:TRANSPARENT"], "free"],
    [["TRANSP:OPAQUE"], "busy"],
    [[], "busy"],
    [["TRANSP:OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"], "free"],
    [["TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"], "busy"],
  ])("%j makes its owner %s", async (lines, expected) => {
    expect((await one("DTSTART:20260601T080000Z", ...lines)).event?.transparency).toBe(expected);
  });

  test("an event without a UID gets the same one each time", async () => {
    const text = calendar("BEGIN:VEVENT", "DTSTART:20260601T080000Z", "SUMMARY:A", "END:VEVENT");
    const [first, second] = [await readAll(text), await readAll(text)];
    expect(first.list[0]?.uid).toMatch(/@no-uid$/);
    expect(second.list[0]?.uid).toBe(first.list[0]?.uid);
    expect(first.problems).toMatchObject([{ property: "UID", severity: "warning" }]);
  });

  test("one line that cannot be read costs that line alone", async () => {
    const { event, problems } = await one(
      "DTSTART:20260601T080000Z",
      "this is no line",
      "SUMMARY:Still here",
    );
    expect(event?.title).toBe("Still here");
    expect(problems).toMatchObject([{ line: 8, severity: "warning" }]);
  });
});

describe("a series", () => {
  test("keeps its rule; dates beside it come in the series' own zone", async () => {
    const { event } = await one(
      "DTSTART;TZID=Europe/Berlin:20260601T100000",
      "DTEND;TZID=Europe/Berlin:20260601T110000",
      "RRULE:freq=weekly;byday=MO",
      "EXDATE;TZID=America/New_York:20260608T040000",
      "EXDATE:20260615T080000Z",
      "EXDATE;VALUE=DATE:20260622",
      "RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20260630T100000/PT2H",
    );
    expect(event?.recurrence).toEqual([
      "RRULE:FREQ=WEEKLY;BYDAY=MO",
      "RDATE;VALUE=PERIOD:20260630T080000Z/PT2H",
      "EXDATE;TZID=Europe/Berlin:20260608T100000",
      "EXDATE;TZID=Europe/Berlin:20260615T100000",
      "EXDATE;TZID=Europe/Berlin:20260622T100000",
    ]);
  });

  test("an override names its occurrence by an instant, or by the day of an all-day series", async () => {
    const { list } = await readAll(
      calendar(
        vevent(
          "RECURRENCE-ID;TZID=Europe/Berlin:20260608T100000",
          "DTSTART;TZID=Europe/Berlin:20260608T120000",
        ),
        vevent("RECURRENCE-ID;VALUE=DATE:20260608", "DTSTART;VALUE=DATE:20260609"),
        vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20260608T100000Z", "DTSTART:20260608T110000Z"),
      ),
    );
    expect(
      list.map(({ recurrenceId, thisAndFuture, recurrence }) => [recurrenceId, thisAndFuture, recurrence]),
    ).toEqual([
      ["2026-06-08T08:00:00.000Z", false, null],
      ["2026-06-08", false, null],
      ["2026-06-08T10:00:00.000Z", true, null],
    ]);
  });

  test("with a rule that cannot be followed is kept as its first occurrence, and said so", async () => {
    for (const rule of ["FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0", "NONSENSE"]) {
      const { event, problems } = await one("DTSTART:20260601T080000Z", `RRULE:${rule}`);
      expect(event?.recurrence).toBeNull();
      expect(problems).toMatchObject([{ property: "RRULE", line: 8 }]);
    }
  });

  test("of two versions the higher sequence counts, then the later stamp, for each occurrence by itself", async () => {
    const version = (sequence: number, stamp: string, title: string, ...more: string[]) =>
      [
        "BEGIN:VEVENT",
        "UID:a",
        `DTSTAMP:${stamp}`,
        `SEQUENCE:${sequence}`,
        "DTSTART:20260601T080000Z",
        `SUMMARY:${title}`,
        ...more,
        "END:VEVENT",
      ].join("\r\n");
    const { list } = await readAll(
      calendar(
        version(2, "20260101T000000Z", "newest"),
        version(1, "20260301T000000Z", "old"),
        version(0, "20260101T000000Z", "first", "RECURRENCE-ID:20260608T080000Z"),
        version(0, "20260102T000000Z", "second", "RECURRENCE-ID:20260608T080000Z"),
      ),
    );
    expect(latestVersions(list).map(({ title }) => title)).toEqual(["newest", "second"]);
  });
});
