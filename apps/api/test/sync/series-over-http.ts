import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpCalendar, type HttpHost, HttpWorld } from "./model/HttpWorld.ts";
import type { RemoteCalendar, RemoteCalendars, StartRemote } from "./remote/RemoteCalendars.ts";

/** A recurring event as its provider has it. */
export interface RemoteSeries {
  id: string;
  /** Of its first date, ISO 8601 in UTC. */
  start: string;
  /** `WEEKLY` dates of the rule: how many, or the last day (`2030-01-15`). */
  ends: { count: number } | { until: string };
  /** The zone whose wall clock repeats, by its IANA name or another of the provider's. */
  timeZone: string;
}

/** What a person changes of a whole series; an hour long where it is moved. */
export interface SeriesEdit {
  start?: string;
  timeZone?: string;
  title?: string;
  /** The last day that the rule still has. */
  until?: string;
}

/** What people do with recurring events at one provider, by other means than our adapter. Starts are ISO 8601 in UTC. */
export interface SeriesHand {
  /** How its zones are called, for those that the tests use. */
  zoneName(iana: string): string;
  /** Recurring events that are not in the bin, in order of creation. */
  series(calendar: RemoteCalendar): RemoteSeries[];
  /** One date of a series goes to another hour. */
  moveDate(calendar: RemoteCalendar, seriesId: string, originalStart: string, start: string): Promise<void>;
  deleteDate(calendar: RemoteCalendar, seriesId: string, originalStart: string): Promise<void>;
  edit(calendar: RemoteCalendar, seriesId: string, change: SeriesEdit): void;
  delete(calendar: RemoteCalendar, seriesId: string): void;
  /** Out of the bin again; null where nothing comes back. */
  restore: ((calendar: RemoteCalendar, seriesId: string) => void) | null;
  /** The second half of "this and following": a copy with all that apps have left on the old one. @returns its id */
  copy(
    calendar: RemoteCalendar,
    seriesId: string,
    rest: { title: string; start: string; count: number },
  ): string;
  /** When one date takes place, as `01-08T10:00`; "cancelled" when it does not. */
  shown(calendar: RemoteCalendar, seriesId: string, originalStart: string): Promise<string>;
}

/** A provider whose series are tested: how it starts, and a hand on it. */
export type StartSeriesRemote = (
  clock: Parameters<StartRemote>[0],
) => Promise<{ remote: RemoteCalendars; hand: SeriesHand }>;

