import { CalendarError, OutboundFailedError, OutboundRefusedError } from "@calsync/lib";
import type { CalendarErrorCode } from "@calsync/types";
import { readRetryAfter } from "../../common/retry-after.ts";

/** What a request was about, which decides what a 404 means. */
export type RequestSubject = "calendar" | "object" | "account";

/** An answer that is no success. */
export interface FailedAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** The body, in which a precondition may be named (RFC 4918 §16). */
  text: string;
}

/** Names of DAV and CalDAV preconditions (RFC 4791 §5.3.2.1, RFC 6638 §3.2.4) that decide what an answer means. */
const PRECONDITIONS = [
  "valid-sync-token",
  "number-of-matches-within-limits",
  "no-uid-conflict",
  "unique-scheduling-object-resource",
  "same-organizer-in-all-components",
  "allowed-organizer-scheduling-object-change",
  "allowed-attendee-scheduling-object-change",
  "need-privileges",
  "supported-calendar-data",
  "valid-calendar-data",
  "valid-calendar-object-resource",
  "supported-calendar-component",
  "max-resource-size",
  "min-date-time",
  "max-date-time",
  "max-instances",
  "max-attendees-per-instance",
  "quota-not-exceeded",
] as const;

/** A precondition whose name tells what went wrong. */
export type Precondition = (typeof PRECONDITIONS)[number];

/** The precondition that an error body names; null when it names none that we know. */
export function preconditionOf(text: string): Precondition | null {
  return PRECONDITIONS.find((name) => new RegExp(`<(?:[\\w-]+:)?${name}[\\s/>]`).test(text)) ?? null;
}

/** An answer that is no success, as our error. Quotes nothing of the body but the name of a known precondition. */
export function toCalendarError(answer: FailedAnswer, subject: RequestSubject): CalendarError {
  const precondition = preconditionOf(answer.text);
  const { code, message } = explain(answer.status, subject, precondition);
  const afterMs = readRetryAfter(answer.headers["retry-after"]);
  return new CalendarError(code, `CalDAV: ${message}`, {
    status: answer.status,
    providerReason: precondition ?? undefined,
    ...(afterMs === undefined ? {} : { advice: { retry: "later", afterMs } as const }),
  });
}

function explain(
  status: number,
  subject: RequestSubject,
  precondition: Precondition | null,
): { code: CalendarErrorCode; message: string } {
  if (precondition === "valid-sync-token")
    return { code: "CURSOR_EXPIRED", message: "the sync token is refused" };
  if (precondition === "need-privileges")
    return { code: "PERMISSION_DENIED", message: "this calendar may only be read" };
  if (precondition !== null && status < 500) {
    return { code: "INVALID_REQUEST", message: `the server refuses the event (${precondition})` };
  }
  switch (status) {
    case 401:
      return {
        code: "CREDENTIAL_INVALID",
        message: "user name or password is refused; connect again with an app password",
      };
    case 403:
      return { code: "PERMISSION_DENIED", message: "this account may not do that" };
    case 404:
    case 410:
      return subject === "object"
        ? { code: "EVENT_NOT_FOUND", message: "there is no such event" }
        : { code: "CALENDAR_NOT_FOUND", message: "there is no such calendar, or this account cannot see it" };
    case 412:
      return { code: "VERSION_CONFLICT", message: "the event has changed since the given version" };
    case 413:
    case 415:
      return { code: "INVALID_REQUEST", message: "the server refuses the event's size or type" };
    case 423:
      return { code: "CALENDAR_API_ERROR", message: "the event is locked by another program" };
    case 429:
      return { code: "RATE_LIMIT_EXCEEDED", message: "too many requests; slow down" };
    case 507:
      return { code: "PERMISSION_DENIED", message: "the account has no room left on its server" };
  }
  if (status >= 500) return { code: "CALENDAR_API_ERROR", message: `the server failed (${status})` };
  return { code: "INVALID_REQUEST", message: `the request was refused (${status})` };
}

/** A request that got no answer, as our error. */
export function toNetworkError(thrown: unknown): CalendarError {
  if (thrown instanceof CalendarError) return thrown;
  if (thrown instanceof OutboundRefusedError && thrown.code !== "unknown-host") {
    return new CalendarError("PERMISSION_DENIED", `CalDAV: ${thrown.message}`, {
      providerReason: thrown.code,
    });
  }
  const known =
    thrown instanceof OutboundFailedError || thrown instanceof OutboundRefusedError ? thrown : null;
  return new CalendarError(
    "NETWORK_ERROR",
    `CalDAV: ${known?.message ?? "the server could not be reached"}`,
    {
      providerReason: known?.code,
    },
  );
}
