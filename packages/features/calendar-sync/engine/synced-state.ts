import type { AttendeeResponse, CalendarEvent } from "@calsync/types";
import type { EventSnapshot } from "./snapshot.ts";

/** A series' fields, with the lines that repeat it. */
export interface SeriesSnapshot extends EventSnapshot {
  recurrence: string[];
}

/**
 * What both sides last agreed on: the third leg of the three-way merge, seen from both ends. They are two, because a
 * provider may store a field in its own way (a trimmed title, a description turned into HTML) and each side is compared
 * with what that side said at the time. Ours is the booking as that calendar is shown it (engine/view.ts).
 */
export interface SyncedState {
  local: EventSnapshot;
  remote: EventSnapshot;
  /** Who may open the event: what we asked for, and what stands there. Missing: the default on both sides. */
  visibility?: { local: CalendarEvent["visibility"]; remote: CalendarEvent["visibility"] };
  /** The host's own answer when the event was last pulled. */
  selfResponse?: AttendeeResponse | null;
}

/** The same for a series as a whole. */
export interface SyncedSeries extends SyncedState {
  local: SeriesSnapshot;
  remote: SeriesSnapshot;
}
