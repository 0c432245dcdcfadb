import { CalendarError } from "@calsync/lib";
import { describe, expect, test } from "vitest";
import { type CallSubject, isWorthRepeating, toCalendarError } from "./error-mapper.ts";

const SECRET = "ya29.a-secret-access-token";

/** An error as Google's client throws it: with the answer, and with everything that was sent. */
function thrown(
  status: number,
  domain: string,
  reason: string,
  headers: Record<string, string> = {},
): unknown {
  const error = {
    code: status,
    message: SECRET,
    errors: [{ domain, reason, message: SECRET, location: "x" }],
  };
  return Object.assign(new Error(SECRET), {
    response: { status, data: { error }, headers: new Headers(headers) },
    config: { headers: { authorization: `Bearer ${SECRET}` } },
  });
}

describe("Google's errors", () => {
  test.each<[number, string, string, CallSubject, string, string, boolean]>([
    [400, "calendar", "timeRangeEmpty", "event", "INVALID_REQUEST", "never", false],
    [400, "calendar", "timeRangeTooLong", "account", "INVALID_REQUEST", "never", false],
    [400, "global", "invalid", "event", "INVALID_REQUEST", "never", false],
    [400, "global", "invalid", "changes", "CURSOR_EXPIRED", "after-full-pull", false],
    [400, "global", "required", "event", "INVALID_REQUEST", "never", false],
    [400, "global", "badRequest", "calendar", "INVALID_REQUEST", "never", false],
    [400, "global", "parseError", "event", "INVALID_REQUEST", "never", false],
    [
      400,
      "calendar",
      "pushNotSupportedForRequestedResource",
      "calendar",
      "WATCH_UNSUPPORTED",
      "never",
      false,
    ],
    [400, "global", "push.webhookUrlNotHttps", "calendar", "INVALID_REQUEST", "never", false],
    [401, "global", "authError", "event", "OAUTH_TOKEN_EXPIRED", "later", false],
    [403, "usageLimits", "userRateLimitExceeded", "event", "RATE_LIMIT_EXCEEDED", "later", true],
    [403, "usageLimits", "rateLimitExceeded", "event", "RATE_LIMIT_EXCEEDED", "later", true],
    [429, "usageLimits", "rateLimitExceeded", "event", "RATE_LIMIT_EXCEEDED", "later", true],
    [429, "usageLimits", "somethingNew", "event", "RATE_LIMIT_EXCEEDED", "later", true],
    [403, "usageLimits", "quotaExceeded", "event", "RATE_LIMIT_EXCEEDED", "later", false],
    [403, "usageLimits", "accessNotConfigured", "event", "OAUTH_CLIENT_REFUSED", "later", false],
    [403, "calendar", "forbiddenForNonOrganizer", "event", "PERMISSION_DENIED", "never", false],
    [403, "calendar", "forbiddenForServiceAccounts", "event", "PERMISSION_DENIED", "never", false],
    [403, "calendar", "notACalendarUser", "calendar", "PERMISSION_DENIED", "never", false],
    [403, "global", "forbidden", "event", "PERMISSION_DENIED", "never", false],
    [403, "global", "insufficientPermissions", "account", "PERMISSION_DENIED", "never", false],
    [404, "global", "notFound", "event", "EVENT_NOT_FOUND", "never", false],
    [404, "global", "notFound", "calendar", "CALENDAR_NOT_FOUND", "never", false],
    [404, "global", "notFound", "changes", "CALENDAR_NOT_FOUND", "never", false],
    [409, "global", "duplicate", "calendar", "INVALID_REQUEST", "never", false],
    [409, "global", "conflict", "event", "CALENDAR_API_ERROR", "later", true],
    [410, "calendar", "fullSyncRequired", "changes", "CURSOR_EXPIRED", "after-full-pull", false],
    [410, "calendar", "updatedMinTooLongAgo", "changes", "CURSOR_EXPIRED", "after-full-pull", false],
    [410, "global", "gone", "changes", "CURSOR_EXPIRED", "after-full-pull", false],
    [410, "global", "deleted", "event", "EVENT_NOT_FOUND", "never", false],
    [412, "global", "conditionNotMet", "event", "VERSION_CONFLICT", "now", false],
    [500, "global", "backendError", "event", "CALENDAR_API_ERROR", "later", true],
    [502, "global", "badGateway", "event", "CALENDAR_API_ERROR", "later", true],
    [503, "global", "serviceUnavailable", "event", "CALENDAR_API_ERROR", "later", true],
    [504, "global", "gatewayTimeout", "event", "CALENDAR_API_ERROR", "later", true],
  ])("%i %s/%s about the %s is %s: retry %s", (status, domain, reason, subject, code, retry, repeated) => {
    const error = toCalendarError(thrown(status, domain, reason), subject);
    expect(error).toMatchObject({ code, status, providerReason: reason, advice: { retry } });
    expect(isWorthRepeating(error)).toBe(repeated);
  });

  test("a used-up quota is a matter of hours", () => {
    const error = toCalendarError(thrown(403, "usageLimits", "quotaExceeded"), "event");
    expect(error.advice).toEqual({ retry: "later", afterMs: 3_600_000 });
  });

  test("a wait that is asked for is passed on, and a long one is not slept through here", () => {
    const error = toCalendarError(
      thrown(429, "usageLimits", "rateLimitExceeded", { "retry-after": "30" }),
      "event",
    );
    expect(error.advice).toEqual({ retry: "later", afterMs: 30_000 });
    expect(isWorthRepeating(error)).toBe(false);
  });

  test("an answer that is no envelope counts by its status", () => {
    const page = Object.assign(new Error("x"), {
      response: { status: 502, data: "<html>", headers: new Headers() },
    });
    expect(toCalendarError(page, "event")).toMatchObject({
      code: "CALENDAR_API_ERROR",
      providerReason: undefined,
    });
  });

  test.each(["ECONNRESET", "ENOTFOUND", "TimeoutError", "AbortError"])(
    "no answer (%s) is a network error",
    (code) => {
      const error = toCalendarError(Object.assign(new Error(SECRET), { code }), "event");
      expect(error).toMatchObject({
        code: "NETWORK_ERROR",
        providerReason: code,
        advice: { retry: "later" },
      });
      expect(isWorthRepeating(error)).toBe(true);
    },
  );

  test("the code of a network error is found below what hides it", () => {
    const cause = Object.assign(new Error(SECRET), { code: "ECONNRESET" });
    const hidden = new Error("request failed", { cause: new TypeError("fetch failed", { cause }) });
    expect(toCalendarError(hidden, "event").providerReason).toBe("ECONNRESET");
  });

  test("no text of a request or an answer gets into an error", () => {
    for (const status of [400, 401, 403, 404, 409, 410, 412, 429, 500]) {
      const error = toCalendarError(thrown(status, "global", `reason with ${SECRET}`), "event");
      const everything = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      expect(everything).not.toContain(SECRET);
    }
  });

  test("a CalendarError passes through", () => {
    const error = new CalendarError("CURSOR_EXPIRED", "x");
    expect(toCalendarError(error, "event")).toBe(error);
  });
});
