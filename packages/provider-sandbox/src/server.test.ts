import { mkdtemp, readFile, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { api, client, GUEST, HOST, hour, testSandbox } from "./google/test-support.ts";
import { startSandbox } from "./server.ts";

const EVENTS = "calendars/primary/events";

test("a lost answer: the write happened, the connection broke", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.add({ fault: "loseAnswer", method: "calendar.events.insert", times: 1 });
  const insert = () => api(sandbox, "POST", EVENTS, { body: { id: "once1", ...hour(2, 9) } });

  await expect(insert()).rejects.toThrow();
  expect(sandbox.google.events(HOST)).toHaveLength(1);
  expect((await insert()).status).toBe(409);
});

test("a dropped connection: nothing happened", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.add({ fault: "dropConnection", calendarId: HOST, times: 1 });
  await expect(api(sandbox, "POST", EVENTS, { body: hour(2, 9) })).rejects.toThrow();
  expect(sandbox.google.events(HOST)).toEqual([]);
});

test("faults strike by account, calendar, method, number and probability, and not the sandbox's own page", async () => {
  const sandbox = await testSandbox();
  const { faults } = sandbox.google;
  const statuses = async (count: number, options: { email?: string; token?: string } = {}) => {
    const seen: number[] = [];
    for (let index = 0; index < count; index += 1)
      seen.push((await api(sandbox, "GET", EVENTS, options)).status);
    return seen;
  };

  faults.add({ fault: "serverError", status: 502, account: HOST, method: "calendar.events.*", times: 2 });
  const page = sandbox.google.issuePageToken(HOST).accessToken;
  expect(await statuses(1, { token: page })).toEqual([200]);
  expect(await statuses(1, { email: GUEST })).toEqual([200]);
  expect((await api(sandbox, "GET", "users/me/calendarList")).status).toBe(200);
  expect(await statuses(3)).toEqual([502, 502, 200]);

  faults.add({ fault: "quotaExceeded", times: 1 });
  faults.add({ fault: "rateLimit", status: 429, times: 1 });
  expect(await statuses(3)).toEqual([429, 403, 200]);

  faults.add({ id: "often", fault: "serverError", probability: 0.5 });
  faults.seed(7);
  const first = await statuses(20);
  faults.seed(7);
  expect(await statuses(20)).toEqual(first);
  expect(new Set(first)).toEqual(new Set([200, 503]));
  expect(faults.remove("often")).toBe(true);

  faults.add({ fault: "expireAccessToken", times: 1 });
  expect(await statuses(2)).toEqual([401, 200]);
  faults.add({ fault: "delay", delayMs: 50, times: 1 });
  const startedAt = Date.now();
  await statuses(1);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(45);
});

test("calls are counted by method name", async () => {
  const sandbox = await testSandbox();
  await client(sandbox).events.list({ calendarId: "primary" });
  await client(sandbox).events.list({ calendarId: "primary" });
  await client(sandbox).calendarList.list();
  expect(sandbox.google.stats.calls).toEqual({ "calendar.events.list": 2, "calendar.calendarList.list": 1 });
});

test("the page's API lists accounts, opens sessions, reads and sets faults, and resets", async () => {
  const sandbox = await testSandbox();
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.url}/sandbox/api/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };

  const { accounts } = (await call("GET", "accounts")).body;
  expect(accounts[0]).toMatchObject({ email: HOST, calendars: [{ id: HOST, primary: true }] });
  const session = (await call("POST", "session", { email: HOST })).body;
  expect((await api(sandbox, "POST", EVENTS, { token: session.access_token, body: hour(2, 9) })).status).toBe(
    200,
  );
  expect((await call("POST", "session", { email: "nobody@example.com" })).status).toBe(404);

  const rule = { fault: "serverError", times: 1 };
  expect((await call("PUT", "faults", { rules: [rule], behaviours: { secondDelete: 403 } })).status).toBe(
    200,
  );
  const faults = (await call("GET", "faults")).body;
  expect(faults.rules).toEqual([{ id: "fault-1", ...rule }]);
  expect(faults.behaviours.secondDelete).toBe(403);
  const refused = await call("PUT", "faults", { rules: [{ fault: "earthquake" }] });
  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toContain("fault");

  expect((await call("POST", "reset")).status).toBe(204);
  expect((await call("GET", "accounts")).body.accounts).toEqual([]);
});

