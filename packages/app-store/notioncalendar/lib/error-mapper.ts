import { CalendarError } from "@calsync/lib";
import type { CalendarErrorCode, RetryAdvice } from "@calsync/types";
import { isHTTPResponseError, RequestTimeoutError } from "@notionhq/client";
import { readRetryAfter } from "../../common/retry-after.ts";

/** What a call is about: what it means when Notion does not find it. */
export type CallSubject = "account" | "calendar" | "event" | "place";

const HOUR_MS = 3_600_000;

/** Whatever a call of Notion's client throws, as a CalendarError. Codes are matched, texts never: they change without notice. */
export function toCalendarError(thrown: unknown, subject: CallSubject): CalendarError {
  if (thrown instanceof CalendarError) return thrown;
  if (!isHTTPResponseError(thrown)) return toNetworkError(thrown);
  const { status, additional_data: data } = thrown;
  // The client gives codes that it does not know the same name; the status tells these apart.
  const reason = nameOf(thrown.code, thrown.body);
  const limit = textOf(data?.["rate_limit_reason"]);
  const waitMs = pauseMs(thrown.headers, textOf(data?.["retry_after"]));
  const options = { status, providerReason: limit ?? reason };
  const error = (code: CalendarErrorCode, message: string, advice?: RetryAdvice) =>
    new CalendarError(code, `Notion: ${message}`, { ...options, ...(advice ? { advice } : {}) });

  // Restricted by Notion itself: no wait that it names helps.
  if (limit === "public_api_request_blocked")
    return error("RATE_LIMIT_EXCEEDED", "calls of this connection are blocked", {
      retry: "later",
      afterMs: HOUR_MS,
    });
  switch (status) {
    case 401:
      return error("OAUTH_TOKEN_EXPIRED", "the access token was refused");
    case 403:
      return error("PERMISSION_DENIED", "the connection lacks a capability for that");
    case 404:
      return notFound(subject, error);
    case 409:
      return error("CALENDAR_API_ERROR", "another write was under way", { retry: "later", afterMs: null });
    case 429:
      return error("RATE_LIMIT_EXCEEDED", "too many calls; slow down", { retry: "later", afterMs: waitMs });
    case 529:
      return error("CALENDAR_API_ERROR", "the service is overloaded", { retry: "later", afterMs: waitMs });
  }
  if (status >= 500) return error("CALENDAR_API_ERROR", `the service failed (${status})`);
  return error("INVALID_REQUEST", `the request was refused (${reason})`);
}

function notFound(
  subject: CallSubject,
  error: (code: CalendarErrorCode, message: string) => CalendarError,
): CalendarError {
  if (subject === "event")
    return error("EVENT_NOT_FOUND", "there is no such page, or it is not shared with calsync");
  return error("CALENDAR_NOT_FOUND", "there is no such database, or it is not shared with calsync");
}

/** The page that a creation made although it answered 503. */
export function committedResource(thrown: unknown): string | null {
  if (!isHTTPResponseError(thrown)) return null;
  return textOf(thrown.additional_data?.["committed_resource_id"]) ?? null;
}

/** Whether the same call is worth one more try within the second. Longer waits are for whoever called the adapter. */
export function isWorthRepeating(error: CalendarError): boolean {
  if (error.advice.retry === "later" && (error.advice.afterMs ?? 0) > 2_000) return false;
  if (error.code === "NETWORK_ERROR" || error.code === "RATE_LIMIT_EXCEEDED") return true;
  return error.code === "CALENDAR_API_ERROR" && ((error.status ?? 0) === 409 || (error.status ?? 0) >= 500);
}

/** Whether a write may have taken effect all the same. */
export function isUncertain(error: CalendarError): boolean {
  return (
    error.code === "NETWORK_ERROR" || (error.code === "CALENDAR_API_ERROR" && (error.status ?? 0) >= 500)
  );
}

function nameOf(code: string, body: string): string {
  if (!code.startsWith("notionhq_client")) return code;
  try {
    const named = (JSON.parse(body) as { code?: unknown }).code;
    if (typeof named === "string" && /^[\w.-]{1,64}$/.test(named)) return named;
  } catch {
    // A gateway's page is not JSON.
  }
  return "unreadable_answer";
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The pause that an answer asks for, in its header or repeated in its body; null when it asks for none. */
function pauseMs(headers: unknown, repeated: string | undefined): number | null {
  const header = headers instanceof Headers ? headers.get("retry-after") : null;
  return readRetryAfter(header ?? repeated) ?? null;
}

function toNetworkError(thrown: unknown): CalendarError {
  const how = RequestTimeoutError.isRequestTimeoutError(thrown)
    ? "did not answer in time"
    : "could not be reached";
  return new CalendarError("NETWORK_ERROR", `Notion ${how}`);
}
