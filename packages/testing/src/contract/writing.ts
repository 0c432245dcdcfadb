import type { CalendarEvent, EventTime } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type ContractContext, expectCode, readableFields } from "./context.ts";
import { hour, sampleEvent, sampleKey } from "./samples.ts";

/** What `createEvent`, `updateEvent`, `deleteEvent` and `getEvent` promise. */
export function describeWriting(context: ContractContext): void {
  const { subject, can } = context;
  const { capabilities } = context.setup;
  const fieldsOf = (event: CalendarEvent) => readableFields(context, event);

  describe("creating", () => {
    test("a created event reads back as it was written", async () => {
      const { service, calendarId } = subject();
      const written = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      const read = await service.getEvent({ calendarId, eventId: written.eventId });
      expect(read).toMatchObject(fieldsOf(sampleEvent()));
      expect(read).toMatchObject({ id: written.eventId, calendarId, status: "confirmed" });
      expect(written.event).toMatchObject(fieldsOf(sampleEvent()));
      expect(read?.seriesId).toBeNull();
      expect(read?.originalStart).toBeNull();
    });

    test("creating twice with one key makes one event", async () => {
      const { service, calendarId, person } = subject();
      const key = sampleKey();
      const first = await service.createEvent(calendarId, sampleEvent(), key);
      expect(first.existed).toBe(false);
      const second = await service.createEvent(calendarId, sampleEvent(), key);
      expect(second).toMatchObject({ eventId: first.eventId, version: first.version, existed: true });
      expect(await person.count()).toBe(1);
    });

    test("creating again with one key writes nothing and gives the event as it is now", async () => {
      const { service, calendarId, person } = subject();
      const key = sampleKey();
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), key);
      await person.rename(eventId, "Renamed by hand");
      const again = await service.createEvent(calendarId, sampleEvent({ title: "Ours" }), key);
      expect(again).toMatchObject({ eventId, existed: true, event: { title: "Renamed by hand" } });
      expect((await service.getEvent({ calendarId, eventId }))?.title).toBe("Renamed by hand");
    });

    if (can("tombstones") && can("deleted-keys")) {
      test("creating with the key of an event that was deleted gives it as deleted", async () => {
        const { service, calendarId, person } = subject();
        const key = sampleKey();
        const { eventId } = await service.createEvent(calendarId, sampleEvent(), key);
        await person.delete(eventId);
        const again = await service.createEvent(calendarId, sampleEvent(), key);
        expect(again).toMatchObject({ eventId, existed: true, event: { status: "cancelled" } });
        expect(await person.count()).toBe(0);
      });
    }

    test("creating after a lost answer finds the event that was made", async () => {
      const { service, calendarId, person, faults } = subject();
      const key = sampleKey();
      faults.loseNextAnswer();
      await service.createEvent(calendarId, sampleEvent(), key).catch(() => undefined);
      const written = await service.createEvent(calendarId, sampleEvent(), key);
      expect(written.existed).toBe(true);
      expect(await person.count()).toBe(1);
      expect(await service.getEvent({ calendarId, eventId: written.eventId })).toMatchObject(
        fieldsOf(sampleEvent()),
      );
    });

    test("different keys make different events, however equal they are", async () => {
      const { service, calendarId, person } = subject();
      const first = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      const second = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      expect(second.eventId).not.toBe(first.eventId);
      expect(await person.count()).toBe(2);
    });

    test("creating in a calendar that is not there says so", async () => {
      const { service } = subject();
      await expectCode(
        service.createEvent("no-such-calendar@calsync.example", sampleEvent(), sampleKey()),
        "CALENDAR_NOT_FOUND",
      );
    });

    test("an event that ends before it starts is refused", async () => {
      const { service, calendarId, person } = subject();
      const time: EventTime = {
        allDay: false,
        start: "2027-06-08T11:00:00.000Z",
        end: "2027-06-08T10:00:00.000Z",
        timeZone: "UTC",
      };
      await expectCode(
        service.createEvent(calendarId, sampleEvent({ time }), sampleKey()),
        "INVALID_REQUEST",
      );
      expect(await person.count()).toBe(0);
    });

    if (can("given-uid")) {
      test("the event carries the UID that it was given", async () => {
        const { service, calendarId } = subject();
        const written = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        expect(written.iCalUid).toBe(sampleEvent().iCalUid);
      });
    }
  });

  describe("updating", () => {
    test("an update makes the event equal to what is given", async () => {
      const { service, calendarId } = subject();
      const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      const ref = { calendarId, eventId: created.eventId };
      const event = sampleEvent({
        title: "Moved",
        description: "",
        location: "Room 5",
        time: hour(15, "14:00", "Europe/Berlin"),
        transparency: "free",
        sequence: 1,
      });
      const written = await service.updateEvent(ref, event, created.version);
      expect(written.eventId).toBe(created.eventId);
      expect(await service.getEvent(ref)).toMatchObject(fieldsOf(event));
    });

    if (can("foreign-fields")) {
      test("an update keeps what the provider holds beside our fields", async () => {
        const { service, calendarId, person } = subject();
        const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        await person.setForeign(eventId);
        const before = await person.foreign(eventId);
        await service.updateEvent({ calendarId, eventId }, sampleEvent({ title: "Renamed" }), null);
        expect(await person.foreign(eventId)).toEqual(before);
        expect((await service.getEvent({ calendarId, eventId }))?.title).toBe("Renamed");
      });
    }

    if (capabilities.preconditions) {
      test("an update on an older version is refused and writes nothing", async () => {
        const { service, calendarId, person } = subject();
        const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        const ref = { calendarId, eventId: created.eventId };
        await person.rename(created.eventId, "Renamed by hand");
        await expectCode(
          service.updateEvent(ref, sampleEvent({ title: "Ours" }), created.version),
          "VERSION_CONFLICT",
        );
        expect((await service.getEvent(ref))?.title).toBe("Renamed by hand");
      });

      test("an update on the version that a read gave is accepted", async () => {
        const { service, calendarId, person } = subject();
        const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        const ref = { calendarId, eventId: created.eventId };
        await person.rename(created.eventId, "Renamed by hand");
        const read = await service.getEvent(ref);
        const written = await service.updateEvent(ref, sampleEvent({ title: "Ours" }), read?.version ?? null);
        expect(written.event.title).toBe("Ours");
        expect(written.version).not.toBe(read?.version);
        expect(written.existed).toBe(false);
      });

      test("an update that has already taken effect may be repeated with the version it began with", async () => {
        const { service, calendarId, faults } = subject();
        const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        const ref = { calendarId, eventId: created.eventId };
        const event = sampleEvent({ title: "Ours" });
        faults.loseNextAnswer();
        await service.updateEvent(ref, event, created.version).catch(() => undefined);
        const written = await service.updateEvent(ref, event, created.version);
        expect(written.event.title).toBe("Ours");
        expect(written.version).toBe((await service.getEvent(ref))?.version);
      });
    }

    test("an update without a version overwrites what others have written", async () => {
      const { service, calendarId, person } = subject();
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      await person.rename(eventId, "Renamed by hand");
      await service.updateEvent({ calendarId, eventId }, sampleEvent({ title: "Ours" }), null);
      expect((await service.getEvent({ calendarId, eventId }))?.title).toBe("Ours");
    });

    test("an update with a lower sequence than the provider holds is accepted and does not lower it", async () => {
      const { service, calendarId } = subject();
      const { eventId } = await service.createEvent(calendarId, sampleEvent({ sequence: 3 }), sampleKey());
      const event = sampleEvent({ sequence: 1, title: "Renamed" });
      const written = await service.updateEvent({ calendarId, eventId }, event, null);
      expect(written.event.title).toBe("Renamed");
      if (written.sequence !== null) expect(written.sequence).toBeGreaterThanOrEqual(3);
    });

    test("an update of an event that never was says that it is gone", async () => {
      const { service, calendarId } = subject();
      await expectCode(
        service.updateEvent({ calendarId, eventId: "nosuchevent0000" }, sampleEvent(), null),
        "EVENT_NOT_FOUND",
      );
    });

    if (can("restore")) {
      test("an update brings a deleted event back", async () => {
        const { service, calendarId, person } = subject();
        const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        await person.delete(eventId);
        const written = await service.updateEvent({ calendarId, eventId }, sampleEvent(), null);
        expect(written.eventId).toBe(eventId);
        expect(await service.getEvent({ calendarId, eventId })).toMatchObject({
          ...fieldsOf(sampleEvent()),
          status: "confirmed",
        });
        expect(await person.count()).toBe(1);
      });
    }
  });

  describe("deleting", () => {
    test("a deleted event is gone, and deleting it again is no error", async () => {
      const { service, calendarId, person } = subject();
      const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      const ref = { calendarId, eventId: created.eventId };
      await service.deleteEvent(ref, created.version);
      expect(await person.count()).toBe(0);
      await service.deleteEvent(ref, created.version);
      await service.deleteEvent(ref, null);
    });

    test("deleting an event that never was is no error", async () => {
      const { service, calendarId } = subject();
      await service.deleteEvent({ calendarId, eventId: "nosuchevent0000" }, null);
    });

    if (capabilities.preconditions) {
      test("deleting on an older version is refused and deletes nothing", async () => {
        const { service, calendarId, person } = subject();
        const created = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        await person.move(created.eventId, hour(20));
        const ref = { calendarId, eventId: created.eventId };
        await expectCode(service.deleteEvent(ref, created.version), "VERSION_CONFLICT");
        expect(await person.count()).toBe(1);
      });
    }
  });

  describe("reading one event", () => {
    test("an event that never was reads as null", async () => {
      const { service, calendarId } = subject();
      expect(await service.getEvent({ calendarId, eventId: "nosuchevent0000" })).toBeNull();
    });

    test("a calendar that is not there is an error, not a missing event", async () => {
      const { service } = subject();
      const ref = { calendarId: "no-such-calendar@calsync.example", eventId: "nosuchevent0000" };
      await expectCode(service.getEvent(ref), "CALENDAR_NOT_FOUND");
      await expectCode(service.updateEvent(ref, sampleEvent(), null), "CALENDAR_NOT_FOUND");
    });

    test("a deleted event reads as cancelled, or as null where the provider forgets", async () => {
      const { service, calendarId, person } = subject();
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
      await person.delete(eventId);
      const read = await service.getEvent({ calendarId, eventId });
      expect(read?.status ?? null).toBe(can("tombstones") ? "cancelled" : null);
    });

    test("an update without a marker leaves an event that is not ours without one", async () => {
      const { service, calendarId, person } = subject();
      const eventId = await person.create({ title: "By hand", time: hour(9) });
      const read = await service.getEvent({ calendarId, eventId });
      if (!read) throw new Error("the event that a person made is not there");
      const { title: _title, ...rest } = read;
      const wanted = {
        ...rest,
        title: "Edited through us",
        iCalUid: read.iCalUid ?? "",
        sequence: 0,
        marker: null,
      };
      const written = await service.updateEvent({ calendarId, eventId }, wanted, read.version);
      expect(written.event).toMatchObject({ title: "Edited through us", marker: null });
    });

    test("what a person has changed is read at once", async () => {
      const { service, calendarId, person } = subject();
      const eventId = await person.create({ title: "By hand", time: hour(9), description: "Notes" });
      await person.move(eventId, hour(10));
      const read = await service.getEvent({ calendarId, eventId });
      expect(read).toMatchObject({ title: "By hand", description: "Notes", marker: null });
      expect(read?.time).toMatchObject({ start: hour(10).start, end: hour(10).end });
    });
  });
}
