import type { CalendarEvent, EventAttendee } from "@calsync/types";
import fc from "fast-check";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { describe, expect, test } from "vitest";
import { mergeIntoGoogleEvent, toChange, toExternalEvent, toGoogleEvent } from "./event-mapper.ts";

type GoogleEvent = calendar_v3.Schema$Event;

const CONTEXT = { calendarId: "host@people.example", timeZone: "Europe/Berlin" };
const EVENT: CalendarEvent = {
  title: "Consultation",
  description: "Bring <papers>",
  location: "Room 4",
  time: {
    allDay: false,
    start: "2027-06-08T10:00:00.000Z",
    end: "2027-06-08T11:00:00.000Z",
    timeZone: "Europe/Berlin",
  },
  attendees: [{ email: "guest@people.example", name: "Guest", response: "accepted", optional: false }],
  recurrence: null,
  transparency: "busy",
  visibility: "default",
  iCalUid: "uid-1@calsync.example",
  sequence: 2,
  marker: "reference-1",
};

/** What Google would hold after we wrote EVENT and others added to it. */
function held(changes: GoogleEvent = {}): GoogleEvent {
  return {
    ...toGoogleEvent(EVENT),
    id: "abc123",
    etag: '"1"',
    organizer: { email: "host@people.example", self: true },
    reminders: { useDefault: false, overrides: [{ method: "popup", minutes: 5 }] },
    colorId: "7",
    ...changes,
  };
}

