import { type AppStep, chosen, type Takers } from "@calsync/testing/model";
import { type HttpHistory, hoursAt } from "./history.ts";

/** What guests and hosts do in the app. */
export function appTakers(history: HttpHistory): Takers<AppStep> {
  const { world, host, uids } = history;
  const { bookings } = world.container;
  const viewer = { userId: host.userId };
  return {
    book: ({ slot }) =>
      refusable(async () => {
        const guest = `guest${uids.length}`;
        uids.push(await world.book(host, hoursAt(history, slot).start, guest));
      }),
    async reschedule({ pick, slot }) {
      const uid = chosen(uids, pick);
      const start = hoursAt(history, slot).start.toISOString();
      if (uid) await refusable(() => bookings.reschedule(uid, { start }, viewer));
    },
    async cancel({ pick }) {
      const uid = chosen(uids, pick);
      if (uid) await refusable(() => bookings.cancel(uid, {}, viewer));
    },
    "change destination": ({ calendar }) => world.chooseDestination(host, world.calendarAt(host, calendar)),
  };
}

/** What people are refused (a taken slot, a cancelled booking) is part of a history; anything else is a bug. */
async function refusable(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AppError")) throw error;
  }
}
