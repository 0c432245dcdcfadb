import { describe, expect, it } from "vitest";
import { requestHeaders, responseHeaders, takesFiles, targetOf } from "./forward.ts";

const api = "http://127.0.0.1:3001";

describe("where requests lead", () => {
  it("is the API's public routes, with the query as it came", () => {
    expect(targetOf("http://localhost:3000/api/v1/slots?from=a%20b&to=c%2Bd", api)).toBe(
      `${api}/v1/slots?from=a%20b&to=c%2Bd`,
    );
    expect(targetOf("http://localhost:3000/api/v1/oauth/googlecalendar/callback?code=1", api)).toBe(
      `${api}/v1/oauth/googlecalendar/callback?code=1`,
    );
  });

  it.each([
    "/api/metrics",
    "/api/api/cron/calendar-sync",
    "/api/v1/../metrics",
    "/api/%2e%2e/metrics",
    "/api/v1",
    "/api",
  ])("is nowhere for %s", (path) => {
    expect(targetOf(`http://localhost:3000${path}`, api)).toBeNull();
  });
});

it("files go to the imports and nowhere else", () => {
  expect(takesFiles(`${api}/v1/imports?fileName=a.ics`)).toBe(true);
  expect(takesFiles(`${api}/v1/imports/1/apply`)).toBe(false);
  expect(takesFiles(`${api}/v1/bookings`)).toBe(false);
});

describe("headers on the way to the API", () => {
  it("keep who asks and from where, and leave out what belongs to one connection", () => {
    const headers = requestHeaders(
      new Headers({
        cookie: "calsync_session=x",
        origin: "http://localhost:3000",
        host: "localhost:3000",
        connection: "keep-alive",
        "content-length": "2",
        "accept-encoding": "gzip",
        "x-forwarded-for": "203.0.113.7",
      }),
    );
    expect(Object.fromEntries(headers)).toEqual({
      cookie: "calsync_session=x",
      origin: "http://localhost:3000",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-host": "localhost:3000",
    });
  });
});

describe("headers on the way back", () => {
  it("keep every cookie apart, although their dates hold commas", () => {
    const answer = new Headers({ "content-encoding": "gzip", "content-type": "application/json" });
    answer.append("set-cookie", "a=1; Expires=Mon, 21 Dec 2026 05:01:20 GMT");
    answer.append("set-cookie", "b=2; Path=/");
    const headers = responseHeaders(answer);
    expect(headers.getSetCookie()).toEqual(["a=1; Expires=Mon, 21 Dec 2026 05:01:20 GMT", "b=2; Path=/"]);
    expect(headers.has("content-encoding")).toBe(false);
    expect(headers.get("content-type")).toBe("application/json");
  });
});