test("the stream of changes tells of each change to a calendar at once", async () => {
  const sandbox = await testSandbox();
  const abort = new AbortController();
  const response = await fetch(`${sandbox.url}/sandbox/api/changes?calendar=${HOST}`, {
    signal: abort.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toContain("retry");

  sandbox.google.putEvent(GUEST, "primary", hour(2, 9));
  sandbox.google.putEvent(HOST, "primary", hour(2, 9));

  const { value } = (await reader?.read()) ?? {};
  expect(value).toBe(`event: change\ndata: {"resource":"events","calendarId":"${HOST}","seq":1}\n\n`);
  abort.abort();
});

test("the state survives a restart: events, sync tokens, channels' ids, tokens and consents", async () => {
  const folder = await mkdtemp(join(tmpdir(), "calsync-sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const statePath = join(folder, "deep", "state.json");
  const first = await startSandbox({ statePath });
  first.google.createAccount({ email: HOST });
  const issued = first.google.issueToken({ email: HOST });
  const event = first.google.putEvent(HOST, "primary", { summary: "Kept", ...hour(2, 9) });
  const { nextSyncToken } = (await api(first, "GET", EVENTS, { token: issued.accessToken })).body;
  await first.close();

  const second = await startSandbox({ statePath });
  onTestFinished(() => second.close());
  expect(second.google.event(HOST, "primary", event.id as string).etag).toBe(event.etag);
  const later = second.google.putEvent(HOST, "primary", { summary: "New", ...hour(3, 9) });
  expect(later.id).not.toBe(event.id);
  const path = `${EVENTS}?syncToken=${nextSyncToken}`;
  const round = await api(second, "GET", path, { token: issued.accessToken });
  expect(round.body.items.map((item: { summary: string }) => item.summary)).toEqual(["New"]);
  expect(JSON.parse(await readFile(statePath, "utf8")).google.version).toBe(1);
});

test("in production it refuses to start unless told otherwise", async () => {
  await expect(startSandbox({ production: true })).rejects.toThrow(/does not start in production/);
  const sandbox = await startSandbox({ production: true, allowProduction: true });
  await sandbox.close();
});

test("the demo seed gives a host with calendars and events, also after a reset", async () => {
  const sandbox = await startSandbox({ seed: "demo" });
  onTestFinished(() => sandbox.close());
  await fetch(`${sandbox.url}/sandbox/api/reset`, { method: "POST" });
  expect(sandbox.google.accounts().map(({ email }) => email)).toEqual([
    "host@example.com",
    "colleague@example.com",
  ]);
  expect(sandbox.google.events("host@example.com").map(({ summary }) => summary)).toContain("Team stand-up");
});

test("a calendar of 5,000 events lists in pages of 250 and is written without slowness", async () => {
  const sandbox = await testSandbox();
  for (let index = 0; index < 5_000; index += 1) {
    sandbox.google.putEvent(HOST, "primary", {
      summary: `Event ${index}`,
      ...hour(1 + (index % 28), index % 23),
    });
  }
  const { accessToken: token } = sandbox.google.issueToken({ email: HOST });
  const durations: number[] = [];
  let pageToken = "";
  let count = 0;
  do {
    const startedAt = performance.now();
    const { body } = await api(sandbox, "GET", `${EVENTS}?maxResults=250${pageToken}`, { token });
    durations.push(performance.now() - startedAt);
    count += body.items.length;
    pageToken = body.nextPageToken ? `&pageToken=${body.nextPageToken}` : "";
  } while (pageToken);
  expect(count).toBe(5_000);
  expect(durations).toHaveLength(20);
  // The median is some milliseconds, and a machine with much else to do takes many times that.
  const median = durations.sort((a, b) => a - b)[10] as number;
  expect(median).toBeLessThan(500);
}, 60_000);

test("a taken port is named in the error", async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const port = Number(new URL(sandbox.url).port);
  await expect(startSandbox({ port })).rejects.toThrow(`port ${port} is taken`);
  await expect(startSandbox({ smtpPort: port })).rejects.toThrow(`port ${port} is taken`);
});

test("it answers to loopback names only", async () => {
  const sandbox = await testSandbox();
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${sandbox.url}/sandbox/api/accounts`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });

  expect(await statusFor("localhost:3010")).toBe(200);
  expect(await statusFor("evil.example:3010")).toBe(403);
});
