import type { CalendarEvent } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type ContractContext, readableFields } from "./context.ts";
import { days, hour, sampleEvent, sampleKey } from "./samples.ts";

/** That every field of a written event reads back as it was written. */
export function describeEventFields(context: ContractContext): void {
  const { subject, can } = context;
  const { capabilities } = context.setup;
  const fieldsOf = (event: CalendarEvent) => readableFields(context, event);

  describe("what an event holds", () => {
    async function roundTrip(fields: Partial<CalendarEvent>) {
      const { service, calendarId } = subject();
      const event = sampleEvent(fields);
      const written = await service.createEvent(calendarId, event, sampleKey());
      const read = await service.getEvent({ calendarId, eventId: written.eventId });
      expect(read).toMatchObject(fieldsOf(event));
      expect(written.event).toEqual({
        ...read,
        version: written.version,
        updatedAt: written.event.updatedAt,
      });
      return { event, written };
    }

    test.each([
      ["UTC", "10:00"],
      ["Europe/Berlin", "23:30"],
      ["America/Los_Angeles", "06:15"],
      ["Asia/Kolkata", "18:45"],
    ])("a timed event keeps its instants and its zone %s", async (zone, start) => {
      await roundTrip({ time: hour(9, start, zone) });
    });

    test("an all-day event keeps its days, the end not included", async () => {
      await roundTrip({ time: days(10, 13) });
    });

    test("a timed event can become all-day and timed again", async () => {
      const { service, calendarId } = subject();
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      for (const time of [days(11, 12), hour(12, "08:00", "Europe/Berlin")]) {
        await service.updateEvent({ calendarId, eventId }, sampleEvent({ time }), null);
        expect((await service.getEvent({ calendarId, eventId }))?.time).toEqual(time);
      }
    });

    test.each([
      "A plain line",
      "Two\nlines\n\nand a gap",
      'Tom & Jerry <tom@example.com>, 3 < 4 > 2, "quoted"',
      "A literal &amp; and &lt;b&gt; and <b>bold</b>",
      "https://meet.example/room?a=1&b=2",
      "Grüße, 漢字, 👋🏽",
    ])("the description %j survives as plain text", async (description) => {
      await roundTrip({ description });
    });

    test("empty texts stay empty", async () => {
      await roundTrip({ description: "", location: "" });
    });

    test.each(["busy", "free"] as const)(
      "an event that makes its owner %s stays so",
      async (transparency) => {
        await roundTrip({ transparency });
      },
    );

    if (can("visibility")) {
      test("a private event stays private", async () => {
        await roundTrip({ visibility: "private" });
      });
    }

    if (can("marker")) {
      test("the marker stays with the event", async () => {
        await roundTrip({ marker: "reference-4711" });
      });
    }

    if (capabilities.attendees === true) {
      test("attendees keep their names, answers and roles", async () => {
        await roundTrip({
          attendees: [
            { email: "guest@people.example", name: "Guest", response: "needs-action", optional: false },
            { email: "extra@people.example", name: null, response: "accepted", optional: true },
          ],
        });
      });

      test("the organizer is not listed among the attendees", async () => {
        const { service, calendarId, ownerEmail } = subject();
        const guest = {
          email: "guest@people.example",
          name: null,
          response: "accepted",
          optional: false,
        } as const;
        const owner = { ...guest, email: ownerEmail };
        const event = sampleEvent({ attendees: [guest, owner] });
        const written = await service.createEvent(calendarId, event, sampleKey());
        expect(written.event.attendees.map((attendee) => attendee.email)).toEqual([guest.email]);
        expect(written.event.organizer?.email).toBe(ownerEmail);
      });

      test("attendees can be added, changed and taken off", async () => {
        const { service, calendarId } = subject();
        const attendee = (email: string) => ({
          email,
          name: null,
          response: "needs-action" as const,
          optional: false,
        });
        const first = sampleEvent({
          attendees: [attendee("a@people.example"), attendee("b@people.example")],
        });
        const { eventId } = await service.createEvent(calendarId, first, sampleKey());
        const second = sampleEvent({
          attendees: [
            { ...attendee("b@people.example"), response: "declined" },
            attendee("c@people.example"),
          ],
        });
        await service.updateEvent({ calendarId, eventId }, second, null);
        const read = await service.getEvent({ calendarId, eventId });
        expect(read?.attendees.toSorted((a, b) => a.email.localeCompare(b.email))).toEqual(second.attendees);
      });
    }

    if (capabilities.recurrence) {
      test("a series keeps its rule and stays one event", async () => {
        const { service, calendarId, person } = subject();
        const recurrence = ["RRULE:FREQ=WEEKLY;COUNT=6"];
        const event = sampleEvent({ recurrence, time: hour(7, "09:00", "Europe/Berlin") });
        const { eventId } = await service.createEvent(calendarId, event, sampleKey());
        expect((await service.getEvent({ calendarId, eventId }))?.recurrence).toEqual(recurrence);
        expect(await person.count()).toBe(1);
      });
    }
  });
}
