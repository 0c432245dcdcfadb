import type { CalendarSyncRow } from "../repositories/rows.ts";
import type { AppliedChanges } from "./applied-changes.ts";

/** A calendar, as it stands while it is pulled. */
export interface PullState extends CalendarSyncRow {
  /** Everything is listed anew after this listing, because of what it has told of a series; null when it is the last one in any case. */
  relist: boolean | null;
}

/**
 * Notes what applying changes has done to a series, for the listing after this one.
 * @returns the cursor to commit with it: none when everything is to be listed anew, whatever becomes of this worker. A listing of
 *   everything that is under way goes on first.
 */
export function cursorAfter(
  state: PullState,
  { relist }: Pick<AppliedChanges, "relist">,
  { cursor, fullPullRunning }: { cursor: string | null; fullPullRunning: boolean },
): string | null {
  if (relist && state.relist === false) state.relist = true;
  return state.relist && !fullPullRunning ? null : cursor;
}
