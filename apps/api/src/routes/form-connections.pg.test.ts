import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runJobsUntilEmpty } from "@calsync/jobs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const FEED = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//test//EN",
  "X-WR-CALNAME:Shift plan",
  "BEGIN:VEVENT",
  "UID:late-shift",
  "DTSTAMP:20270101T000000Z",
  `DTSTART:${day.replaceAll("-", "")}T140000Z`,
  `DTEND:${day.replaceAll("-", "")}T220000Z`,
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

let world: ApiWorld;
let feeds: Server;
let host: SignedIn;
let feedUrl: string;
/** What stands at the feed's address in its place; null while it is the feed. */
let instead: { status: number; type: string; body: string } | null = null;

beforeAll(async () => {
  feeds = createServer((request, response) => {
    const feed = request.url?.startsWith("/secret-") ?? false;
    if (instead) {
      response.writeHead(instead.status, { "content-type": instead.type }).end(instead.body);
      return;
    }
    response
      .writeHead(feed ? 200 : 404, { "content-type": "text/calendar" })
      .end(feed ? FEED : "<html>nothing here</html>");
  });
  await new Promise<void>((resolve) => feeds.listen(0, "127.0.0.1", resolve));
  feedUrl = `http://127.0.0.1:${(feeds.address() as AddressInfo).port}`;
  world = await createApiWorld({ OUTBOUND_ALLOW: "127.0.0.1" });
  host = await world.signUp("fran");
});
afterAll(async () => {
  await world.close();
  await new Promise((resolve) => feeds.close(resolve));
});

test("a feed is added by its address, and its calendar makes its host busy", async () => {
  const { providers } = (await host.get("/v1/providers")).json();
  const feed = providers.find(({ slug }: { slug: string }) => slug === "ics-feedcalendar");
  expect(feed).toMatchObject({ auth: "url", configured: true, form: { fields: [{ name: "url" }] } });

  const url = `${feedUrl}/secret-4711.ics`;
  const answer = await host.send("POST", "/v1/connections/ics-feedcalendar/form", { url });
  expect(answer.statusCode).toBe(201);
  const { connectionId } = answer.json();
  const { connections } = (await host.get("/v1/connections")).json();
  expect(connections).toMatchObject([{ id: connectionId, accountName: "Shift plan", accountEmail: null }]);
  const { calendars } = (await host.get(`/v1/connections/${connectionId}/calendars`)).json();
  expect(calendars).toMatchObject([{ id: "feed", name: "Shift plan", writable: false }]);
  const chosen = await host.send("PUT", `/v1/connections/${connectionId}/selected`, {
    calendarIds: ["feed"],
  });
  expect(chosen.statusCode).toBe(200);
  // Whoever knows the address can read the feed: it is a secret like a password.
  const row = await world.database.prisma.credential.findUniqueOrThrow({ where: { id: connectionId } });
  for (const text of [world.logged(), JSON.stringify(row), (await host.get("/v1/connections")).body]) {
    expect(text).not.toContain("secret-4711");
  }

  const moved = await host.send("PUT", `/v1/connections/${connectionId}/form`, {
    url: `${feedUrl}/secret-4712.ics`,
  });
  expect(moved.statusCode).toBe(204);
  expect((await host.get("/v1/connections")).json().connections).toHaveLength(1);
});

test("a feed that turns into a page, breaks off or fails keeps what it said last, and says that it cannot be read", async () => {
  const { calendars } = (await host.get("/v1/sync/status")).json();
  const [{ id }] = calendars;
  const statusAfterPull = async () => {
    await host.send("POST", `/v1/sync/calendars/${id}/pull`);
    await runJobsUntilEmpty(world.database.prisma, world.container.sync.jobs, {});
    return (await host.get("/v1/sync/status")).json().calendars[0];
  };
  const busy = async () => {
    const range = { start: new Date(`${day}T00:00:00Z`), end: new Date(`${day}T23:59:00Z`) };
    return (await world.container.sync.busyIntervals(host.userId, range)).intervals.length;
  };
  expect(await statusAfterPull()).toMatchObject({ lastError: null });
  expect(await busy()).toBe(1);
  const calendar = "text/calendar";
  for (const [status, type, body, lastError] of [
    [200, "text/html", "<!doctype html><title>Please sign in</title>", "INVALID_ICS_FORMAT"],
    [200, calendar, FEED.slice(0, -20), "INVALID_ICS_FORMAT"],
    [200, calendar, "", "INVALID_ICS_FORMAT"],
    [500, calendar, FEED, "CALENDAR_API_ERROR"],
  ] as const) {
    instead = { status, type, body };
    // Twice: what is missing from two good fetches would have gone.
    await statusAfterPull();
    expect(await statusAfterPull(), body).toMatchObject({ lastError });
    expect(await busy(), body).toBe(1);
  }
  instead = null;
  expect(await statusAfterPull()).toMatchObject({ lastError: null });
  expect(await busy()).toBe(1);
});

test("each thing that can be wrong has its code, the field that it is about, and what to do", async () => {
  const attempts: [provider: string, values: object, code: string, field: string][] = [
    ["ics-feedcalendar", {}, "field_invalid", "url"],
    ["ics-feedcalendar", { url: "not an address" }, "field_invalid", "url"],
    ["ics-feedcalendar", { url: `${feedUrl}/nothing.ics` }, "address_not_a_calendar", "url"],
    ["ics-feedcalendar", { url: "https://10.0.0.1/feed.ics" }, "address_not_allowed", "url"],
    ["ics-feedcalendar", { url: "http://calendar.example/feed.ics" }, "address_unreachable", "url"],
    ["ics-feedcalendar", { url: "https://nowhere.invalid/feed.ics" }, "address_unreachable", "url"],
    [
      "caldavcalendar",
      { serverUrl: "https://169.254.169.254/", username: "x", password: "y" },
      "address_not_allowed",
      "serverUrl",
    ],
    [
      "caldavcalendar",
      { serverUrl: feedUrl, username: "x", password: "y" },
      "address_not_a_calendar",
      "serverUrl",
    ],
    ["caldavcalendar", { serverUrl: feedUrl, username: "x" }, "field_invalid", "password"],
  ];
  for (const [provider, values, code, field] of attempts) {
    const answer = await host.send("POST", `/v1/connections/${provider}/form`, values);
    expect(answer.statusCode, answer.body).toBe(400);
    const problem = answer.json();
    expect(problem, answer.body).toMatchObject({ code, errors: [{ path: field }] });
    expect(problem.detail).toMatch(/[.!?]$/);
  }
  expect((await host.send("POST", "/v1/connections/googlecalendar/form", {})).json()).toMatchObject({
    code: "provider_without_form",
  });
});

test("attempts are limited, user by user", async () => {
  const eager = await world.signUp("eager");
  const codes: string[] = [];
  for (let attempt = 0; attempt < 21; attempt++) {
    codes.push((await eager.send("POST", "/v1/connections/ics-feedcalendar/form", {})).json().code);
  }
  expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "field_invalid"));
  expect(codes.at(-1)).toBe("too_many_attempts");
  expect((await host.send("POST", "/v1/connections/ics-feedcalendar/form", {})).json().code).toBe(
    "field_invalid",
  );
});
