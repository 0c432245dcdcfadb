import { expect, test } from "vitest";
import { DOCUMENTED_GRAPH_LIMITS } from "./faults.ts";
import { api, GUEST, HOST, hour, PERSON, refusal, testSandbox } from "./test-support.ts";

test("45. a fifth concurrent request to one mailbox returns 429 with a fractional Retry-After; so does the 10,001st in ten minutes", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  graph.faults.set({ limits: { ...DOCUMENTED_GRAPH_LIMITS, serviceMs: 20 } });
  const { accessToken: token } = graph.issueToken({ email: HOST });
  const read = () => api(sandbox, "GET", "me/calendars", { token });
  const together = await Promise.all([
    read(),
    read(),
    read(),
    read(),
    read(),
    api(sandbox, "GET", "me/calendars", { email: GUEST }),
  ]);
  expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 200]);
  const refused = together[4];
  expect(refused?.body.error.code).toBe("ApplicationThrottled");
  expect(Number(refused?.headers["retry-after"]) % 1).not.toBe(0);

  graph.faults.set({ limits: { ...DOCUMENTED_GRAPH_LIMITS, requestsPerWindow: 8, serviceMs: 0 } });
  const statuses = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await read()).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await api(sandbox, "GET", "me/calendars", { email: GUEST })).status).toBe(200);
  expect(
    (await api(sandbox, "GET", "me/calendars", { token: graph.issuePageToken(HOST).accessToken })).status,
  ).toBe(200);
  graph.advanceTime(DOCUMENTED_GRAPH_LIMITS.windowMs);
  expect((await read()).status).toBe(200);
  expect(DOCUMENTED_GRAPH_LIMITS).toMatchObject({ requestsPerWindow: 10_000, concurrent: 4 });
});

test("46. $batch with 21 items returns 400; throttled items are 429 in a 200; dependents of failures get 424; any order", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const get = (id: string, more: object = {}) => ({ id, method: "GET", url: "/me/calendar", ...more });
  const batch = (requests: object[]) => api(sandbox, "POST", "$batch", { body: { requests } });
  const twenty = Array.from({ length: 20 }, (_, index) => get(`${index}`));
  expect((await batch([...twenty, get("20")])).status).toBe(400);
  expect((await batch([get("1"), get("1")])).status).toBe(400);
  const all = await batch(twenty);
  const order = all.body.responses.map((one: { id: string }) => Number(one.id));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));

  graph.faults.add({ fault: "rateLimit", method: "graph.calendars.get", times: 1, retryAfterSeconds: 2.5 });
  const mixed = await batch([
    get("throttled"),
    get("after", { dependsOn: ["throttled"] }),
    {
      id: "create",
      method: "POST",
      url: "/me/events",
      headers: { "Content-Type": "application/json", Prefer: 'outlook.timezone="Europe/Berlin"' },
      body: { subject: "In a batch", ...hour(3, 9) },
    },
    get("list", { url: "me/events", dependsOn: ["create"] }),
  ]);
  const byId = Object.fromEntries(mixed.body.responses.map((one: { id: string }) => [one.id, one]));
  expect([mixed.status, byId.throttled.status, byId.after.status, byId.create.status]).toEqual([
    200, 429, 424, 201,
  ]);
  expect(byId.throttled.headers["Retry-After"]).toBe("2.5");
  expect(byId.create.body.start.timeZone).toBe("Europe/Berlin");
  expect(byId.list.body.value).toHaveLength(1);
});

test("47. getSchedule returns per-mailbox errors inside a 200, refuses personal accounts and ranges over 62 days", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  graph.putEvent(HOST, "primary", { subject: "Busy", ...hour(3, 9) });
  graph.putEvent(HOST, "primary", { showAs: "oof", ...hour(3, 10) });
  graph.putEvent(GUEST, "primary", { subject: "Theirs", showAs: "tentative", ...hour(3, 9) });
  const ask = (schedules: string[], endDay = "2026-06-03T12:00:00", email = HOST) =>
    api(sandbox, "POST", "me/calendar/getSchedule", {
      email,
      body: {
        schedules,
        startTime: { dateTime: "2026-06-03T08:00:00", timeZone: "UTC" },
        endTime: { dateTime: endDay, timeZone: "UTC" },
        availabilityViewInterval: 60,
      },
    });
  const { status, body } = await ask([HOST, GUEST, "nobody@contoso.example"]);
  expect([status, body.value.map((one: { availabilityView: string }) => one.availabilityView)]).toEqual([
    200,
    ["0230", "0100", ""],
  ]);
  expect(body.value[0].scheduleItems[0]).toMatchObject({
    status: "busy",
    subject: "Busy",
    start: { dateTime: "2026-06-03T09:00:00.0000000", timeZone: "UTC" },
  });
  expect(body.value[1].scheduleItems[0].subject).toBeUndefined();
  expect(body.value[2].error.responseCode).toBe("ErrorMailRecipientNotFound");
  expect((await ask([PERSON], undefined, PERSON)).status).toBe(400);
  expect(refusal(await ask([HOST], "2026-08-05T08:00:00"))).toEqual([400, "ErrorTimeIntervalTooBig"]);
});

test("faults strike by account, method and number, and not the sandbox's own page; calls are counted by method", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const statuses = async (count: number, options: { email?: string; token?: string } = {}) => {
    const seen: number[] = [];
    for (let index = 0; index < count; index += 1)
      seen.push((await api(sandbox, "GET", "me/events", options)).status);
    return seen;
  };
  graph.faults.add({ fault: "serverError", status: 504, account: HOST, method: "graph.events.*", times: 2 });
  expect(await statuses(1, { email: GUEST })).toEqual([200]);
  expect(await statuses(1, { token: graph.issuePageToken(HOST).accessToken })).toEqual([200]);
  expect((await api(sandbox, "GET", "me/calendars")).status).toBe(200);
  expect(await statuses(3)).toEqual([504, 504, 200]);
  graph.faults.add({ fault: "expireAccessToken", times: 1 });
  expect(await statuses(2)).toEqual([401, 200]);
  graph.faults.add({ fault: "dropConnection", times: 1 });
  await expect(api(sandbox, "POST", "me/events", { body: hour(3, 9) })).rejects.toThrow();
  expect(graph.events(HOST)).toEqual([]);
  expect(graph.stats.calls).toMatchObject({ "graph.events.list": 7, "graph.calendars.list": 1 });
  expect(() => graph.faults.add({ fault: "earthquake" as "delay" })).toThrow();
});
