const PREFIX = "https://www.googleapis.com/auth/";

/** Scopes of the Calendar API by short name, with the sentence the consent page shows. */
export const CALENDAR_SCOPES: Record<string, string> = {
  calendar: "See, edit, share, and permanently delete all your calendars",
  "calendar.readonly": "See and download any calendar you can access",
  "calendar.events": "View and edit events on all your calendars",
  "calendar.events.readonly": "View events on all your calendars",
  "calendar.events.owned": "See, create, change, and delete events on calendars you own",
  "calendar.events.owned.readonly": "See the events on calendars you own",
  "calendar.events.freebusy": "See the availability on calendars you have access to",
  "calendar.freebusy": "View your availability in your calendars",
  "calendar.calendarlist": "See, add, and remove calendars you are subscribed to",
  "calendar.calendarlist.readonly": "See the list of calendars you are subscribed to",
  "calendar.calendars": "See and change the properties of calendars, and create secondary calendars",
  "calendar.calendars.readonly": "See the title, description, time zone and other properties of calendars",
  "calendar.acls": "See and change the sharing permissions of calendars you own",
  "calendar.acls.readonly": "See the sharing permissions of calendars you own",
  "calendar.settings.readonly": "View your calendar settings",
};

/** Identity scopes: always part of a consent, never unticked. */
const IDENTITY_SCOPES: Record<string, string> = {
  openid: "Associate you with your personal info",
  email: "See your primary e-mail address",
  profile: "See your personal info",
  [`${PREFIX}userinfo.email`]: "See your primary e-mail address",
  [`${PREFIX}userinfo.profile`]: "See your personal info",
};

/** The full name of a calendar scope. */
export function calendarScope(shortName: string): string {
  return PREFIX + shortName;
}

/** Google answers `email` and `profile` under their full names. */
export function canonicalScope(scope: string): string {
  if (scope === "email" || scope === "profile") return `${PREFIX}userinfo.${scope}`;
  return scope;
}

/** What the consent page says about a scope, or null for one that does not exist. */
export function describeScope(scope: string): { text: string; identity: boolean } | null {
  const identity = IDENTITY_SCOPES[scope];
  if (identity) return { text: identity, identity: true };
  const calendar = scope.startsWith(PREFIX) ? CALENDAR_SCOPES[scope.slice(PREFIX.length)] : undefined;
  return calendar ? { text: calendar, identity: false } : null;
}

const scopes = (...names: string[]): string[] => names.map(calendarScope);

/** Scopes of which one is enough, per group of methods (v3 reference). */
export const SCOPES = {
  eventsRead: scopes(
    "calendar",
    "calendar.readonly",
    "calendar.events",
    "calendar.events.readonly",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.freebusy",
  ),
  eventsWrite: scopes("calendar", "calendar.events", "calendar.events.owned"),
  calendarListRead: scopes(
    "calendar",
    "calendar.readonly",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
  ),
  calendarListWrite: scopes("calendar", "calendar.calendarlist"),
  calendarsRead: scopes("calendar", "calendar.readonly", "calendar.calendars", "calendar.calendars.readonly"),
  calendarsWrite: scopes("calendar", "calendar.calendars"),
  aclRead: scopes("calendar", "calendar.acls", "calendar.acls.readonly"),
  aclWrite: scopes("calendar", "calendar.acls"),
  settingsRead: scopes("calendar", "calendar.readonly", "calendar.settings.readonly"),
  freeBusy: scopes("calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy"),
  channelsStop: scopes(
    "calendar",
    "calendar.readonly",
    "calendar.events",
    "calendar.events.readonly",
    "calendar.events.owned",
    "calendar.events.owned.readonly",
    "calendar.events.freebusy",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
    "calendar.acls",
    "calendar.acls.readonly",
    "calendar.settings.readonly",
  ),
} as const;

/** Scopes that reach only calendars which the user owns. */
export const OWNED_ONLY_SCOPES = new Set(scopes("calendar.events.owned", "calendar.events.owned.readonly"));

/** Scope that shows when events are, but not what they are. */
export const FREE_BUSY_SCOPE = calendarScope("calendar.events.freebusy");
