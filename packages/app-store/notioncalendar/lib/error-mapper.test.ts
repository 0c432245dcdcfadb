import { APIErrorCode, APIResponseError, UnknownHTTPResponseError } from "@notionhq/client";
import { expect, test } from "vitest";
import {
  type CallSubject,
  committedResource,
  isUncertain,
  isWorthRepeating,
  toCalendarError,
} from "./error-mapper.ts";

const SECRET = "ntn_a-secret-access-token";

/** An error as Notion's client throws it. */
function thrown(
  status: number,
  code: string,
  data: Record<string, string | string[]> = {},
  headers: Record<string, string> = {},
): unknown {
  // What it does not know, such as a gateway's answer, it throws as another kind.
  const known = Object.values(APIErrorCode).includes(code as APIErrorCode);
  if (!known)
    return new UnknownHTTPResponseError({
      status,
      message: SECRET,
      headers: new Headers(headers),
      rawBodyText: "<html>",
    });
  return new APIResponseError({
    code: code as APIErrorCode,
    status,
    message: SECRET,
    headers: new Headers(headers),
    rawBodyText: JSON.stringify({ code }),
    additional_data: data,
    request_id: "r",
  });
}

test.each<[number, string, CallSubject, string, repeated: boolean, uncertain: boolean]>([
  [400, "validation_error", "event", "INVALID_REQUEST", false, false],
  [401, "unauthorized", "account", "OAUTH_TOKEN_EXPIRED", false, false],
  [403, "restricted_resource", "calendar", "PERMISSION_DENIED", false, false],
  [404, "object_not_found", "event", "EVENT_NOT_FOUND", false, false],
  [404, "object_not_found", "calendar", "CALENDAR_NOT_FOUND", false, false],
  [409, "conflict_error", "event", "CALENDAR_API_ERROR", true, false],
  [429, "rate_limited", "event", "RATE_LIMIT_EXCEEDED", true, false],
  [500, "internal_server_error", "event", "CALENDAR_API_ERROR", true, true],
  [502, "bad_gateway", "event", "CALENDAR_API_ERROR", true, true],
  [503, "service_unavailable", "event", "CALENDAR_API_ERROR", true, true],
])("%i %s of a %s is %s", (status, code, subject, expected, repeated, uncertain) => {
  const error = toCalendarError(thrown(status, code), subject);
  expect([error.code, isWorthRepeating(error), isUncertain(error)]).toEqual([expected, repeated, uncertain]);
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(SECRET);
});

test.each([
  ["the header", {}, { "retry-after": "30" }],
  ["the body", { retry_after: "30" }, {}],
])(
  "a limit waits as long as %s says, and so does an overload; a long wait is nobody's to sit out",
  (_, data, headers) => {
    for (const status of [429, 529]) {
      const error = toCalendarError(thrown(status, "rate_limited", data, headers), "event");
      expect(error.advice).toEqual({ retry: "later", afterMs: 30_000 });
      expect(isWorthRepeating(error)).toBe(false);
    }
  },
);

test("a connection that Notion has blocked is left alone for an hour, whatever wait is named", () => {
  const data = { rate_limit_reason: "public_api_request_blocked", retry_after: "1" };
  const error = toCalendarError(thrown(429, "rate_limited", data), "event");
  expect(error.advice).toEqual({ retry: "later", afterMs: 3_600_000 });
});

test("a write that was saved and answered 503 says which page it made", () => {
  const saved = thrown(503, "service_unavailable", {
    committed_resource_id: "page-1",
    retry_guidance: ["read back"],
  });
  expect(committedResource(saved)).toBe("page-1");
  expect(committedResource(new Error("else"))).toBeNull();
});
