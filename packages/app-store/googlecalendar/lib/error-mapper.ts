import { CalendarError, type CalendarErrorOptions } from "@calsync/lib";
import type { CalendarErrorCode } from "@calsync/types";
import { z } from "zod";
import { retryAfterMs } from "../../common/retry-after.ts";

/** What a call was about: decides what a 404, a 410 or a bad parameter means. */
export type CallSubject = "account" | "calendar" | "event" | "changes" | "channel";

const HOUR_MS = 3_600_000;

/** The error envelope (errors guide). Only names are taken from it: its texts could repeat what we sent. */
const envelopeSchema = z.object({
  error: z.object({
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
    status: z.string().optional(),
  }),
});

interface Failure {
  code: CalendarErrorCode;
  message: string;
  afterMs?: number;
}

/** What some reasons mean, whatever the status. Source: errors guide, push guide; see README.md. */
const BY_REASON: Readonly<Record<string, Failure>> = {
  timeRangeEmpty: { code: "INVALID_REQUEST", message: "the time range ends before it starts" },
  timeRangeTooLong: { code: "INVALID_REQUEST", message: "the time range is too long for one question" },
  userRateLimitExceeded: { code: "RATE_LIMIT_EXCEEDED", message: "too many calls for this user; slow down" },
  rateLimitExceeded: { code: "RATE_LIMIT_EXCEEDED", message: "too many calls; slow down" },
  quotaExceeded: {
    code: "RATE_LIMIT_EXCEEDED",
    message: "this user's calendar limits are used up; they recover within hours",
    afterMs: HOUR_MS,
  },
  dailyLimitExceeded: {
    code: "RATE_LIMIT_EXCEEDED",
    message: "the project's daily quota is used up; raise it in the Google Cloud console",
    afterMs: HOUR_MS,
  },
  accessNotConfigured: {
    code: "OAUTH_CLIENT_REFUSED",
    message: "the Google Calendar API is not enabled for our Google Cloud project",
  },
  forbiddenForNonOrganizer: {
    code: "PERMISSION_DENIED",
    message: "only the event's organizer may change this",
  },
  forbiddenForServiceAccounts: {
    code: "PERMISSION_DENIED",
    message: "a service account may not invite attendees without domain-wide delegation",
  },
  notACalendarUser: { code: "PERMISSION_DENIED", message: "this Google account has no Google Calendar" },
  insufficientPermissions: {
    code: "PERMISSION_DENIED",
    message: "the user has not granted the access that this needs; connect again and tick every box",
  },
  pushNotSupportedForRequestedResource: {
    code: "WATCH_UNSUPPORTED",
    message: "this calendar does not send notifications; poll it",
  },
  "push.webhookUrlNotHttps": {
    code: "INVALID_REQUEST",
    message: "Google sends notifications to HTTPS addresses only",
  },
  "push.webhookUrlUnauthorized": {
    code: "INVALID_REQUEST",
    message: "Google does not accept the notification address; verify its domain in the Google Cloud console",
  },
  fullSyncRequired: { code: "CURSOR_EXPIRED", message: "the sync token is no longer valid" },
  updatedMinTooLongAgo: { code: "CURSOR_EXPIRED", message: "the cursor is too old" },
  conflict: { code: "CALENDAR_API_ERROR", message: "another write was under way", afterMs: 1_000 },
};

/**
 * Whatever a call to Google has thrown, as the one error that leaves the adapter. It carries the status and Google's
 * name of the error, never a text, an address or a header of the request or its answer.
 */
export function toCalendarError(thrown: unknown, subject: CallSubject): CalendarError {
  if (thrown instanceof CalendarError) return thrown;
  const answer = readAnswer(thrown);
  if (!answer) return toNetworkError(thrown);
  const { status, reason } = answer;
  const failure = (reason === undefined ? undefined : BY_REASON[reason]) ?? byStatus(status, reason, subject);
  const afterMs = answer.retryAfterMs ?? failure.afterMs;
  const options: CalendarErrorOptions = { status, providerReason: reason };
  if (afterMs !== undefined) options.advice = { retry: "later", afterMs };
  return new CalendarError(failure.code, `Google Calendar: ${failure.message}`, options);
}

function byStatus(status: number, reason: string | undefined, subject: CallSubject): Failure {
  if (status >= 500) return { code: "CALENDAR_API_ERROR", message: `the service failed (${status})` };
  switch (status) {
    case 400:
      // The other parameters of a pull are fixed, so that it can only be the token (`Invalid sync token value.`).
      if (subject === "changes" && reason === "invalid") {
        return { code: "CURSOR_EXPIRED", message: "the sync token cannot be read" };
      }
      break;
    case 401:
      return { code: "OAUTH_TOKEN_EXPIRED", message: "the access token was refused" };
    case 403:
      return { code: "PERMISSION_DENIED", message: "this account may not do that" };
    case 404:
      return notFound(subject);
    case 408:
      return { code: "CALENDAR_API_ERROR", message: "the service gave up waiting for the request" };
    case 410:
      if (subject === "changes")
        return { code: "CURSOR_EXPIRED", message: "the sync token is no longer valid" };
      return { code: "EVENT_NOT_FOUND", message: "the event has been deleted" };
    case 412:
      return { code: "VERSION_CONFLICT", message: "the event has changed since the given version" };
    case 429:
      return { code: "RATE_LIMIT_EXCEEDED", message: "too many calls; slow down" };
  }
  return { code: "INVALID_REQUEST", message: `the request was refused (${reason ?? status})` };
}

function notFound(subject: CallSubject): Failure {
  if (subject === "event") return { code: "EVENT_NOT_FOUND", message: "there is no such event" };
  return { code: "CALENDAR_NOT_FOUND", message: "there is no such calendar, or this account cannot see it" };
}

/** Whether the same call is worth one more try within the second. Longer waits are for whoever called the adapter. */
export function isWorthRepeating(error: CalendarError): boolean {
  if (error.advice.retry === "later" && (error.advice.afterMs ?? 0) > 2_000) return false;
  return (
    error.code === "NETWORK_ERROR" ||
    error.code === "RATE_LIMIT_EXCEEDED" ||
    (error.code === "CALENDAR_API_ERROR" && (error.status === 409 || (error.status ?? 0) >= 500))
  );
}

function readAnswer(
  thrown: unknown,
): { status: number; reason: string | undefined; retryAfterMs: number | undefined } | null {
  if (typeof thrown !== "object" || thrown === null || !("response" in thrown)) return null;
  const response = thrown.response;
  if (typeof response !== "object" || response === null || !("status" in response)) return null;
  if (typeof response.status !== "number") return null;
  const envelope = envelopeSchema.safeParse("data" in response ? response.data : undefined);
  const named = envelope.success
    ? (envelope.data.error.errors?.[0]?.reason ?? envelope.data.error.status)
    : undefined;
  const headers = "headers" in response && response.headers instanceof Headers ? response.headers : undefined;
  return {
    status: response.status,
    reason: named !== undefined && /^[\w.-]{1,64}$/.test(named) ? named : undefined,
    retryAfterMs: retryAfterMs(headers),
  };
}

function toNetworkError(thrown: unknown): CalendarError {
  const code = findCode(thrown);
  const how = code === "TimeoutError" ? "did not answer in time" : "could not be reached";
  return new CalendarError("NETWORK_ERROR", `Google Calendar ${how}`, { providerReason: code });
}

/** The first code along the chain of causes: `fetch` hides `ECONNRESET` two levels down. */
function findCode(thrown: unknown): string | undefined {
  for (let at = thrown, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = "cause" in at ? at.cause : undefined;
  }
  return undefined;
}
