import { type AppStep, chosen, type Takers } from "@calsync/testing/model";
import type { EngineWorld } from "./EngineWorld.ts";
import { hourAt } from "./model-hours.ts";

/** What guests and hosts do in the product. */
export function appTakers(world: EngineWorld): Takers<AppStep> {
  const { bookings, sync, clock } = world;
  const booking = (pick: number) => chosen([...world.db.tables.bookings.keys()], pick);
  return {
    async book({ slot }) {
      const time = hourAt(slot);
      if (new Date(time.start) > clock())
        await bookings.book(sync, world.hostId, time, `guest${world.db.tables.bookings.size}`);
    },
    async reschedule({ pick, slot, by }) {
      const [id, time] = [booking(pick), hourAt(slot)];
      if (id !== undefined && new Date(time.start) > clock())
        await refusable(() => bookings.reschedule(sync, id, time, by));
    },
    async cancel({ pick, by }) {
      const id = booking(pick);
      if (id !== undefined) await refusable(() => bookings.cancel(sync, id, by));
    },
    async "change destination"({ calendar }) {
      await world.chooseDestination(world.calendarAt(calendar));
    },
  };
}

/** What people are refused (a cancelled booking) is part of a history; anything else is a bug. */
async function refusable(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AppError")) throw error;
  }
}
