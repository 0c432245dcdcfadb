const BASE = "https://www.googleapis.com/auth/";
export const EVENTS = `${BASE}calendar.events`;
export const CALENDAR_LIST = `${BASE}calendar.calendarlist.readonly`;
export const FREE_BUSY = `${BASE}calendar.freebusy`;

/** What a user is asked for: the narrowest scopes that two-way sync works with. `calendar.events` alone gives no free/busy. */
export const REQUESTED_SCOPES: readonly string[] = ["openid", "email", EVENTS, CALENDAR_LIST, FREE_BUSY];

/** What an administrator allows a service account; it is told who the user is and need not ask. */
export const DELEGATED_SCOPES: readonly string[] = [EVENTS, CALENDAR_LIST, FREE_BUSY];

/** Wider scopes that a user may have granted before, and what they make unnecessary. */
export const COVERED_BY: Readonly<Record<string, readonly string[]>> = {
  [EVENTS]: [`${BASE}calendar`],
  [CALENDAR_LIST]: [`${BASE}calendar`, `${BASE}calendar.readonly`, `${BASE}calendar.calendarlist`],
  [FREE_BUSY]: [`${BASE}calendar`, `${BASE}calendar.readonly`, `${BASE}calendar.events.freebusy`],
};