describe("Google's events in our shape", () => {
  const attendee: fc.Arbitrary<EventAttendee> = fc.record({
    email: fc.emailAddress(),
    name: fc.option(fc.string({ minLength: 1 })),
    response: fc.constantFrom("needs-action", "accepted", "tentative", "declined"),
    optional: fc.boolean(),
  });
  const event: fc.Arbitrary<CalendarEvent> = fc.record({
    title: fc.string(),
    description: fc.string(),
    location: fc.string(),
    time: fc.constantFrom(EVENT.time, { allDay: true, start: "2027-06-08", end: "2027-06-10" }),
    attendees: fc.uniqueArray(attendee, { maxLength: 5, selector: ({ email }) => email.toLowerCase() }),
    recurrence: fc.constantFrom(null, ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270609T100000Z"]),
    transparency: fc.constantFrom("busy", "free"),
    visibility: fc.constantFrom("default", "private"),
    iCalUid: fc.constant("uid-1@calsync.example"),
    sequence: fc.nat(),
    marker: fc.uuid(),
  });

  test("whatever we write reads back the same", () => {
    fc.assert(
      fc.property(event, (original) => {
        const read = toExternalEvent({ id: "abc123", ...toGoogleEvent(original) }, CONTEXT);
        const { iCalUid: _iCalUid, ...fields } = original;
        const description = original.description.replaceAll("\r\n", "\n");
        expect(read).toMatchObject({ ...fields, description });
      }),
    );
  });

  test("an event that is equal already is not written, and one made equal is equal", () => {
    fc.assert(
      fc.property(event, event, (before, after) => {
        const current = { id: "abc123", ...toGoogleEvent(before) };
        expect(mergeIntoGoogleEvent(current, before, CONTEXT)).toBeNull();
        const merged = mergeIntoGoogleEvent(current, after, CONTEXT);
        if (merged) expect(mergeIntoGoogleEvent(merged, after, CONTEXT)).toBeNull();
      }),
    );
  });

  test.each([
    ["default", "busy"],
    ["outOfOffice", "busy"],
    ["focusTime", "busy"],
    ["fromGmail", "busy"],
    ["workingLocation", "free"],
    ["birthday", "free"],
  ])("an entry of the type %s makes its owner %s", (eventType, transparency) => {
    expect(toExternalEvent(held({ eventType }), CONTEXT)).toMatchObject({ transparency });
  });

  test("the organizer and rooms are not attendees, and the owner's answer stands apart", () => {
    const attendees = [
      { email: "boss@people.example", organizer: true, responseStatus: "accepted" },
      { email: "host@people.example", self: true, responseStatus: "declined" },
      { email: "room@people.example", resource: true, responseStatus: "accepted" },
      { displayName: "No address" },
    ];
    const read = toExternalEvent(held({ attendees, organizer: { email: "boss@people.example" } }), CONTEXT);
    expect(read?.attendees.map(({ email }) => email)).toEqual(["host@people.example"]);
    expect(read?.organizer).toEqual({ email: "boss@people.example", self: false });
    expect(read?.selfResponse).toBe("declined");
  });

  test("confidential is private, public is not", () => {
    expect(toExternalEvent(held({ visibility: "confidential" }), CONTEXT)?.visibility).toBe("private");
    expect(toExternalEvent(held({ visibility: "public" }), CONTEXT)?.visibility).toBe("default");
  });
});

describe("items of a list as changes", () => {
  test("a stub with nothing but its id is a deletion", () => {
    const stub = { kind: "calendar#event", id: "abc123", status: "cancelled" };
    expect(toChange(stub, CONTEXT)).toEqual({
      type: "delete",
      eventId: "abc123",
      seriesId: null,
      originalStart: null,
      version: null,
    });
  });

  test("a cancelled instance names its series and its original start", () => {
    const stub = {
      id: "abc123_20270608T100000Z",
      status: "cancelled",
      recurringEventId: "abc123",
      originalStartTime: { dateTime: "2027-06-08T12:00:00+02:00", timeZone: "Europe/Berlin" },
    };
    expect(toChange(stub, CONTEXT)).toMatchObject({
      type: "delete",
      seriesId: "abc123",
      originalStart: "2027-06-08T10:00:00.000Z",
    });
  });

  test("an event that cannot be read is set aside with a reason that quotes nothing", () => {
    const broken = { id: "abc123", status: "confirmed", summary: "Secret", start: { dateTime: "whenever" } };
    const change = toChange(broken, CONTEXT);
    expect(change).toMatchObject({ type: "unreadable", eventId: "abc123" });
    expect(JSON.stringify(change)).not.toMatch(/Secret|whenever/);
    expect(toChange({}, CONTEXT)).toMatchObject({ type: "unreadable", eventId: null });
  });

  test("an event without a zone is in its calendar's", () => {
    const start = { dateTime: "2027-06-08T10:00:00Z" };
    const change = toChange({ id: "abc123", start, end: start }, CONTEXT);
    expect(change).toMatchObject({ type: "upsert", event: { time: { timeZone: "Europe/Berlin" } } });
  });
});

describe("making Google's event equal", () => {
  test("an update carries everything that is not ours", () => {
    const merged = mergeIntoGoogleEvent(held(), { ...EVENT, title: "Renamed" }, CONTEXT);
    expect(merged).toMatchObject({ summary: "Renamed", colorId: "7", reminders: held().reminders });
    expect(merged).not.toHaveProperty("etag");
  });

  test("the rights of guests are spelled out as they are", () => {
    const merged = mergeIntoGoogleEvent(
      held({ guestsCanModify: true }),
      { ...EVENT, title: "Renamed" },
      CONTEXT,
    );
    expect(merged).toMatchObject({
      guestsCanModify: true,
      guestsCanInviteOthers: true,
      guestsCanSeeOtherGuests: true,
    });
  });

  test("what reads the same to us keeps its finer form", () => {
    const current = held({
      description: "<p>Bring &lt;papers&gt;</p>",
      visibility: "public",
      end: { dateTime: "2027-06-08T07:00:00-04:00", timeZone: "America/New_York" },
      extendedProperties: { private: { calsync: "reference-1", other: "kept" }, shared: { theirs: "kept" } },
    });
    expect(mergeIntoGoogleEvent(current, EVENT, CONTEXT)).toBeNull();
    const merged = mergeIntoGoogleEvent(current, { ...EVENT, location: "", marker: "reference-2" }, CONTEXT);
    expect(merged).toMatchObject({
      description: "<p>Bring &lt;papers&gt;</p>",
      visibility: "public",
      end: { timeZone: "America/New_York" },
      extendedProperties: { private: { calsync: "reference-2", other: "kept" }, shared: { theirs: "kept" } },
    });
  });

  test("an attendee's comment and extra guests stay, and so do rooms and the organizer", () => {
    const attendees = [
      { email: "host@people.example", organizer: true, self: true, responseStatus: "accepted" },
      { email: "room@people.example", resource: true, responseStatus: "accepted" },
      { email: "Guest@people.example", responseStatus: "accepted", comment: "late", additionalGuests: 1 },
    ];
    const wanted = {
      ...EVENT,
      attendees: EVENT.attendees.map((a) => ({ ...a, response: "tentative" as const })),
    };
    expect(mergeIntoGoogleEvent(held({ attendees }), wanted, CONTEXT)?.attendees).toEqual([
      attendees[0],
      attendees[1],
      {
        email: "guest@people.example",
        displayName: "Guest",
        responseStatus: "tentative",
        optional: false,
        comment: "late",
        additionalGuests: 1,
      },
    ]);
  });

  test("the sequence never falls", () => {
    expect(mergeIntoGoogleEvent(held({ sequence: 9 }), EVENT, CONTEXT)).toBeNull();
    expect(
      mergeIntoGoogleEvent(held({ sequence: 9 }), { ...EVENT, title: "Renamed" }, CONTEXT)?.sequence,
    ).toBe(9);
    expect(mergeIntoGoogleEvent(held(), { ...EVENT, sequence: 3 }, CONTEXT)?.sequence).toBe(3);
  });

  test("a timed event that becomes all-day keeps no hour", () => {
    const time = { allDay: true, start: "2027-06-08", end: "2027-06-09" } as const;
    const merged = mergeIntoGoogleEvent(held(), { ...EVENT, time }, CONTEXT);
    expect(merged).toMatchObject({ start: { date: "2027-06-08" }, end: { date: "2027-06-09" } });
    expect(merged?.start).not.toHaveProperty("dateTime");
  });

  test("a cancelled stub is filled and confirmed", () => {
    const merged = mergeIntoGoogleEvent({ id: "abc123", status: "cancelled", sequence: 5 }, EVENT, CONTEXT);
    expect(merged).toMatchObject({ ...toGoogleEvent(EVENT), id: "abc123", status: "confirmed", sequence: 5 });
  });
});
