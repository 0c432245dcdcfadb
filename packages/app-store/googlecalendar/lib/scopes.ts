import type { MissingScope } from "@calsync/types";

const BASE = "https://www.googleapis.com/auth/";
const EVENTS = `${BASE}calendar.events`;
const CALENDAR_LIST = `${BASE}calendar.calendarlist.readonly`;
const FREE_BUSY = `${BASE}calendar.freebusy`;

/** What a user is asked for: the narrowest scopes that two-way sync works with. `calendar.events` alone gives no free/busy. */
export const REQUESTED_SCOPES: readonly string[] = ["openid", "email", EVENTS, CALENDAR_LIST, FREE_BUSY];

/** What an administrator allows a service account; it is told who the user is and need not ask. */
export const DELEGATED_SCOPES: readonly string[] = [EVENTS, CALENDAR_LIST, FREE_BUSY];

/** What sync needs each scope for, and the wider scopes that a user may have granted before and that make it unnecessary. */
export const NEEDED_SCOPES: readonly (MissingScope & { wider: readonly string[] })[] = [
  { scope: EVENTS, permission: "events", wider: [`${BASE}calendar`] },
  {
    scope: CALENDAR_LIST,
    permission: "calendar-list",
    wider: [`${BASE}calendar`, `${BASE}calendar.readonly`, `${BASE}calendar.calendarlist`],
  },
  {
    scope: FREE_BUSY,
    permission: "free-busy",
    wider: [`${BASE}calendar`, `${BASE}calendar.readonly`, `${BASE}calendar.events.freebusy`],
  },
];
