import type { ChangePage } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type ContractContext, expectCode } from "./context.ts";
import { days, deletions, drain, hour, SAMPLE_WINDOW, sampleEvent, sampleKey, upserts } from "./samples.ts";

/** What `onWatchedCalendarChange` promises. */
export function describePulling({ setup, subject, can }: ContractContext): void {
  const { capabilities } = setup;
  const incremental = capabilities.changes !== "snapshot";

  describe("pulling", () => {
    test("a pull of an empty calendar yields one page, complete and full", async () => {
      const { service, calendarId } = subject();
      const { pages } = await drain(service, calendarId, null);
      expect(pages).toMatchObject([{ changes: [], complete: true, full: true }]);
    });

    test("a first pull lists what touches the window, in normalised form", async () => {
      const { service, calendarId, person } = subject();
      const timed = await person.create({ title: "Timed", time: hour(9, "10:00", "Europe/Berlin") });
      const transparency = can("transparency") ? "free" : "busy";
      const allDay = await person.create({ title: "All day", time: days(10, 12), transparency });
      const { changes, pages } = await drain(service, calendarId, null);
      const events = upserts(changes);
      expect(events.get(timed)).toMatchObject({
        calendarId,
        title: "Timed",
        time: hour(9, "10:00", "Europe/Berlin"),
      });
      expect(events.get(allDay)).toMatchObject({
        time: days(10, 12),
        transparency,
        status: "confirmed",
      });
      expect(pages.every((page) => page.full)).toBe(true);
    });

    test("a listing comes in pages, the last one alone complete", async () => {
      const { service, calendarId, person } = subject();
      const ids: string[] = [];
      for (let day = 1; day <= 7; day++)
        ids.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
      const { pages, changes } = await drain(service, calendarId, null, { pageSize: 3 });
      expect(pages.map((page) => page.complete)).toEqual(pages.map((_, index) => index === pages.length - 1));
      expect(pages.every((page) => page.full)).toBe(true);
      expect([...upserts(changes).keys()].sort()).toEqual(ids.sort());
      if (incremental) expect(pages.length).toBeGreaterThanOrEqual(3);
    });

    test("a listing that broke off goes on from the cursor of its last page", async () => {
      const { service, calendarId, person } = subject();
      const ids: string[] = [];
      for (let day = 1; day <= 6; day++)
        ids.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
      const options = { window: SAMPLE_WINDOW, pageSize: 2 };
      const seen = new Set<string>();
      let cursor: string | null = null;
      for (let breaks = 0; breaks < 20; breaks++) {
        const next: ChangePage = await firstPage(
          service.onWatchedCalendarChange(calendarId, cursor, options),
        );
        for (const id of upserts(next.changes).keys()) seen.add(id);
        cursor = next.cursor;
        expect(next.full).toBe(true);
        if (next.complete) break;
      }
      expect([...seen].sort()).toEqual(ids.sort());
      const after = await drain(service, calendarId, cursor);
      if (incremental) expect(after.changes).toEqual([]);
    });

    if (capabilities.silentAboutShortLived)
      test("what we wrote and a person deleted before the next pull is told to a pull that knows of it", async () => {
        const { service, calendarId, person } = subject();
        const { cursor } = await drain(service, calendarId, null);
        const kept = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        const gone = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        await person.delete(gone.eventId);
        const written = [kept.eventId, gone.eventId];
        const { changes } = await drain(service, calendarId, cursor, { written });
        expect(deletions(changes).map(({ eventId }) => eventId)).toEqual([gone.eventId]);
        expect([...upserts(changes).keys()]).toEqual([kept.eventId]);
      });

    test("a pull of a calendar that is not there says so", async () => {
      const { service } = subject();
      await expectCode(drain(service, "no-such-calendar@calsync.example", null), "CALENDAR_NOT_FOUND");
    });

    test("a broken provider is an error and costs no change", async () => {
      const { service, calendarId, person, faults } = subject();
      const { cursor } = await drain(service, calendarId, null);
      const eventId = await person.create({ title: "Meanwhile", time: hour(9) });
      const mend = faults.breakDown();
      const error = await drain(service, calendarId, cursor).then(
        () => null,
        (reason: unknown) => reason,
      );
      mend();
      expect(error).toMatchObject({ name: "CalendarError", advice: { retry: "later" } });
      const { changes } = await drain(service, calendarId, cursor);
      expect([...upserts(changes).keys()]).toContain(eventId);
    });

    if (incremental) {
      test("a pull without changes yields one empty page and a cursor to go on from", async () => {
        const { service, calendarId, person } = subject();
        await person.create({ title: "Old", time: hour(9) });
        const first = await drain(service, calendarId, null);
        const second = await drain(service, calendarId, first.cursor);
        expect(second.pages).toMatchObject([{ changes: [], complete: true, full: false }]);
        const eventId = await person.create({ title: "New", time: hour(10) });
        const third = await drain(service, calendarId, second.cursor);
        const listed = [...upserts(third.changes).keys()];
        expect(can("no-repeats") ? listed : listed.filter((id) => id === eventId)).toEqual([eventId]);
      });

      test("a pull lists what was made, changed and deleted since its cursor, and nothing else", async () => {
        const { service, calendarId, person } = subject();
        const kept = await person.create({ title: "Kept", time: hour(7) });
        const moved = await person.create({ title: "Moved", time: hour(8) });
        const deleted = await person.create({ title: "Deleted", time: hour(9) });
        const { cursor } = await drain(service, calendarId, null);
        await person.move(moved, hour(18));
        await person.delete(deleted);
        const made = await person.create({ title: "Made", time: hour(10) });
        const { changes, pages } = await drain(service, calendarId, cursor);
        const events = upserts(changes);
        expect([...events.keys()].sort()).toEqual([moved, made].sort());
        expect(events.get(moved)?.time).toMatchObject({ start: hour(18).start });
        expect(deletions(changes)).toMatchObject([{ eventId: deleted, seriesId: null, originalStart: null }]);
        expect(pages.some((page) => page.full)).toBe(false);
        expect(events.has(kept)).toBe(false);
      });

      test("an older cursor can be used again and gives everything since it", async () => {
        const { service, calendarId, person } = subject();
        const { cursor } = await drain(service, calendarId, null);
        const first = await person.create({ title: "First", time: hour(9) });
        await drain(service, calendarId, cursor);
        const second = await person.create({ title: "Second", time: hour(10) });
        const { changes } = await drain(service, calendarId, cursor);
        expect([...upserts(changes).keys()].sort()).toEqual([first, second].sort());
      });

      test("an incremental pull comes in pages too, and goes on between them", async () => {
        const { service, calendarId, person } = subject();
        const { cursor } = await drain(service, calendarId, null);
        const ids: string[] = [];
        for (let day = 1; day <= 5; day++)
          ids.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
        const options = { window: SAMPLE_WINDOW, pageSize: 2 };
        const first = await firstPage(service.onWatchedCalendarChange(calendarId, cursor, options));
        expect(first).toMatchObject({ complete: false, full: false });
        const rest = await drain(service, calendarId, first.cursor, { pageSize: 2 });
        const seen = [...upserts(first.changes).keys(), ...upserts(rest.changes).keys()];
        expect(seen.sort()).toEqual(ids.sort());
        expect((await drain(service, calendarId, rest.cursor)).changes).toEqual([]);
      });

      test("an incremental pull is not bound to the window", async () => {
        const { service, calendarId, person } = subject();
        const eventId = await person.create({ title: "Near", time: hour(9) });
        const { cursor } = await drain(service, calendarId, null);
        const far = { allDay: false, timeZone: "UTC" } as const;
        await person.move(eventId, {
          ...far,
          start: "2028-02-01T10:00:00.000Z",
          end: "2028-02-01T11:00:00.000Z",
        });
        const { changes } = await drain(service, calendarId, cursor);
        expect(upserts(changes).get(eventId)?.time.start).toBe("2028-02-01T10:00:00.000Z");
      });

      if (can("cursor-expiry")) {
        test("a cursor that the provider refuses is reported as expired, and a full pull works", async () => {
          const { service, calendarId, person, faults } = subject();
          const eventId = await person.create({ title: "Still there", time: hour(9) });
          const { cursor } = await drain(service, calendarId, null);
          faults.expireCursors();
          const error = await expectCode(drain(service, calendarId, cursor), "CURSOR_EXPIRED");
          expect(error.advice).toEqual({ retry: "after-full-pull" });
          const { changes, pages } = await drain(service, calendarId, null);
          expect([...upserts(changes).keys()]).toEqual([eventId]);
          expect(pages.at(-1)).toMatchObject({ full: true, complete: true });
        });
      }

      test("a cursor that nobody gave out is reported as expired", async () => {
        const { service, calendarId } = subject();
        await expectCode(drain(service, calendarId, "not a cursor"), "CURSOR_EXPIRED");
      });
    }

    if (capabilities.write) {
      test("our own write comes back in the next pull, with its marker and version", async () => {
        const { service, calendarId } = subject();
        const { cursor } = await drain(service, calendarId, null);
        const written = await service.createEvent(calendarId, sampleEvent(), sampleKey());
        const { changes } = await drain(service, calendarId, cursor);
        const event = upserts(changes).get(written.eventId);
        expect(event).toMatchObject({ title: sampleEvent().title, version: written.version });
        if (can("marker")) expect(event?.marker).toBe(sampleEvent().marker);
      });

      if (incremental) {
        test("our own deletion comes back as a deletion", async () => {
          const { service, calendarId } = subject();
          const { eventId } = await service.createEvent(calendarId, sampleEvent(), sampleKey());
          const { cursor } = await drain(service, calendarId, null);
          await service.deleteEvent({ calendarId, eventId }, null);
          const { changes } = await drain(service, calendarId, cursor);
          expect(deletions(changes).map((change) => change.eventId)).toEqual([eventId]);
          expect(upserts(changes).size).toBe(0);
        });
      }
    }

    if (capabilities.attendees) {
      test("an attendee's answer arrives", async () => {
        const { service, calendarId, person } = subject();
        const attendees = [{ email: "guest@people.example" }];
        const eventId = await person.create({ title: "Invitation", time: hour(9), attendees });
        const { cursor } = await drain(service, calendarId, null);
        await person.respond(eventId, "guest@people.example", "declined");
        const { changes } = await drain(service, calendarId, cursor);
        expect(upserts(changes).get(eventId)?.attendees).toMatchObject([
          { email: "guest@people.example", response: "declined" },
        ]);
      });
    }

    test("a pull that is told to stop ends with an error", async () => {
      const { service, calendarId } = subject();
      const controller = new AbortController();
      controller.abort();
      await expectCode(drain(service, calendarId, null, { signal: controller.signal }), "NETWORK_ERROR");
    });
  });
}

async function firstPage<T>(pages: AsyncIterable<T>): Promise<T> {
  for await (const page of pages) return page;
  throw new Error("a pull yields at least one page");
}
