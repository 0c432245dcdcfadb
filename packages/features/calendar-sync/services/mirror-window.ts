import type { Interval } from "@calsync/types";
import type { SyncSettings } from "./settings.ts";

const DAY_MS = 24 * 3_600_000;

/** The stretch around `at` that calendars are listed and mirrored for. */
export function mirrorWindow(
  { windowPastDays, windowAheadDays }: Pick<SyncSettings, "windowPastDays" | "windowAheadDays">,
  at: Date,
): Interval {
  return {
    start: new Date(at.getTime() - windowPastDays * DAY_MS),
    end: new Date(at.getTime() + windowAheadDays * DAY_MS),
  };
}
