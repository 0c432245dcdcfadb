import type { EventSnapshot } from "./snapshot.ts";

/**
 * What both sides last agreed on: the third leg of the three-way merge, seen from both ends. They are two, because a
 * provider may store a field in its own way (a trimmed title, a description turned into HTML) and each side is compared
 * with what that side said at the time.
 */
export interface SyncedState {
  local: EventSnapshot;
  remote: EventSnapshot;
}
