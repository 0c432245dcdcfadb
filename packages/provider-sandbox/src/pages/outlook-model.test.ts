import { expect, test } from "vitest";
import { fromGraph, toGraph, toPattern, toRule } from "./outlook-model.ts";

const BERLIN = "Europe/Berlin";

test("rules and patterns say the same both ways", () => {
  const rules = [
    "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=5",
    "RRULE:FREQ=WEEKLY;BYDAY=TU,TH",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20261231",
    "RRULE:FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1",
    "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=SU;BYSETPOS=2",
  ];
  for (const rule of rules) expect(toRule(toPattern([rule], "2026-06-02T10:00:00"))).toBe(rule);
  expect(toPattern(["RRULE:FREQ=WEEKLY"], "2026-06-03T10:00:00").pattern?.daysOfWeek).toEqual(["wednesday"]);
  expect(() => toPattern(["RRULE:FREQ=DAILY", "EXDATE:20260603"], "2026-06-03")).toThrow(/one rule/);
  expect(() => toPattern(["RRULE:FREQ=HOURLY"], "2026-06-03")).toThrow(/daily, weekly/);
});

test("times go to Outlook as wall clocks of their zone and come back as instants", () => {
  const timed = toGraph(
    {
      start: { dateTime: "2026-06-03T10:00:00+02:00", timeZone: BERLIN },
      end: { dateTime: "2026-06-03T09:00:00Z", timeZone: BERLIN },
    },
    null,
  );
  expect(timed).toEqual({
    isAllDay: false,
    start: { dateTime: "2026-06-03T10:00:00", timeZone: BERLIN },
    end: { dateTime: "2026-06-03T11:00:00", timeZone: BERLIN },
  });
  const day = toGraph({ start: { date: "2026-06-03" }, end: { date: "2026-06-04" } }, null);
  expect(day).toMatchObject({ isAllDay: true, start: { dateTime: "2026-06-03T00:00:00" } });

  const shown = fromGraph(
    { id: "a", start: { dateTime: "2026-06-03T08:00:00.0000000", timeZone: "UTC" }, showAs: "free" },
    "host@contoso.example",
    BERLIN,
  );
  expect(shown.start).toEqual({ dateTime: "2026-06-03T08:00:00Z", timeZone: BERLIN });
  expect(shown.transparency).toBe("transparent");
});

test("an invited viewer is known by the address, with the own answer", () => {
  const { attendees } = fromGraph(
    {
      isOrganizer: false,
      responseStatus: { response: "tentativelyAccepted" },
      attendees: [{ emailAddress: { address: "Guest@Contoso.example" }, status: { response: "none" } }],
    },
    "guest@contoso.example",
    BERLIN,
  );
  expect(attendees).toEqual([{ email: "Guest@Contoso.example", responseStatus: "tentative", self: true }]);
});
