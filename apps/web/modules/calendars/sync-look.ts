import type { Tone } from "@calsync/ui";
import type { SyncStatus } from "../api/types.ts";

type CalendarState = Pick<
  SyncStatus,
  "status" | "enabled" | "pendingPushes" | "failingPushes" | "failedPushes"
>;

/** How one calendar's sync stands, in a word or two. */
export function lookOfSync(calendar: CalendarState): { tone: Tone; text: string } {
  if (!calendar.enabled) return { tone: "neutral", text: "Switched off" };
  if (calendar.status === "failed") return { tone: "bad", text: "Needs attention" };
  if (calendar.failedPushes > 0) return { tone: "bad", text: "Not all written" };
  if (calendar.status === "retrying" || calendar.failingPushes > 0)
    return { tone: "warn", text: "Trying again" };
  if (calendar.status === "initial") return { tone: "accent", text: "First sync…" };
  return calendar.pendingPushes > 0
    ? { tone: "accent", text: "Syncing…" }
    : { tone: "good", text: "In sync" };
}

/** How changes in the calendar reach us. */
export function explainNotifications(notifications: SyncStatus["notifications"]): string {
  switch (notifications) {
    case "active":
      return "Announced by the provider at once";
    case "pending":
      return "Being set up; until then the calendar is read from time to time";
    case "error":
      return "Not announced at the moment; the calendar is read from time to time";
    default:
      return "The calendar is read from time to time";
  }
}
