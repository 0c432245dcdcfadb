import type { EventTime, ExternalEvent } from "@calsync/types";

/** Why an event that is not ours cannot be edited through us, with a sentence for people. A closed list. */
export const NOT_EDITABLE = {
  "calendar-read-only": "This calendar is only read here; edit the event in the calendar itself.",
  "calendar-not-in-step": "Sync of this calendar is switched off, or its account has to be connected again.",
  "not-organizer": "Somebody else organises this event; only they can change it.",
  declined: "You have declined this event.",
  past: "This event is over.",
  unreadable: "This event could not be read from its calendar.",
} as const;
/** Why an event cannot be edited from here. */
export type NotEditable = keyof typeof NOT_EDITABLE;

/** What decides it beside the event. */
export interface EditableCalendar {
  direction: "BOTH" | "TO_CALENDAR" | "FROM_CALENDAR";
  /** Whether the provider can be written to at all. */
  write: boolean;
  /** Whether sync works on the calendar: switched on, its account valid. */
  inStep: boolean;
}

/**
 * Why the host cannot edit an event, as far as it can be known without asking its provider; null when they can.
 * @param time of the occurrence in question, or of the event
 */
export function whyNotEditable(
  event: ExternalEvent | null,
  time: EventTime | null,
  calendar: EditableCalendar,
  now: Date,
): NotEditable | null {
  if (!calendar.write || calendar.direction === "FROM_CALENDAR") return "calendar-read-only";
  if (!calendar.inStep) return "calendar-not-in-step";
  if (event === null || time === null) return "unreadable";
  if (event.organizer !== null && !event.organizer.self) return "not-organizer";
  if (event.selfResponse === "declined") return "declined";
  // An all-day end is a day without a zone: it is over everywhere twelve hours after its end in UTC.
  const end = time.allDay ? Date.parse(time.end) + 12 * 3_600_000 : Date.parse(time.end);
  return end <= now.getTime() ? "past" : null;
}

/**
 * Why the time of a whole series cannot be changed; null when it can. A rule that names its days, or dates of its own, would
 * say something else than the new start.
 */
export function whySeriesTimeFixed(series: ExternalEvent, time: EventTime): string | null {
  if (series.time.allDay !== time.allDay) return "A series cannot be made all-day, or timed, as a whole.";
  const lines = series.recurrence ?? [];
  if (lines.some((line) => /^(EXDATE|RDATE)/i.test(line))) {
    return "This series has dates of its own, which would not move along.";
  }
  const named = lines.some((line) => /;?(BYDAY|BYMONTHDAY|BYYEARDAY|BYSETPOS|BYHOUR|BYMINUTE)=/i.test(line));
  return named && dayOf(series.time) !== dayOf(time)
    ? "The rule of this series names its days, which would not move along."
    : null;
}

function dayOf(time: EventTime): string {
  if (time.allDay) return time.start;
  return new Intl.DateTimeFormat("sv-SE", { timeZone: time.timeZone, dateStyle: "short" }).format(
    new Date(time.start),
  );
}