/** Series in a provider's calendar: booked, edited by people out there and in the app, over HTTP both ways. */
export function testSeriesOverHttp(name: string, start: StartSeriesRemote): void {
  let world: HttpWorld;
  let hand: SeriesHand;
  let host: HttpHost;
  let calendar: HttpCalendar;
  let uids: string[];

  beforeAll(async () => {
    world = await HttpWorld.start([
      async (clock) => {
        const started = await start(clock);
        ({ hand } = started);
        return started.remote;
      },
    ]);
  }, 120_000);
  afterAll(() => world?.close());
  beforeEach(async () => {
    if (host) await world.leave(host);
    host = await world.host({ calendars: 1, destinations: 1 });
    calendar = world.calendarAt(host, 0);
    await world.database.prisma.eventType.updateMany({
      where: { userId: host.userId },
      data: { recurrenceFrequency: "WEEKLY", maximumDaysAhead: 365 },
    });
  });

  /** Books four weekly dates. The host is in UTC unless told otherwise. */
  async function bookSeries(first = at("01-08T10:00"), timeZone = "UTC"): Promise<void> {
    await world.database.prisma.schedule.updateMany({ where: { userId: host.userId }, data: { timeZone } });
    const { occurrences } = await world.container.bookings.book({
      username: host.username,
      eventType: host.slug,
      start: first,
      timeZone: "UTC",
      guest: { name: "ann", email: "ann@guest.test" },
      recurrence: { count: 4 },
    });
    uids = occurrences?.map(({ uid }) => uid) ?? [];
    await settle();
  }

  /** Time goes on a little, and everything that follows is done. */
  async function settle(seconds = 10): Promise<void> {
    world.clock.advance({ seconds });
    await world.settle();
  }

  /** A gone event is looked for in the host's other calendars before its deletion counts. */
  async function settleDeletion(): Promise<void> {
    await settle();
    await settle(180);
    await world.tick();
  }

  const bookings = () => world.database.prisma.booking.findMany({ where: { uid: { in: uids } } });

  async function startsOf(): Promise<string[]> {
    const rows = await bookings();
    return uids.map((uid) => {
      const row = rows.find((one) => one.uid === uid);
      return row?.status === "ACCEPTED" ? shortOf(row.startTime) : "cancelled";
    });
  }

  const seriesId = () => hand.series(calendar)[0]?.id ?? "";
  const shown = (id: string, original: string) => hand.shown(calendar, id, at(original));
  const applied = () =>
    world.database.prisma.changeRecord.count({ where: { userId: host.userId, source: "CALENDAR" } });

  describe(`a series in ${name}, over HTTP`, () => {
    test("is one recurring event, and comes back as it was written", async () => {
      await bookSeries();
      expect(hand.series(calendar)).toMatchObject([{ ends: { count: 4 } }]);
      await world.container.sync.requestPull([calendar.calendarSyncId]);
      await settle();
      calendar.remote.loseCursors(calendar);
      await world.container.sync.requestPull([calendar.calendarSyncId]);
      await settle();
      expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
      expect(await applied()).toBe(0);
    });

    test("has one date moved and one deleted: those bookings follow, and a date moved in the app is moved there", async () => {
      await bookSeries();
      const id = seriesId();
      await hand.moveDate(calendar, id, at("01-15T10:00"), at("01-16T14:00"));
      await hand.deleteDate(calendar, id, at("01-22T10:00"));
      await settle();
      expect(await startsOf()).toEqual(["01-08T10:00", "01-16T14:00", "cancelled", "01-29T10:00"]);
      const change = { start: at("01-30T09:00") };
      await world.container.bookings.reschedule(uids[3] ?? "", change, { userId: host.userId });
      await settle();
      expect(await shown(id, "01-29T10:00")).toBe("01-30T09:00");
    });

    test("keeps what was done to single dates when its cursor is lost and everything is listed again", async () => {
      await bookSeries();
      const id = seriesId();
      calendar.remote.loseCursors(calendar);
      await hand.moveDate(calendar, id, at("01-15T10:00"), at("01-16T14:00"));
      await hand.deleteDate(calendar, id, at("01-22T10:00"));
      await settle();
      expect(await startsOf()).toEqual(["01-08T10:00", "01-16T14:00", "cancelled", "01-29T10:00"]);
      expect(await shown(id, "01-22T10:00")).toBe("cancelled");
    });

    test("has one date deleted out there that was moved here meanwhile: the date comes back, at its new time", async () => {
      await bookSeries();
      const id = seriesId();
      await hand.deleteDate(calendar, id, at("01-22T10:00"));
      const change = { start: at("01-23T09:00") };
      await world.container.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
      await settle();
      await settle(60);
      expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T09:00", "01-29T10:00"]);
      const { prisma } = world.database;
      const where = { booking: { uid: uids[2] ?? "" } };
      const reference = await prisma.bookingReference.findFirstOrThrow({ where });
      expect(reference).toMatchObject({ status: "SYNCED", pushRequestedAt: null });
      const live = await world.liveEvents(calendar);
      expect([await shown(id, "01-22T10:00"), ...live.map(({ start }) => start.slice(5, 16))]).toContain(
        "01-23T09:00",
      );
    });

    test("loses a date in the app, which is taken out there", async () => {
      await bookSeries();
      const id = seriesId();
      await world.container.bookings.cancel(uids[1] ?? "", {}, { userId: host.userId });
      await settle();
      expect(await shown(id, "01-15T10:00")).toBe("cancelled");
      expect(await startsOf()).toEqual(["01-08T10:00", "cancelled", "01-22T10:00", "01-29T10:00"]);
      expect(await applied()).toBe(0);
    });

    test("is moved and renamed as a whole, deleted, and where its calendar can, brought back", async () => {
      await bookSeries();
      const id = seriesId();
      hand.edit(calendar, id, { start: at("01-09T12:00"), title: "Coaching" });
      await settle();
      const moved = ["01-09T12:00", "01-16T12:00", "01-23T12:00", "01-30T12:00"];
      expect(await startsOf()).toEqual(moved);
      expect(new Set((await bookings()).map(({ title }) => title))).toEqual(new Set(["Coaching"]));
      hand.delete(calendar, id);
      await settleDeletion();
      expect(await startsOf()).toEqual(Array(4).fill("cancelled"));
      if (!hand.restore) return;
      hand.restore(calendar, id);
      await settle();
      expect(await startsOf()).toEqual(moved);
    });

    test("is changed from one date on: the later bookings follow the new series", async () => {
      await bookSeries();
      const id = seriesId();
      const later = hand.copy(calendar, id, {
        title: "The second half",
        start: at("01-23T15:00"),
        count: 2,
      });
      hand.edit(calendar, id, { until: "2030-01-21" });
      await settle();
      await settle(60);
      expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "01-30T15:00"]);
      const { prisma } = world.database;
      const booking = { uid: uids[3] ?? "" };
      expect(await prisma.bookingReference.findFirst({ where: { booking } })).toMatchObject({
        externalEventId: later,
        status: "SYNCED",
      });
    });

    test("is cut short: bookings beyond its end are cancelled", async () => {
      await bookSeries();
      hand.edit(calendar, seriesId(), { until: "2030-01-21" });
      await settle();
      await settle(60);
      expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "cancelled", "cancelled"]);
    });

    test("is moved from one date on in the app: its event ends there, and a second one goes on", async () => {
      await bookSeries();
      const id = seriesId();
      const change = { start: at("01-23T15:00"), scope: "following" } as const;
      await world.container.bookings.reschedule(uids[2] ?? "", change, { userId: host.userId });
      await settle();
      const [first, second, ...others] = hand.series(calendar);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ id, ends: { count: 2 } });
      expect(second).toMatchObject({ ends: { count: 2 } });
      expect(await shown(second?.id ?? "", "01-23T15:00")).toBe("01-23T15:00");
      expect(await shown(second?.id ?? "", "01-30T15:00")).toBe("01-30T15:00");
      await settle(60);
      expect(await startsOf()).toEqual(["01-08T10:00", "01-15T10:00", "01-23T15:00", "01-30T15:00"]);
    });

    test.each([
      // Clocks change on 31 March in Berlin, and on 10 March in New York.
      [
        "Europe/Berlin",
        ["03-19T09:00", "03-26T09:00", "04-02T08:00", "04-09T08:00"],
        ["03-19T10:30", "03-26T10:30", "04-02T09:30", "04-09T09:30"],
      ],
      [
        "America/New_York",
        ["03-05T15:00", "03-12T14:00", "03-19T14:00", "03-26T14:00"],
        ["03-05T16:30", "03-12T15:30", "03-19T15:30", "03-26T15:30"],
      ],
    ])(
      "keeps the hour of %s across a change of clocks, also when it is moved there",
      async (timeZone, starts, moved) => {
        await bookSeries(at(starts[0] ?? ""), timeZone);
        expect(await startsOf()).toEqual(starts);
        const id = seriesId();
        expect(hand.series(calendar)).toMatchObject([{ timeZone: hand.zoneName(timeZone) }]);
        for (const start of starts) expect(await shown(id, start)).toBe(start);
        hand.edit(calendar, id, { start: at(moved[0] ?? ""), timeZone });
        await settle();
        expect(await startsOf()).toEqual(moved);
      },
    );
  });
}

/** `01-08T10:00` as a time of 2030. */
const at = (short: string) => `2030-${short}:00.000Z`;
const shortOf = (time: Date) => time.toISOString().slice(5, 16);
