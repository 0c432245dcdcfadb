/** What applying a page has done. */
export interface AppliedChanges {
  /** Actions carried out on bookings. */
  applied: number;
  /** Changes that were refused, with a record each. */
  refused: number;
  /** Events that are not ours, mirrored or forgotten. */
  mirrored: number;
  setAside: number;
  /** Changes that were put by: to be counted, or until the host has answered. */
  held: number;
  /** Calendars that now have something to push. */
  pushCalendarIds: string[];
  /** Calendars to pull, because an event that has gone from this one may be there. */
  pullCalendarIds: string[];
  /** Calendars in which events are to be read directly, and when. */
  rechecks: { calendarSyncId: string; at: Date }[];
  /** What is known of single dates of a series need not be true any more: everything is to be listed anew. */
  relist: boolean;
}

/** What no change at all does. */
export const NOTHING_APPLIED: AppliedChanges = {
  applied: 0,
  refused: 0,
  mirrored: 0,
  setAside: 0,
  held: 0,
  pushCalendarIds: [],
  pullCalendarIds: [],
  rechecks: [],
  relist: false,
};
