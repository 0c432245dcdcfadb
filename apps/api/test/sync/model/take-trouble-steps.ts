import type { Takers, TroubleStep } from "@calsync/testing/model";
import type { RemoteFault } from "../remote/RemoteCalendars.ts";
import type { HttpHistory } from "./history.ts";

const NOTIFICATIONS: Record<Extract<TroubleStep, { do: "notifications" }>["are"], RemoteFault["fault"]> = {
  dropped: "drop-notification",
  doubled: "double-notification",
  reversed: "reorder-notification",
};

/** What goes wrong: at each provider the same, and a worker that stands still is one that is dead. */
export function troubleTakers({ world, host }: HttpHistory): Takers<TroubleStep> {
  const everywhere = (fault: RemoteFault) => {
    for (const remote of world.remotes) remote.addFault(fault);
  };
  return {
    fault: everywhere,
    "lose answer": ({ method }) => everywhere({ fault: "lost-answer", method, times: 1 }),
    strike: ({ moments }) => world.strikeAfter(moments),
    resume: () => {},
    "lose cursors"({ omit }) {
      for (const calendar of host.calendars) calendar.remote.loseCursors(calendar);
      if (omit > 0) everywhere({ fault: "empty-page", times: omit });
    },
    "expire tokens"() {
      for (const { remote, account } of host.calendars) remote.expireTokens(account);
    },
    notifications: ({ are }) => everywhere({ fault: NOTIFICATIONS[are], times: 2 }),
    "touch after writes": () => everywhere({ fault: "touch-after-write", times: 1 }),
  };
}
