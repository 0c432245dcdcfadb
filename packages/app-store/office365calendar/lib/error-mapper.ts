import { CalendarError, type CalendarErrorOptions } from "@calsync/lib";
import type { CalendarErrorCode } from "@calsync/types";
import { GraphError } from "@microsoft/microsoft-graph-client";
import { z } from "zod";
import { readRetryAfter } from "../../common/retry-after.ts";

/** What a call was about: decides what a 404, a 403 or a malformed id means. */
export type CallSubject = "account" | "calendar" | "event" | "changes" | "subscription";

/** What is known of a failed call: an answer of its own, or one of a batch. */
export interface FailedAnswer {
  status: number;
  /** Graph's name of the error. */
  code: string | undefined;
  retryAfterMs: number | undefined;
}

const bodySchema = z.object({ error: z.object({ code: z.string() }) });

interface Failure {
  code: CalendarErrorCode;
  message: string;
  afterMs?: number;
}

const VERSION_CONFLICT: Failure = {
  code: "VERSION_CONFLICT",
  message: "the event has changed since the given version",
};
const CURSOR_EXPIRED: Failure = { code: "CURSOR_EXPIRED", message: "the delta link is no longer valid" };
const SLOW_DOWN: Failure = {
  code: "RATE_LIMIT_EXCEEDED",
  message: "too many calls for this mailbox; slow down",
};

/** What some codes mean, whatever the status. Codes are compared in small letters: Graph's own spelling varies (errors guide). */
const BY_CODE: Readonly<Record<string, Failure>> = {
  syncstatenotfound: CURSOR_EXPIRED,
  syncstateinvalid: CURSOR_EXPIRED,
  resyncrequired: CURSOR_EXPIRED,
  errorirresolvableconflict: VERSION_CONFLICT,
  resourcemodified: VERSION_CONFLICT,
  toomanyrequests: SLOW_DOWN,
  applicationthrottled: SLOW_DOWN,
  concurrentitemsave: { code: "CALENDAR_API_ERROR", message: "another write was under way", afterMs: 1_000 },
  mailboxnotenabledforrestapi: {
    code: "PERMISSION_DENIED",
    message: "this account has no mailbox in the cloud, so that its calendar cannot be reached",
  },
  errormailboxmoveinprogress: {
    code: "CALENDAR_API_ERROR",
    message: "the mailbox is being moved",
    afterMs: 60_000,
  },
  timezonenotsupportedexception: { code: "INVALID_REQUEST", message: "the time zone is not known there" },
  erroroccurrencecrossingboundary: {
    code: "INVALID_REQUEST",
    message: "an occurrence may not be moved onto or past the day of its neighbour",
  },
  errorquotaexceeded: {
    code: "RATE_LIMIT_EXCEEDED",
    message: "the mailbox is full; its owner has to make room",
    afterMs: 3_600_000,
  },
};

/**
 * Whatever a call to Graph has thrown, as the one error that leaves the adapter. It carries the status and Graph's name of
 * the error, never a text, an address or a header of the request or its answer.
 */
export function toCalendarError(thrown: unknown, subject: CallSubject): CalendarError {
  if (thrown instanceof CalendarError) return thrown;
  if (thrown instanceof GraphError && thrown.statusCode >= 300) {
    const { statusCode: status, headers } = thrown;
    return fromAnswer(
      {
        status,
        code: codeName(thrown.code),
        retryAfterMs: readRetryAfter(headers?.get("retry-after")),
      },
      subject,
    );
  }
  return new CalendarError("CALENDAR_API_ERROR", "Microsoft Graph: the answer cannot be read", {
    status: 502,
  });
}

/** An answer that is no success, as an error. */
export function fromAnswer(
  { status, code, retryAfterMs }: FailedAnswer,
  subject: CallSubject,
): CalendarError {
  const failure = (code && BY_CODE[code.toLowerCase()]) || byStatus(status, code, subject);
  const afterMs = retryAfterMs ?? failure.afterMs;
  const options: CalendarErrorOptions = { status, providerReason: code };
  if (afterMs !== undefined && failure.code !== "VERSION_CONFLICT" && failure.code !== "CURSOR_EXPIRED") {
    options.advice = { retry: "later", afterMs };
  }
  return new CalendarError(failure.code, `Microsoft Graph: ${failure.message}`, options);
}

/** The name of the error in a body, if it has one. */
export function codeOf(body: unknown): string | undefined {
  const parsed = bodySchema.safeParse(body);
  return parsed.success ? codeName(parsed.data.error.code) : undefined;
}

/** No answer has arrived. */
export function toNetworkError(thrown: unknown): CalendarError {
  const code = findCode(thrown);
  const how = code === "TimeoutError" ? "did not answer in time" : "could not be reached";
  return new CalendarError("NETWORK_ERROR", `Microsoft Graph ${how}`, { providerReason: code });
}

/** Whether the same call is worth one more try within the second. Longer waits are for whoever called the adapter. */
export function isWorthRepeating(error: CalendarError): boolean {
  if (error.advice.retry === "later" && (error.advice.afterMs ?? 0) > 3_000) return false;
  return (
    error.code === "NETWORK_ERROR" ||
    error.code === "RATE_LIMIT_EXCEEDED" ||
    (error.code === "CALENDAR_API_ERROR" && (error.status ?? 0) >= 500)
  );
}

function byStatus(status: number, code: string | undefined, subject: CallSubject): Failure {
  if (status === 509) return SLOW_DOWN;
  if (status >= 500) return { code: "CALENDAR_API_ERROR", message: `the service failed (${status})` };
  switch (status) {
    case 400:
      // An id that Exchange never gave out: a name that cannot be one, not a mistake of ours.
      if (code?.toLowerCase() === "errorinvalididmalformed") return notFound(subject);
      break;
    case 401:
      return { code: "OAUTH_TOKEN_EXPIRED", message: "the access token was refused" };
    case 403:
      if (subject === "subscription") {
        return {
          code: "WATCH_UNSUPPORTED",
          message: "this calendar cannot be watched with this account's access; it is polled",
        };
      }
      return { code: "PERMISSION_DENIED", message: "this account may not do that" };
    case 404:
      return notFound(subject);
    case 408:
      return { code: "CALENDAR_API_ERROR", message: "the service gave up waiting for the request" };
    case 410:
      return subject === "event" ? notFound(subject) : CURSOR_EXPIRED;
    case 409:
    case 412:
      if (subject === "event") return VERSION_CONFLICT;
      break;
    case 429:
      return SLOW_DOWN;
  }
  return { code: "INVALID_REQUEST", message: `the request was refused (${code ?? status})` };
}

function notFound(subject: CallSubject): Failure {
  if (subject === "event") return { code: "EVENT_NOT_FOUND", message: "there is no such event" };
  return { code: "CALENDAR_NOT_FOUND", message: "there is no such calendar, or this account cannot see it" };
}

/** Names only: texts could repeat what we sent. */
function codeName(code: string | null | undefined): string | undefined {
  return code && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}

/** The first code along the chain of causes: `fetch` hides `ECONNRESET` two levels down. */
function findCode(thrown: unknown): string | undefined {
  for (let at = thrown, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    if ("name" in at && at.name === "TimeoutError") return "TimeoutError";
    if ("code" in at && typeof at.code === "string") return at.code;
    at = "cause" in at ? at.cause : undefined;
  }
  return undefined;
}
