/**
 * Everything that can go wrong at a calendar, as a closed list. Adapters translate their provider's errors into these
 * at their edge; everything above them matches the code and never the text.
 */
export const CALENDAR_ERROR_CODES = [
  /** The access token was refused and could not be refreshed for now; the grant itself still stands. */
  "OAUTH_TOKEN_EXPIRED",
  /** The provider has said that the grant has ended. Only the user can mend it, by connecting again. */
  "CREDENTIAL_INVALID",
  /** Our own client registration is refused (wrong or expired client secret). Concerns every user at once. */
  "OAUTH_CLIENT_REFUSED",
  /** Too many calls; `retryAfterMs` tells when to come back, when the provider said so. */
  "RATE_LIMIT_EXCEEDED",
  /** No answer: connection refused, reset, timed out. Whether a write took effect is unknown. */
  "NETWORK_ERROR",
  /** The provider failed (5xx) or answered something that its documentation does not mention. */
  "CALENDAR_API_ERROR",
  /** Text that should have been iCalendar (RFC 5545) is not. */
  "INVALID_ICS_FORMAT",
  /** Both sides changed the same field and the policy is to ask. */
  "CONFLICT_DETECTED",
  /** The cursor is no longer accepted: pull again in full. */
  "CURSOR_EXPIRED",
  /** The event changed since the version that the write was conditional on. Nothing was written. */
  "VERSION_CONFLICT",
  "EVENT_NOT_FOUND",
  /** The event is there, or may be, but cannot be read as one: hidden from this account, or without a time. It is set aside. */
  "EVENT_UNREADABLE",
  "CALENDAR_NOT_FOUND",
  /** The columns of a table no longer fit to what they were mapped to; a person has to map them again. */
  "MAPPING_INVALID",
  /** The account may not do this: missing scope, read-only calendar, not the organizer. */
  "PERMISSION_DENIED",
  /** The provider refuses the request itself; sending it again cannot help. */
  "INVALID_REQUEST",
  /** The calendar cannot be watched; it is polled instead. */
  "WATCH_UNSUPPORTED",
  /** The provider does not offer this operation (see its capabilities). */
  "UNSUPPORTED_OPERATION",
] as const;

/** What went wrong at a calendar: one of a closed list. */
export type CalendarErrorCode = (typeof CALENDAR_ERROR_CODES)[number];

/** What to do after an error: at once, after a pause, after pulling in full, or not at all. */
export type RetryAdvice =
  | { retry: "now" }
  | { retry: "later"; afterMs: number | null }
  | { retry: "after-full-pull" }
  | { retry: "never" };
