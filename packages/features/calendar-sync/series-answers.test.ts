import { expect, test } from "vitest";
import { EngineWorld } from "./test-support/EngineWorld.ts";
import { findSeriesFaults } from "./test-support/series-oracle.ts";

test("our own deletion of a series, its answer lost, cancels nothing once another calendar has brought the series back", async () => {
  const world = new EngineWorld();
  try {
    await world.connect(2, 2);
    const start = new Date(world.clock().getTime() + 2 * 86_400_000);
    const end = new Date(start.getTime() + 3_600_000);
    const time = {
      allDay: false as const,
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: "UTC",
    };
    const bookings = await world.series.book(world.sync, world.hostId, time, 3);
    await world.settle();
    const calendarId = world.calendarAt(0).calendarId;
    const [event] = world.events(world.calendarAt(0));
    if (!event) throw new Error("the series was not written");
    // The other calendar's event is deleted by us, and nobody hears that it was.
    world.server.faults.next("deleteEvent", { kind: "lost-answer" });
    world.server.person.delete(calendarId, event.id);
    world.server.faults.dropNotifications(20);
    for (let minute = 0; minute < 3; minute++) {
      world.clock.advance({ minutes: 1 });
      await world.tick();
      if (bookings.every((id) => world.db.tables.bookings.get(id)?.active === false)) break;
    }
    expect(world.events(world.calendarAt(1))).toEqual([]);
    world.server.person.restore(calendarId, event.id);
    world.notifications = [];
    world.clock.advance({ seconds: 1 });
    await world.sync.requestPull([world.calendarAt(0).calendarSyncId]);
    await world.settle();
    for (let round = 0; round < 3; round++) {
      world.clock.advance({ hours: 1 });
      await world.tick();
    }
    expect(bookings.map((id) => world.db.tables.bookings.get(id)?.active)).toEqual([true, true, true]);
    expect(world.events(world.calendarAt(1))).toHaveLength(1);
    expect(await findSeriesFaults(world, bookings)).toEqual([]);
  } finally {
    await world.end();
  }
});
