import type { CalendarErrorCode, CalendarPermission } from "@calsync/types";

const SENTENCES: Record<CalendarErrorCode, string> = {
  OAUTH_TOKEN_EXPIRED: "The provider did not renew our access. It is tried again by itself.",
  CREDENTIAL_INVALID: "The provider no longer accepts this connection. Connect the account again.",
  OAUTH_CLIENT_REFUSED:
    "The provider refuses this installation. Its operator has to check the client id and secret.",
  RATE_LIMIT_EXCEEDED: "The provider asked for a pause. It is tried again by itself.",
  NETWORK_ERROR: "The provider could not be reached. It is tried again by itself.",
  CALENDAR_API_ERROR: "The provider had a failure. It is tried again by itself.",
  INVALID_ICS_FORMAT: "The calendar's data could not be read. Check its address.",
  CONFLICT_DETECTED: "Both sides were changed. Open the booking and choose what holds.",
  CURSOR_EXPIRED: "The calendar is being compared from the beginning. Nothing is needed from you.",
  VERSION_CONFLICT: "The event was changed at the same moment. It is tried again by itself.",
  EVENT_NOT_FOUND: "The event is gone from the calendar.",
  EVENT_UNREADABLE: "The event cannot be read: it is hidden from us, deleted for good, or has no time.",
  CALENDAR_NOT_FOUND:
    "The calendar no longer exists at the provider, or is not shared with you any more. Your bookings stay; if it does not come back, choose another one.",
  MAPPING_INVALID:
    "The table's columns have changed and no longer fit to how they were assigned. Assign them again under Columns.",
  PERMISSION_DENIED:
    "The account may not change this calendar. Choose another one, or ask its owner for the right to edit it.",
  INVALID_REQUEST: "The provider did not accept the event. Its operator finds the reason in the logs.",
  WATCH_UNSUPPORTED:
    "The provider announces no changes of this calendar; it is read from time to time instead.",
  UNSUPPORTED_OPERATION: "The provider does not offer this.",
};

/**
 * What a calendar's error means and what to do about it.
 * @param message the server's own words: they name the column that does not fit, and stand for codes of a newer version
 */
export function explainCalendarError(code: string, message?: string | null): string {
  if (code.toUpperCase() === "MAPPING_INVALID" && message)
    return `${message.replace(/^\w+: /, "")} It is chosen under Columns; until then nothing is changed on either side.`;
  return (
    (SENTENCES as Record<string, string>)[code.toUpperCase()] ??
    message ??
    "Something went wrong; it is tried again by itself."
  );
}

const CONNECT: Record<string, string> = {
  consent_declined: "Access was declined at the provider, so nothing was connected.",
  missing_scopes: "Some of the permissions were not granted. Connect again and leave all boxes ticked.",
  oauth_state_unknown: "The attempt to connect took too long or was begun in another browser. Connect again.",
  provider_refused:
    "The provider refused to connect the account. Its administrator may have to allow calsync.",
  code_refused: "The provider did not accept the answer of its own page. Connect again.",
  provider_not_configured:
    "This provider is not set up here. The operator of this installation has to add its credentials.",
  provider_misconfigured:
    "The provider refuses this installation. Its operator has to check the client id and secret.",
  provider_unavailable: "The provider could not be reached. Try again in a moment.",
};

const PERMISSIONS: Record<CalendarPermission, string> = {
  events: "see and edit events",
  "calendar-list": "see the list of calendars",
  "free-busy": "see when calendars are busy",
};

/**
 * Why connecting an account failed, from the code that the provider's way back brought.
 * @param missing the permissions that were left out, as the way back names them, with commas
 */
export function explainConnectError(code: string, missing = ""): string {
  const left = missing.split(",");
  const named = Object.entries(PERMISSIONS).flatMap(([name, words]) => (left.includes(name) ? words : []));
  if (code === "missing_scopes" && named.length > 0) {
    return `Not granted: to ${named.join(", and to ")}. Connect again and leave all boxes ticked.`;
  }
  return CONNECT[code] ?? explainCalendarError(code, "The account was not connected. Try again in a moment.");
}
