import { expect, test } from "vitest";
import type { Sandbox } from "../server.ts";
import { api, client, GUEST, HOST, hour, refusal, testSandbox } from "./test-support.ts";

const EVENTS = "calendars/primary/events";
const QUOTA = {
  unitsPerUserPerMinute: 10,
  unitsPerProjectPerMinute: 1000,
  writesPerCalendar: 1000,
  writesPerCalendarWindowMs: 5_000,
};

interface Part {
  request: string;
  headers?: string[];
  body?: unknown;
}

async function batch(sandbox: Sandbox, parts: Part[]) {
  const { accessToken } = sandbox.google.issueToken({ email: HOST });
  const text = parts
    .map(({ request, headers = [], body }, index) =>
      [
        "--edge",
        "Content-Type: application/http",
        `Content-ID: <part-${index}>`,
        "",
        request,
        ...headers,
        ...(body ? ["Content-Type: application/json", "", JSON.stringify(body)] : ["", ""]),
      ].join("\r\n"),
    )
    .join("\r\n");
  const response = await fetch(`${sandbox.url}/batch/calendar/v3`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "multipart/mixed; boundary=edge" },
    body: `${text}\r\n--edge--`,
  });
  const boundary = /boundary=(.+)$/.exec(response.headers.get("content-type") ?? "")?.[1];
  return (await response.text())
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((section) => ({
      id: /Content-ID: (\S+)/.exec(section)?.[1],
      status: Number(/HTTP\/1\.1 (\d+)/.exec(section)?.[1]),
      body: JSON.parse(/\{.*\}/s.exec(section)?.[0] ?? "null"),
    }));
}

test("31. PATCH consumes three units of the quota, other calls one, batch parts what they cost alone", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  sandbox.google.faults.set({ quota: QUOTA });
  const get = () => api(sandbox, "GET", `${EVENTS}/${event.id}`);
  const patch = () => api(sandbox, "PATCH", `${EVENTS}/${event.id}`, { body: { summary: "x" } });

  // 3 + 3 + 3 + 1 = 10 units.
  expect([await patch(), await patch(), await patch(), await get()].map(({ status }) => status)).toEqual([
    200, 200, 200, 200,
  ]);
  expect((await get()).status).toBeGreaterThan(400);

  sandbox.google.advanceTime(60_000);
  const read = { request: `GET /calendar/v3/${EVENTS}/${event.id} HTTP/1.1` };
  const parts = await batch(
    sandbox,
    Array.from({ length: 11 }, () => read),
  );
  expect(parts.filter(({ status }) => status === 200)).toHaveLength(10);
});

test("32. over quota answers 403 and 429 (both) with rateLimitExceeded and no Retry-After; a burst of writes to one calendar is limited too", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.set({ quota: { ...QUOTA, unitsPerUserPerMinute: 1 } });
  const list = () => api(sandbox, "GET", EVENTS);
  expect((await list()).status).toBe(200);
  const refused = [await list(), await list()];
  expect(refused.map(refusal)).toEqual([
    [403, "usageLimits", "rateLimitExceeded"],
    [429, "usageLimits", "rateLimitExceeded"],
  ]);
  expect(refused[1]?.headers.get("retry-after")).toBeNull();
  // Another user of the same project has a quota of his own.
  expect((await api(sandbox, "GET", EVENTS, { email: GUEST })).status).toBe(200);

  sandbox.google.faults.set({ quota: { ...QUOTA, unitsPerUserPerMinute: 600, writesPerCalendar: 3 } });
  sandbox.google.advanceTime(60_000);
  const burst: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    burst.push((await api(sandbox, "POST", EVENTS, { body: hour(2, count) })).status);
  }
  expect(burst.slice(0, 3)).toEqual([200, 200, 200]);
  expect([403, 429]).toContain(burst[3]);
  expect((await list()).status).toBe(200);
});

test("33. batch answers keep the request order though execution is shuffled; conflicting parts answer 409 conflict", async () => {
  const sandbox = await testSandbox();
  const inserts = Array.from({ length: 12 }, (_, index) => ({
    request: `POST /calendar/v3/${EVENTS} HTTP/1.1`,
    body: { summary: `part ${index}`, ...hour(2, index) },
  }));
  const answers = await batch(sandbox, inserts);
  expect(answers.map(({ id, status, body }) => [id, status, body.summary])).toEqual(
    inserts.map(({ body }, index) => [`<response-part-${index}>`, 200, body.summary]),
  );
  const executed = sandbox.google.events(HOST).map(({ summary }) => summary);
  expect(executed).not.toEqual(inserts.map(({ body }) => body.summary));
  expect([...executed].sort()).toEqual(inserts.map(({ body }) => body.summary).sort());

  const path = `/calendar/v3/${EVENTS}/${answers[0]?.body.id}`;
  const conflicting = await batch(sandbox, [
    { request: `PATCH ${path} HTTP/1.1`, body: { summary: "one" } },
    { request: `PATCH ${path} HTTP/1.1`, body: { summary: "two" } },
    { request: `GET ${path}?fields=id HTTP/1.1` },
    { request: `DELETE ${path} HTTP/1.1`, headers: ['If-Match: "stale"'] },
  ]);
  const conflicts = conflicting.filter(({ status }) => status === 409);
  expect(conflicts).toHaveLength(2);
  expect(conflicts[0]?.body.error.errors[0].reason).toBe("conflict");
  expect(conflicting[2]).toMatchObject({ status: 200, body: { id: answers[0]?.body.id } });
});

test("44. freeBusy gives per-calendar errors inside a 200 and half-open intervals in UTC; transparent and declined events leave time free", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  google.putEvent(HOST, "primary", hour(2, 9));
  google.putEvent(HOST, "primary", hour(2, 10));
  google.putEvent(HOST, "primary", { transparency: "transparent", ...hour(2, 12) });
  google.putEvent(HOST, "primary", { start: { date: "2026-06-04" }, end: { date: "2026-06-05" } });
  const invited = google.putEvent(GUEST, "primary", { attendees: [{ email: HOST }], ...hour(2, 14) });
  google.patchEvent(HOST, "primary", invited.id as string, {
    attendees: [{ email: HOST, responseStatus: "declined" }],
  });

  const { data } = await client(sandbox).freebusy.query({
    requestBody: {
      timeMin: "2026-06-02T00:00:00Z",
      timeMax: "2026-06-05T00:00:00Z",
      items: [{ id: HOST }, { id: "nobody@example.com" }],
    },
  });

  expect(data.calendars).toEqual({
    [HOST]: {
      busy: [
        { start: "2026-06-02T09:00:00Z", end: "2026-06-02T11:00:00Z" },
        // All day in the calendar's zone, Berlin.
        { start: "2026-06-03T22:00:00Z", end: "2026-06-04T22:00:00Z" },
      ],
    },
    "nobody@example.com": { errors: [{ domain: "global", reason: "notFound" }], busy: [] },
  });
  const tooLong = { timeMin: "2026-06-01T00:00:00Z", timeMax: "2026-12-01T00:00:00Z", items: [] };
  expect(refusal(await api(sandbox, "POST", "freeBusy", { body: tooLong }))).toEqual([
    400,
    "calendar",
    "timeRangeTooLong",
  ]);
  // Plain calendar.events is not enough for this method.
  const { accessToken: token } = google.issueToken({
    email: HOST,
    scopes: ["https://www.googleapis.com/auth/calendar.events"],
  });
  expect((await api(sandbox, "POST", "freeBusy", { token, body: { ...tooLong } })).status).toBe(403);
});
