import type { EventTime } from "@calsync/types";
import { describe, expect, test } from "vitest";
import type { ContractContext } from "./context.ts";
import { days, deletions, drain, hour, sampleEvent, sampleKey, upserts } from "./samples.ts";

const WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=4"];
const SECOND = hour(15).start;
const THIRD = hour(22).start;

/** What the contract promises for series, their exceptions and their cancelled instances. */
export function describeSeries({ setup, subject, can }: ContractContext): void {
  if (!setup.capabilities.recurrence) return;

  describe("series", () => {
    test("a series is listed once, with its rule", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const { changes } = await drain(service, calendarId, null);
      const events = upserts(changes);
      expect([...events.keys()]).toEqual([seriesId]);
      expect(events.get(seriesId)).toMatchObject({ recurrence: WEEKLY, seriesId: null, originalStart: null });
    });

    test("a deleted series is one deletion", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const { cursor } = await drain(service, calendarId, null);
      await person.delete(seriesId);
      const { changes } = await drain(service, calendarId, cursor);
      expect(deletions(changes)).toMatchObject([{ eventId: seriesId, seriesId: null }]);
    });

    test("a series can become a single event", async () => {
      const { service, calendarId } = subject();
      const { eventId } = await service.createEvent(
        calendarId,
        sampleEvent({ recurrence: WEEKLY }),
        sampleKey(),
      );
      await service.updateEvent({ calendarId, eventId }, sampleEvent(), null);
      expect((await service.getEvent({ calendarId, eventId }))?.recurrence).toBeNull();
    });

    if (!can("exceptions")) return;

    test("a moved instance is an event of its own that names its series and its original start", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const { cursor } = await drain(service, calendarId, null);
      const moved = hour(16, "15:00");
      await person.moveInstance(seriesId, SECOND, moved);
      for (const from of [cursor, null]) {
        const { changes } = await drain(service, calendarId, from);
        const exceptions = [...upserts(changes).values()].filter((event) => event.seriesId === seriesId);
        expect(exceptions).toMatchObject([
          { originalStart: SECOND, recurrence: null, time: { start: moved.start, end: moved.end } },
        ]);
        expect(exceptions[0]?.id).not.toBe(seriesId);
      }
    });

    test("a cancelled instance is a deletion that names its series and its original start", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const { cursor } = await drain(service, calendarId, null);
      await person.cancelInstance(seriesId, THIRD);
      for (const from of [cursor, null]) {
        const { changes } = await drain(service, calendarId, from);
        expect(deletions(changes)).toMatchObject([{ seriesId, originalStart: THIRD }]);
      }
    });

    test("an instance of an all-day series is named by its day", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Off", time: days(8, 9), recurrence: WEEKLY });
      const { cursor } = await drain(service, calendarId, null);
      await person.cancelInstance(seriesId, "2027-06-15");
      const { changes } = await drain(service, calendarId, cursor);
      expect(deletions(changes)).toMatchObject([{ seriesId, originalStart: "2027-06-15" }]);
    });

    test("an instance can be written by its series and its original start, and by its own id from then on", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const instance = { calendarId, eventId: seriesId, seriesId, originalStart: SECOND };
      const time: EventTime = hour(17, "16:00");
      const written = await service.updateEvent(instance, sampleEvent({ title: "Moved", time }), null);
      expect(written.event).toMatchObject({ seriesId, originalStart: SECOND, title: "Moved", time });
      expect(written.eventId).not.toBe(seriesId);
      const read = await service.getEvent({ ...instance, eventId: written.eventId });
      expect(read).toMatchObject({ seriesId, originalStart: SECOND, title: "Moved" });
      expect((await service.getEvent({ calendarId, eventId: seriesId }))?.title).toBe("Weekly");
    });

    test("an instance that does not differ can be read by its series and its original start", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const at = (originalStart: string) =>
        service.getEvent({ calendarId, eventId: seriesId, seriesId, originalStart });
      expect(await at(THIRD)).toMatchObject({
        seriesId,
        originalStart: THIRD,
        title: "Weekly",
        time: hour(22),
        recurrence: null,
        status: "confirmed",
      });
      expect((await at(hour(23).start))?.status ?? "cancelled").toBe("cancelled");
    });

    test("an instance can be deleted alone", async () => {
      const { service, calendarId, person } = subject();
      const seriesId = await person.create({ title: "Weekly", time: hour(8), recurrence: WEEKLY });
      const { cursor } = await drain(service, calendarId, null);
      await service.deleteEvent({ calendarId, eventId: seriesId, seriesId, originalStart: THIRD }, null);
      const { changes } = await drain(service, calendarId, cursor);
      expect(deletions(changes)).toMatchObject([{ seriesId, originalStart: THIRD }]);
      expect((await service.getEvent({ calendarId, eventId: seriesId }))?.status).toBe("confirmed");
    });
  });
}
