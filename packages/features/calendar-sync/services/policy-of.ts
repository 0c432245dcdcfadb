import { type ConflictRule, DEFAULT_POLICY, type SyncPolicy } from "../engine/policy.ts";
import type { CalendarSyncRow, StoredPolicy } from "../repositories/rows.ts";

const RULES: Record<NonNullable<StoredPolicy["conflictPolicy"]>, ConflictRule> = {
  LAST_WRITE_WINS: "last-write-wins",
  CALENDAR_WINS: "calendar-wins",
  BOOKING_WINS: "booking-wins",
  ASK: "ask",
};
const GUARDS = { APPLY: "apply", HOLD: "hold" } as const;
const DECLINES = { KEEP: "keep", CANCEL: "cancel" } as const;

/** The host's wishes for one calendar: what the calendar says, else the host's preferences, else the defaults. */
export function policyOf(
  calendar: Pick<CalendarSyncRow, "direction" | "preferences" | "policyOverrides">,
): SyncPolicy {
  const { massChangeLimit, ...stored }: StoredPolicy = {
    ...calendar.preferences,
    ...calendar.policyOverrides,
  };
  return {
    direction: calendar.direction,
    fields: stored.fields ?? DEFAULT_POLICY.fields,
    conflict: stored.conflictPolicy ? RULES[stored.conflictPolicy] : DEFAULT_POLICY.conflict,
    outsideHours: stored.outsideHours ? GUARDS[stored.outsideHours] : DEFAULT_POLICY.outsideHours,
    overlap: stored.overlap ? GUARDS[stored.overlap] : DEFAULT_POLICY.overlap,
    allDeclined: stored.allDeclined ? DECLINES[stored.allDeclined] : DEFAULT_POLICY.allDeclined,
    hostDeclined: stored.hostDeclined ? DECLINES[stored.hostDeclined] : DEFAULT_POLICY.hostDeclined,
    massChangeLimit: massChangeLimit === undefined ? DEFAULT_POLICY.massChangeLimit : massChangeLimit,
  };
}
