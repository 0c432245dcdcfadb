import { GraphError } from "@microsoft/microsoft-graph-client";
import { describe, expect, test } from "vitest";
import { type CallSubject, isWorthRepeating, toCalendarError, toNetworkError } from "./error-mapper.ts";

function refused(status: number, code: string, headers: Record<string, string> = {}): GraphError {
  const error = new GraphError(status, "Secret text of ada@example.com");
  error.code = code;
  error.headers = new Headers(headers);
  return error;
}

const map = (status: number, code: string, subject: CallSubject = "event", headers = {}) =>
  toCalendarError(refused(status, code, headers), subject);

describe("Graph's errors", () => {
  test.each<[number, string, CallSubject, string]>([
    [400, "ErrorInvalidRequest", "event", "INVALID_REQUEST"],
    [400, "ErrorInvalidIdMalformed", "event", "EVENT_NOT_FOUND"],
    [400, "ErrorInvalidIdMalformed", "calendar", "CALENDAR_NOT_FOUND"],
    [401, "InvalidAuthenticationToken", "event", "OAUTH_TOKEN_EXPIRED"],
    [403, "ErrorAccessDenied", "event", "PERMISSION_DENIED"],
    [403, "ErrorAccessDenied", "subscription", "WATCH_UNSUPPORTED"],
    [404, "ErrorItemNotFound", "event", "EVENT_NOT_FOUND"],
    [404, "ErrorItemNotFound", "changes", "CALENDAR_NOT_FOUND"],
    [404, "MailboxNotEnabledForRESTAPI", "account", "PERMISSION_DENIED"],
    [409, "ErrorIrresolvableConflict", "event", "VERSION_CONFLICT"],
    [410, "SyncStateNotFound", "changes", "CURSOR_EXPIRED"],
    [410, "syncStateNotFound", "changes", "CURSOR_EXPIRED"],
    [400, "resyncRequired", "changes", "CURSOR_EXPIRED"],
    [410, "UnknownError", "changes", "CURSOR_EXPIRED"],
    [412, "ErrorIrresolvableConflict", "event", "VERSION_CONFLICT"],
    [429, "ApplicationThrottled", "event", "RATE_LIMIT_EXCEEDED"],
    [503, "ServiceUnavailable", "event", "CALENDAR_API_ERROR"],
    [509, "BandwidthLimitExceeded", "event", "RATE_LIMIT_EXCEEDED"],
  ])("%i %s about an %s is %s", (status, code, subject, expected) => {
    expect(map(status, code, subject)).toMatchObject({ code: expected, status });
  });

  test("a pause of a fraction of a second is kept", () => {
    const error = map(429, "ApplicationThrottled", "event", { "retry-after": "2.128" });
    expect(error.advice).toEqual({ retry: "later", afterMs: 2_128 });
    expect(isWorthRepeating(error)).toBe(true);
  });

  test("a long pause is not waited for in the call", () => {
    expect(isWorthRepeating(map(429, "TooManyRequests", "event", { "retry-after": "60" }))).toBe(false);
  });

  test("no text of an answer leaves the adapter", () => {
    const error = map(400, "ErrorInvalidRequest");
    expect(JSON.stringify([error.message, error.providerReason, error.cause])).not.toContain("Secret");
  });

  test("an answer that is not JSON is the service's fault", () => {
    const error = toCalendarError(new GraphError(200, "Unexpected token"), "event");
    expect(error).toMatchObject({ code: "CALENDAR_API_ERROR", status: 502 });
  });

  test("no answer is told apart from a refusal, with the reason far down", () => {
    const reset = new TypeError("fetch failed", {
      cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
    });
    expect(toNetworkError(reset)).toMatchObject({ code: "NETWORK_ERROR", providerReason: "ECONNRESET" });
    expect(toNetworkError(new DOMException("slow", "TimeoutError")).message).toContain(
      "did not answer in time",
    );
  });
});
