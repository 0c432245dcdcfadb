import { expect, test } from "vitest";
import { EngineWorld } from "./test-support/EngineWorld.ts";

test("a series in two calendars, whose second half a person moves from the one to the other, goes on there: no date is lost, none stands twice", async () => {
  const world = new EngineWorld();
  try {
    await world.connect(2, 2);
    const start = new Date(world.clock().getTime() + 2 * 86_400_000);
    const hourFrom = (at: Date) => ({
      allDay: false as const,
      start: at.toISOString(),
      end: new Date(at.getTime() + 3_600_000).toISOString(),
      timeZone: "UTC",
    });
    const bookings = await world.series.book(world.sync, world.hostId, hourFrom(start), 4);
    await world.settle();
    const [first, second] = [world.calendarAt(0), world.calendarAt(1)];
    const [event] = world.events(first);
    if (!event) throw new Error("the series was not written");
    const { person } = world.server;
    const third = new Date(start.getTime() + 14 * 86_400_000);
    const later = new Date(third.getTime() + 86_400_000);
    const copyId = person.splitSeries(first.calendarId, event.id, third.toISOString(), {
      time: hourFrom(later),
    });
    person.moveToCalendar(first.calendarId, copyId, second.calendarId);
    for (let round = 0; round < 4; round++) {
      await world.settle();
      world.clock.advance({ minutes: 3 });
      await world.tick();
    }
    const starts = bookings.map((id) => {
      const booking = world.db.tables.bookings.get(id);
      return booking?.active ? booking.snapshot.time.start : "cancelled";
    });
    const day = (count: number) => new Date(start.getTime() + count * 86_400_000).toISOString();
    expect(starts).toEqual([day(0), day(7), day(15), day(22)]);
    const datesIn = (calendar: typeof first) =>
      world.events(calendar).map(({ time, recurrence }) => [time.start, recurrence?.join()]);
    expect(datesIn(first)).toEqual([[day(0), expect.any(String)]]);
    expect(datesIn(second)).toEqual([
      [day(0), expect.any(String)],
      [day(15), expect.any(String)],
    ]);
    // From now on the second half is kept in step where it is.
    person.move(second.calendarId, copyId, hourFrom(new Date(later.getTime() + 3_600_000)));
    await world.settle();
    expect(world.db.tables.bookings.get(bookings[2] ?? 0)?.snapshot.time.start).toBe(
      new Date(later.getTime() + 3_600_000).toISOString(),
    );
    expect(world.events(second)).toHaveLength(2);
  } finally {
    await world.end();
  }
});
