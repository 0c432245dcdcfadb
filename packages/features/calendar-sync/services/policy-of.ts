import type { ConflictRule, SyncPolicy } from "../engine/policy.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";

const RULES: Record<NonNullable<CalendarSyncRow["conflictPolicy"]>, ConflictRule> = {
  LAST_WRITE_WINS: "last-write-wins",
  CALENDAR_WINS: "calendar-wins",
  BOOKING_WINS: "booking-wins",
  // Nothing sets it yet; a row that carries it all the same loses nothing by the default rule.
  ASK: "last-write-wins",
};

/** The host's wishes for one calendar. */
export function policyOf(calendar: Pick<CalendarSyncRow, "direction" | "conflictPolicy">): SyncPolicy {
  return { direction: calendar.direction, conflict: RULES[calendar.conflictPolicy ?? "LAST_WRITE_WINS"] };
}
