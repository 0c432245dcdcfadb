import { type AppStep, chosen, type Takers } from "@calsync/testing/model";
import { type HttpHistory, hoursAt } from "./history.ts";

/** What guests and hosts do in the app. */
export function appTakers(history: HttpHistory): Takers<AppStep> {
  const { world, host, uids, guestTokens } = history;
  const { bookings } = world.container;
  /** The host, or the guest by the secret of the booking page. */
  const viewer = (by: "host" | "guest", pick: number) =>
    by === "host" ? { userId: host.userId } : { guestToken: chosen(guestTokens, pick) ?? "" };
  return {
    book: ({ slot }) =>
      refusable(async () => {
        const guest = `guest${uids.length}`;
        const { uid, guestToken } = await world.book(host, hoursAt(history, slot).start, guest);
        uids.push(uid);
        guestTokens.push(guestToken);
      }),
    async reschedule({ pick, slot, by }) {
      const uid = chosen(uids, pick);
      const start = hoursAt(history, slot).start.toISOString();
      if (uid) await refusable(() => bookings.reschedule(uid, { start }, viewer(by, pick)));
    },
    async cancel({ pick, by }) {
      const uid = chosen(uids, pick);
      if (uid) await refusable(() => bookings.cancel(uid, {}, viewer(by, pick)));
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
