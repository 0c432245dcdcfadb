import type { CalendarEvent, EventAttendee, EventTime, ExternalEvent, Interval } from "@calsync/types";
import { Temporal } from "temporal-polyfill";

/** An event in a MemoryCalendarServer. Never changed in place: every change stores a new one. */
export interface StoredEvent {
  readonly event: ExternalEvent;
  /** What the provider keeps beside our fields (a reminder, a colour). Updates through the contract leave it alone. */
  readonly foreign: Readonly<Record<string, string>>;
  /** Its place in the calendar's change log. */
  readonly seq: number;
  /** Its place in order of creation, which never changes: full listings go by it. */
  readonly ordinal: number;
}

/** A copy that the caller may keep and change. */
export function copyEvent(event: ExternalEvent): ExternalEvent {
  return {
    ...event,
    time: { ...event.time },
    attendees: event.attendees.map((attendee) => ({ ...attendee })),
    organizer: event.organizer ? { ...event.organizer } : null,
    recurrence: event.recurrence ? [...event.recurrence] : null,
  };
}

/** Whether the stored event already is what `wanted` asks for, so that writing it would change nothing. */
export function isEqualTo(stored: ExternalEvent, wanted: CalendarEvent): boolean {
  return (
    stored.status !== "cancelled" &&
    stored.title === wanted.title &&
    stored.description === wanted.description &&
    stored.location === wanted.location &&
    stored.transparency === wanted.transparency &&
    stored.visibility === wanted.visibility &&
    (wanted.marker === null || stored.marker === wanted.marker) &&
    (stored.sequence ?? 0) >= wanted.sequence &&
    equalTimes(stored.time, wanted.time) &&
    equalLists(stored.recurrence ?? [], wanted.recurrence ?? []) &&
    equalAttendees(stored.attendees, invited(wanted.attendees, stored.organizer?.email ?? null))
  );
}

/** Attendees without the organizer, who has a field of their own. */
export function invited(attendees: readonly EventAttendee[], organizerEmail: string | null): EventAttendee[] {
  const organizer = organizerEmail?.toLowerCase();
  return attendees.filter((attendee) => attendee.email.toLowerCase() !== organizer).map((a) => ({ ...a }));
}

/** Whether an event reaches into the interval. All-day events are widened by 14 h: their zone is the reader's. */
export function touches(time: EventTime, window: Interval): boolean {
  const slackMs = time.allDay ? 14 * 3_600_000 : 0;
  const start = Date.parse(time.start) - slackMs;
  const end = Date.parse(time.end) + slackMs;
  return start < window.end.getTime() && Math.max(end, start + 1) > window.start.getTime();
}

/** The instants that an event covers; days begin at midnight in `timeZone`. */
export function toInterval(time: EventTime, timeZone: string): Interval {
  if (!time.allDay) return { start: new Date(time.start), end: new Date(time.end) };
  const midnight = (day: string) =>
    new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
  return { start: midnight(time.start), end: midnight(time.end) };
}

function equalTimes(a: EventTime, b: EventTime): boolean {
  if (a.allDay !== b.allDay || a.start !== b.start || a.end !== b.end) return false;
  return a.allDay || b.allDay || a.timeZone === b.timeZone;
}

function equalLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

function equalAttendees(a: readonly EventAttendee[], b: readonly EventAttendee[]): boolean {
  if (a.length !== b.length) return false;
  const byEmail = new Map(a.map((attendee) => [attendee.email.toLowerCase(), attendee]));
  return b.every((wanted) => {
    const found = byEmail.get(wanted.email.toLowerCase());
    return (
      found !== undefined &&
      found.name === wanted.name &&
      found.response === wanted.response &&
      found.optional === wanted.optional
    );
  });
}
