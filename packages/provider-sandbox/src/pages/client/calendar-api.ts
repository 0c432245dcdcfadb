import type { ApiEvent } from "../event-model.ts";

/** An entry of the user's list of calendars. */
export interface ApiCalendar {
  id: string;
  summary: string;
  summaryOverride?: string;
  timeZone?: string;
  accessRole: string;
  primary?: boolean;
  backgroundColor?: string;
  foregroundColor?: string;
}

/** A provider's API as one account sees it, in the shapes that the calendar page works with. Failures are Errors to show. */
export interface CalendarApi {
  /** All calendars of the account. */
  listCalendars(): Promise<ApiCalendar[]>;
  /** The events and instances that overlap the range (RFC 3339). */
  listEvents(calendarId: string, timeMin: string, timeMax: string): Promise<ApiEvent[]>;
  getEvent(calendarId: string, eventId: string): Promise<ApiEvent>;
  /** @param sendUpdates `all` or `none`; a provider that always tells guests ignores it */
  insertEvent(calendarId: string, body: Record<string, unknown>, sendUpdates: string): Promise<ApiEvent>;
  patchEvent(
    calendarId: string,
    eventId: string,
    body: Record<string, unknown>,
    sendUpdates: string,
  ): Promise<ApiEvent>;
  deleteEvent(calendarId: string, eventId: string, sendUpdates: string): Promise<void>;
}
