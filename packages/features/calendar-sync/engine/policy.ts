/** Who wins when both sides changed the same field. */
export type ConflictRule = "last-write-wins" | "calendar-wins" | "booking-wins";

/** What a host wants sync to do with one calendar. */
export interface SyncPolicy {
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  conflict: ConflictRule;
}
