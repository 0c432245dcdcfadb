import ICAL from "ical.js";
import { describe, expect, test } from "vitest";
import { buildInvitation, buildSeriesInvitation, type Invitation } from "./invitation.ts";

const invitation: Invitation = {
  method: "REQUEST",
  uid: "series-1@calsync",
  sequence: 2,
  title: "Coaching",
  description: "",
  location: "",
  url: null,
  time: {
    allDay: false,
    start: "2030-03-26T09:00:00.000Z",
    end: "2030-03-26T10:00:00.000Z",
    timeZone: "Europe/Berlin",
  },
  organizer: { name: "Dana", email: "dana@host.test" },
  attendees: [{ name: "Ann", email: "ann@guest.test", response: "accepted" }],
  stampedAt: new Date("2030-01-01T00:00:00Z"),
};
const series = {
  series: invitation,
  recurrence: ["RRULE:FREQ=WEEKLY;COUNT=4"],
  excluded: ["2030-04-09T08:00:00.000Z"],
  changed: [
    {
      ...invitation,
      recurrenceId: "2030-04-02T08:00:00.000Z",
      time: { ...invitation.time, start: "2030-04-03T12:00:00.000Z", end: "2030-04-03T13:00:00.000Z" },
    } as Invitation,
  ],
};

describe("the invitation to a series", () => {
  test("is one UID with a rule, and an override for each occurrence that differs", () => {
    const calendar = new ICAL.Component(ICAL.parse(buildSeriesInvitation(series)));
    const [master, override, ...others] = calendar.getAllSubcomponents("vevent");
    expect(others).toEqual([]);
    expect([master, override].map((event) => event?.getFirstPropertyValue("uid"))).toEqual([
      "series-1@calsync",
      "series-1@calsync",
    ]);
    expect(String(master?.getFirstPropertyValue("rrule"))).toBe("FREQ=WEEKLY;COUNT=4");
    expect(String(override?.getFirstPropertyValue("recurrence-id"))).toBe("2030-04-02T10:00:00");
    expect(override?.getFirstProperty("recurrence-id")?.getParameter("tzid")).toBe("Europe/Berlin");
  });

  test("gives the same instants to a reader who knows the zone from the message alone, across a change of clocks", () => {
    const calendar = new ICAL.Component(ICAL.parse(buildSeriesInvitation(series)));
    const [master] = calendar.getAllSubcomponents("vevent");
    if (!master) throw new Error("no event");
    const zone = new ICAL.Timezone(calendar.getFirstSubcomponent("vtimezone") as ICAL.Component);
    const event = new ICAL.Event(master);
    const starts: string[] = [];
    const iterator = event.iterator();
    for (let next = iterator.next(); next; next = iterator.next()) {
      next.zone = zone;
      starts.push(next.toJSDate().toISOString());
    }
    expect(starts).toEqual([
      "2030-03-26T09:00:00.000Z",
      "2030-04-02T08:00:00.000Z",
      "2030-04-16T08:00:00.000Z",
    ]);
  });

  test("whose occurrences follow no rule lists their dates", () => {
    const text = buildSeriesInvitation({ ...series, recurrence: ["RDATE:20300501T070000Z"], changed: [] });
    expect(text).toContain("RDATE;TZID=Europe/Berlin:20300501T090000");
  });

  test("of days has no zone", () => {
    const days = {
      ...invitation,
      time: { allDay: true, start: "2030-03-26", end: "2030-03-27" },
    } as Invitation;
    const text = buildSeriesInvitation({ ...series, series: days, excluded: ["2030-04-02"], changed: [] });
    expect(text).not.toContain("VTIMEZONE");
    expect(text).toContain("EXDATE;VALUE=DATE:20300402");
  });
});

test("a message about one occurrence names it by its original start", () => {
  const text = buildInvitation({ ...invitation, recurrenceId: "2030-04-02T08:00:00.000Z" });
  expect(text).toContain("RECURRENCE-ID:20300402T080000Z");
});
