import { describe, expect, test } from "vitest";
import { type ContractContext, expectCode } from "./context.ts";
import { days, hour } from "./samples.ts";

const RANGE = { start: new Date("2027-06-08T00:00:00.000Z"), end: new Date("2027-06-12T00:00:00.000Z") };

/** What `listCalendars` and `getFreeBusy` promise. */
export function describeReading({ setup, subject, can }: ContractContext): void {
  describe("calendars", () => {
    test("the account's calendars are listed, the primary first", async () => {
      const { service, calendarId } = subject();
      const calendars = await service.listCalendars();
      expect(calendars.find((calendar) => calendar.id === calendarId)).toMatchObject({
        writable: setup.capabilities.write,
      });
      expect(new Set(calendars.map((calendar) => calendar.id)).size).toBe(calendars.length);
      expect(calendars.slice(1).some((calendar) => calendar.primary)).toBe(false);
      for (const { name, color } of calendars) {
        expect(name).not.toBe("");
        expect(color ?? "#000000").toMatch(/^#[0-9a-f]{6}$/i);
      }
    });
  });

  if (!setup.capabilities.freeBusy) return;

  describe("free and busy", () => {
    test("busy times are merged, sorted and cut to the range", async () => {
      const { service, calendarId, person } = subject();
      await person.create({ title: "Later", time: hour(10, "15:00") });
      await person.create({ title: "First", time: hour(9, "10:00") });
      await person.create({ title: "Overlapping", time: hour(9, "10:30") });
      await person.create({ title: "Adjacent", time: hour(9, "11:30") });
      await person.create({ title: "Half outside", time: hour(7, "23:30") });
      await person.create({ title: "Outside", time: hour(20, "10:00") });
      expect(await service.getFreeBusy([calendarId], RANGE)).toEqual(
        [
          ["2027-06-08T00:00:00.000Z", "2027-06-08T00:30:00.000Z"],
          ["2027-06-09T10:00:00.000Z", "2027-06-09T12:30:00.000Z"],
          ["2027-06-10T15:00:00.000Z", "2027-06-10T16:00:00.000Z"],
        ].map(([start = "", end = ""]) => ({ calendarId, start: new Date(start), end: new Date(end) })),
      );
    });

    test("free, declined and deleted events do not block", async () => {
      const { service, calendarId, person } = subject();
      if (can("transparency")) await person.create({ title: "Free", time: hour(9), transparency: "free" });
      if (can("own-response")) {
        await person.create({ title: "Declined", time: hour(10), declinedByOwner: true });
      }
      await person.delete(await person.create({ title: "Deleted", time: hour(11) }));
      expect(await service.getFreeBusy([calendarId], RANGE)).toEqual([]);
    });

    test("an all-day event blocks its days", async () => {
      const { service, calendarId, person } = subject();
      await person.create({ title: "Away", time: days(9, 11) });
      const [busy, ...rest] = await service.getFreeBusy([calendarId], RANGE);
      expect(rest).toEqual([]);
      expect(Number(busy?.end) - Number(busy?.start)).toBe(2 * 86_400_000);
    });

    test("a long range is answered whole", async () => {
      const { service, calendarId, person } = subject();
      await person.create({ title: "Summer", time: hour(9) });
      const range = {
        start: new Date("2026-12-01T00:00:00.000Z"),
        end: new Date("2027-12-01T00:00:00.000Z"),
      };
      const busy = await service.getFreeBusy([calendarId], range);
      expect(busy.map((interval) => interval.start.toISOString())).toEqual([hour(9).start]);
    });

    if (setup.capabilities.recurrence) {
      test("every instance of a series blocks, but for those moved away or cancelled", async () => {
        const { service, calendarId, person } = subject();
        const seriesId = await person.create({
          title: "Daily",
          time: hour(8),
          recurrence: ["RRULE:FREQ=DAILY;COUNT=3"],
        });
        await person.moveInstance(seriesId, hour(9).start, hour(9, "18:00"));
        await person.cancelInstance(seriesId, hour(10).start);
        const busy = await service.getFreeBusy([calendarId], RANGE);
        expect(busy.map((interval) => interval.start.toISOString())).toEqual([
          hour(8).start,
          hour(9, "18:00").start,
        ]);
      });
    }

    test("a calendar that cannot be read is an error, never a free one", async () => {
      const { service, calendarId } = subject();
      await expectCode(
        service.getFreeBusy([calendarId, "no-such-calendar@calsync.example"], RANGE),
        "CALENDAR_NOT_FOUND",
      );
    });

    test("no calendars are never busy", async () => {
      expect(await subject().service.getFreeBusy([], RANGE)).toEqual([]);
    });
  });
}
