import ICAL from "ical.js";
import { describe, expect, test } from "vitest";
import { buildInvitation, type Invitation } from "./invitation.ts";

const invitation: Invitation = {
  method: "REQUEST",
  uid: "0197-intro@calsync.test",
  sequence: 3,
  title: "30 min intro between Dana Demo and Ann Guest",
  description: "Line one; with, commas\nLine two \\ backslash",
  location: "Room 4, second floor",
  url: "https://example.test/booking/0197?token=a,b;c",
  time: {
    allDay: false,
    start: "2026-06-03T07:00:00.000Z",
    end: "2026-06-03T07:30:00.000Z",
    timeZone: "Europe/Berlin",
  },
  organizer: { name: "Dana Demo", email: "dana@example.test" },
  attendees: [{ name: "Ann Guest", email: "ann@example.test", response: "accepted" }],
  stampedAt: new Date("2026-06-01T10:11:12.345Z"),
};

function read(text: string): { calendar: ICAL.Component; event: ICAL.Component; details: ICAL.Event } {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const event = calendar.getFirstSubcomponent("vevent");
  if (!event) throw new Error("no VEVENT");
  return { calendar, event, details: new ICAL.Event(event) };
}

describe("buildInvitation", () => {
  test("reads back as the request it was made from", () => {
    const { calendar, event, details } = read(buildInvitation(invitation));
    expect(calendar.getFirstPropertyValue("method")).toBe("REQUEST");
    expect(calendar.getFirstPropertyValue("version")).toBe("2.0");
    expect(details.uid).toBe(invitation.uid);
    expect(details.sequence).toBe(3);
    expect(details.summary).toBe(invitation.title);
    expect(details.description).toBe(invitation.description);
    expect(details.location).toBe(invitation.location);
    expect(event.getFirstPropertyValue("url")).toBe(invitation.url);
    expect(event.getFirstPropertyValue("status")).toBe("CONFIRMED");
    expect(event.getFirstPropertyValue("dtstamp")?.toString()).toBe("2026-06-01T10:11:12Z");
    expect(details.startDate.toString()).toBe("2026-06-03T07:00:00Z");
    expect(details.endDate.toString()).toBe("2026-06-03T07:30:00Z");
    const organizer = event.getFirstProperty("organizer");
    expect(organizer?.getFirstValue()).toBe("mailto:dana@example.test");
    expect(organizer?.getParameter("cn")).toBe("Dana Demo");
    const attendee = event.getFirstProperty("attendee");
    expect(attendee?.getFirstValue()).toBe("mailto:ann@example.test");
    expect(attendee?.getParameter("partstat")).toBe("ACCEPTED");
    expect(attendee?.getParameter("rsvp")).toBe("FALSE");
  });

  test("writes CRLF line ends and times in UTC without a zone definition", () => {
    const text = buildInvitation(invitation);
    expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(text).toContain("\r\nDTSTART:20260603T070000Z\r\n");
    expect(text).toContain("\r\nDTEND:20260603T073000Z\r\n");
    expect(text).not.toContain("VTIMEZONE");
  });

  test("cancels the whole event with the same UID and STATUS:CANCELLED", () => {
    const { calendar, event, details } = read(
      buildInvitation({ ...invitation, method: "CANCEL", sequence: 4 }),
    );
    expect(calendar.getFirstPropertyValue("method")).toBe("CANCEL");
    expect(details.uid).toBe(invitation.uid);
    expect(details.sequence).toBe(4);
    expect(event.getFirstPropertyValue("status")).toBe("CANCELLED");
  });

  test("carries no status when it only takes one attendee from an event that stands", () => {
    const { event } = read(buildInvitation({ ...invitation, method: "CANCEL", wholeEvent: false }));
    expect(event.getFirstProperty("status")).toBeNull();
    expect(event.getAllProperties("attendee")).toHaveLength(1);
  });

  test("writes all-day events as days with an exclusive end", () => {
    const text = buildInvitation({
      ...invitation,
      time: { allDay: true, start: "2026-06-03", end: "2026-06-05" },
    });
    expect(text).toContain("\r\nDTSTART;VALUE=DATE:20260603\r\n");
    expect(text).toContain("\r\nDTEND;VALUE=DATE:20260605\r\n");
  });

  test.each([
    ["two-octet letters", "Größenänderung für Jürgen ".repeat(8)],
    ["three-octet letters", "会議の予定についての説明文です".repeat(8)],
    ["four-octet symbols", "🎉🦊".repeat(40)],
  ])("folds %s by octets and loses none of them", (_name, text) => {
    const output = buildInvitation({ ...invitation, title: text, description: text });
    for (const line of output.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(output).not.toContain("\uFFFD");
    const { details } = read(output);
    expect(details.summary).toBe(text.trim());
    expect(details.description).toBe(text);
  });

  test("cannot be made to hold another property or component by what a guest types", () => {
    const hostile = 'Ann"\r\nATTENDEE:mailto:evil@example.test\r\nBEGIN:VALARM\u0000';
    const output = buildInvitation({
      ...invitation,
      title: hostile,
      location: hostile,
      description: hostile,
      attendees: [{ name: hostile, email: "ann@example.test", response: "needs-action" }],
    });
    const { calendar, event } = read(output);
    expect(calendar.getAllSubcomponents()).toHaveLength(1);
    expect(event.getAllSubcomponents()).toHaveLength(0);
    expect(event.getAllProperties("attendee").map((one) => one.getFirstValue())).toEqual([
      "mailto:ann@example.test",
    ]);
    expect(event.getFirstProperty("attendee")?.getParameter("rsvp")).toBe("TRUE");
    expect(output).not.toContain("\u0000");
  });

  test("keeps commas, colons and semicolons of a name inside its parameter", () => {
    const { event } = read(
      buildInvitation({
        ...invitation,
        organizer: { name: "Demo, Dana: Dr; MD", email: "dana@example.test" },
      }),
    );
    expect(event.getFirstProperty("organizer")?.getParameter("cn")).toBe("Demo, Dana: Dr; MD");
  });

  test("refuses an end that does not lie after the start, and a message to nobody", () => {
    const time = { ...invitation.time, end: invitation.time.start };
    expect(() => buildInvitation({ ...invitation, time })).toThrow("end must lie after its start");
    expect(() => buildInvitation({ ...invitation, attendees: [] })).toThrow("at least one attendee");
  });
});
