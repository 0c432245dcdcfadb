/**
 * An instant as text: ISO 8601 in UTC with milliseconds, exactly as `Date.prototype.toISOString` writes it
 * (`2026-06-03T17:00:00.000Z`). One spelling per instant, so that two snapshots can be compared as text.
 */
export type InstantString = string;

/** A calendar day without a zone, `yyyy-mm-dd`. */
export type DateString = string;

/** A half-open stretch of time: `start` belongs to it, `end` does not. */
export interface Interval {
  start: Date;
  end: Date;
}

/** A stretch in which a calendar is not free, as a provider's free/busy answer gives it. Half-open. */
export interface BusyInterval extends Interval {
  calendarId: string;
}

/**
 * When an event takes place. Timed events carry instants and the IANA zone they are shown in; all-day events carry
 * days and no zone. Ends are exclusive in both (RFC 5545 §3.6.1, Google `end.date`).
 */
export type EventTime =
  | { allDay: false; start: InstantString; end: InstantString; timeZone: string }
  | { allDay: true; start: DateString; end: DateString };
