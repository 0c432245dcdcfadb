import type { BusyLookup } from "@calsync/bookings";
import type { CalendarSync } from "@calsync/calendar-sync";
import type { IcsService } from "@calsync/ics";

/** When a host is busy: what connected calendars say, and the files that they have imported. */
export function busyLookup(
  sync: Pick<CalendarSync, "busyIntervals">,
  ics: { imports: Pick<IcsService["imports"], "times"> },
): BusyLookup {
  return async (userId, range, except) => {
    const [connected, imported] = await Promise.all([
      sync.busyIntervals(userId, range, except),
      ics.imports.times(userId, range),
    ]);
    return { ...connected, intervals: [...connected.intervals, ...imported.busy], open: imported.open };
  };
}
