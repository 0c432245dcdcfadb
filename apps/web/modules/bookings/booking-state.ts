import type { Tone } from "@calsync/ui";
import type { Booking } from "../api/types.ts";

/** A state in words, with its colour and a sentence that explains it. */
export interface StateLook {
  tone: Tone;
  text: string;
  detail: string;
}

const STATUS: Record<Booking["status"], { tone: Tone; text: string }> = {
  accepted: { tone: "good", text: "Confirmed" },
  pending: { tone: "warn", text: "Waiting for confirmation" },
  cancelled: { tone: "bad", text: "Cancelled" },
  rejected: { tone: "bad", text: "Declined" },
};

/** How a booking itself stands. */
export function lookOfStatus(status: Booking["status"]): { tone: Tone; text: string } {
  return STATUS[status];
}

/** Whether it takes place, as far as anybody knows. */
export function isActive({ status }: Pick<Booking, "status">): boolean {
  return status === "accepted" || status === "pending";
}

type CalendarState = Booking["calendars"][number]["status"];

const CALENDAR: Record<CalendarState, StateLook> = {
  synced: { tone: "good", text: "In sync", detail: "The event equals the booking." },
  pending: { tone: "accent", text: "Syncing…", detail: "The change is on its way to the calendar." },
  conflict: { tone: "warn", text: "Conflict", detail: "Both sides were changed; somebody has to choose." },
  error: { tone: "bad", text: "Not synced", detail: "The calendar did not take the change." },
  deleted: { tone: "neutral", text: "Removed", detail: "The event was removed from the calendar." },
};

const AGAIN: StateLook = {
  tone: "warn",
  text: "Trying again",
  detail: "The calendar did not take the change at the last try; it is tried again by itself.",
};

/** How one of a booking's events stands. */
export function lookOfCalendar({
  status,
  lastError,
}: Pick<Booking["calendars"][number], "status" | "lastError">): StateLook {
  return status === "pending" && lastError !== null ? AGAIN : CALENDAR[status];
}

/** What needs a person comes before what is on its way. */
const WORST_FIRST = [
  CALENDAR.error,
  CALENDAR.conflict,
  AGAIN,
  CALENDAR.pending,
  CALENDAR.synced,
  CALENDAR.deleted,
];

/** The worst of a booking's events, for a list. */
export function syncLookOf({ calendars }: Pick<Booking, "calendars">): StateLook {
  const looks = new Set(calendars.map(lookOfCalendar));
  return (
    WORST_FIRST.find((look) => looks.has(look)) ?? {
      tone: "neutral",
      text: "In no calendar",
      detail: "No destination calendar was chosen for it.",
    }
  );
}
