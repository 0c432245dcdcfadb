import type { CalendarErrorCode, RetryAdvice } from "@calsync/types";

/** What to do after each code when the provider says nothing more precise. `afterMs: null` leaves the pause to the caller. */
const DEFAULT_ADVICE: Record<CalendarErrorCode, RetryAdvice> = {
  OAUTH_TOKEN_EXPIRED: { retry: "later", afterMs: null },
  CREDENTIAL_INVALID: { retry: "never" },
  OAUTH_CLIENT_REFUSED: { retry: "later", afterMs: 15 * 60_000 },
  RATE_LIMIT_EXCEEDED: { retry: "later", afterMs: null },
  NETWORK_ERROR: { retry: "later", afterMs: null },
  CALENDAR_API_ERROR: { retry: "later", afterMs: null },
  INVALID_ICS_FORMAT: { retry: "never" },
  CONFLICT_DETECTED: { retry: "never" },
  CURSOR_EXPIRED: { retry: "after-full-pull" },
  VERSION_CONFLICT: { retry: "now" },
  EVENT_NOT_FOUND: { retry: "never" },
  EVENT_UNREADABLE: { retry: "never" },
  CALENDAR_NOT_FOUND: { retry: "never" },
  MAPPING_INVALID: { retry: "never" },
  PERMISSION_DENIED: { retry: "never" },
  INVALID_REQUEST: { retry: "never" },
  WATCH_UNSUPPORTED: { retry: "never" },
  UNSUPPORTED_OPERATION: { retry: "never" },
};

/** What an error of a calendar tells beside its code and sentence. */
export interface CalendarErrorOptions {
  /** Overrides the code's usual advice. */
  advice?: RetryAdvice | undefined;
  /** HTTP status, for logs. */
  status?: number | undefined;
  /** The provider's own name of the error (`rateLimitExceeded`), for logs and for people who search the web for it. */
  providerReason?: string | undefined;
  cause?: unknown;
}

/**
 * The one error that leaves a calendar adapter. Match `code`, never `message`; `advice` says what to do next. Messages
 * hold no secret and no content of an event.
 */
export class CalendarError extends Error {
  override readonly name = "CalendarError";
  readonly code: CalendarErrorCode;
  readonly advice: RetryAdvice;
  readonly status: number | undefined;
  readonly providerReason: string | undefined;

  constructor(code: CalendarErrorCode, message: string, options: CalendarErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice ?? DEFAULT_ADVICE[code];
    this.status = options.status;
    this.providerReason = options.providerReason;
  }

  /** Whether the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return this.advice.retry === "now" || this.advice.retry === "later";
  }
}

/** Whether `error` is a CalendarError, with one of `codes` when any are given. */
export function isCalendarError(error: unknown, ...codes: CalendarErrorCode[]): error is CalendarError {
  return error instanceof CalendarError && (codes.length === 0 || codes.includes(error.code));
}
