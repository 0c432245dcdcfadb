import { expect, test } from "vitest";
import type { Sandbox } from "../server.ts";
import {
  api,
  GUEST,
  HOST,
  hour,
  type ReceivedMessage,
  refusal,
  testReceiver,
  testSandbox,
} from "./test-support.ts";

const WATCH = "calendars/primary/events/watch";
const WEEK_MS = 604_800_000;

function watch(sandbox: Sandbox, address: string, more: object = {}, token?: string) {
  const body = { id: "channel-1", type: "web_hook", address, token: "secret", ...more };
  return api(sandbox, "POST", WATCH, { body, ...(token ? { token } : {}) });
}

/** Makes `count` events one after the other, each with its own notification. */
async function makeEvents(sandbox: Sandbox, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    sandbox.google.putEvent(HOST, "primary", { summary: `${index}`, ...hour(2, index % 23) });
    // One turn of the event loop: changes of one operation become one message.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const changes = (messages: ReceivedMessage[]) => messages.filter(({ state }) => state === "exists");

test("34. watch answers expiration as a string of milliseconds, seven days by default; a longer wish is cut", async () => {
  const sandbox = await testSandbox();
  const { url } = await testReceiver();
  const now = sandbox.google.context.store.clock.nowMs();

  const plain = await watch(sandbox, url);
  expect(plain.body).toEqual({
    kind: "api#channel",
    id: "channel-1",
    resourceId: expect.any(String),
    resourceUri: expect.stringContaining("/calendar/v3/calendars/"),
    token: "secret",
    expiration: String(now + WEEK_MS),
  });
  const short = await watch(sandbox, url, { id: "channel-2", params: { ttl: "3600" } });
  expect(short.body.expiration).toBe(String(now + 3_600_000));
  expect(short.body.resourceId).toBe(plain.body.resourceId);

  sandbox.google.faults.set({ maxChannelLifetimeMs: 2 * WEEK_MS });
  const long = await watch(sandbox, url, { id: "channel-3", expiration: String(now + 100 * WEEK_MS) });
  expect(long.body.expiration).toBe(String(now + 2 * WEEK_MS));
});

test("35. watch refuses a known channel id, a holiday calendar and a plain-HTTP address", async () => {
  const sandbox = await testSandbox();
  const { url } = await testReceiver();
  const { accessToken: token } = sandbox.google.issueToken({ email: HOST });
  const first = await watch(sandbox, url, {}, token);
  expect((await watch(sandbox, url, {}, token)).status).toBe(400);
  await api(sandbox, "POST", "channels/stop", { token, body: first.body });
  // Unique for ever: also after the channel was stopped.
  expect(refusal(await watch(sandbox, url, {}, token))).toEqual([400, "global", "channelIdNotUnique"]);

  const holidays = sandbox.google.createCalendar({ email: HOST, summary: "Holidays", holidays: true });
  const refused = await api(sandbox, "POST", `calendars/${encodeURIComponent(holidays)}/events/watch`, {
    body: { id: "channel-2", type: "web_hook", address: url },
  });
  expect(refusal(refused)).toEqual([400, "calendar", "pushNotSupportedForRequestedResource"]);

  const remote = await watch(sandbox, "http://calsync.example/notify", { id: "channel-3" });
  expect(refusal(remote)).toEqual([400, "global", "push.webhookUrlNotHttps"]);
  const strict = await testSandbox({ allowHttpCallbacks: false });
  expect(refusal(await watch(strict, url))).toEqual([400, "global", "push.webhookUrlNotHttps"]);
});

test("36. the sync message has number 1 and can be delivered before the watch call is answered", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.set({ syncMessageFirst: true });
  const receiver = await testReceiver();
  await watch(sandbox, receiver.url);
  expect(receiver.messages.map(({ state, number }) => [state, number])).toEqual([["sync", 1]]);
});

test("37. change messages have an empty body, state exists, the channel token and growing numbers with gaps; they name no event", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const channel = (await watch(sandbox, receiver.url)).body;
  await makeEvents(sandbox, 12);
  await sandbox.google.notificationsIdle();

  const seen = changes(receiver.messages);
  expect(seen).toHaveLength(12);
  const numbers = seen.map(({ number }) => number).sort((a, b) => a - b);
  expect(new Set(numbers).size).toBe(12);
  expect(numbers.at(-1)).toBeGreaterThan(13);
  const { headers, body } = seen[0] as ReceivedMessage;
  expect(body).toBe("");
  expect(headers).toMatchObject({
    "content-length": "0",
    "user-agent": expect.stringMatching(/^APIs-Google/),
    "x-goog-channel-id": "channel-1",
    "x-goog-channel-token": "secret",
    "x-goog-channel-expiration": new Date(Number(channel.expiration)).toUTCString(),
    "x-goog-resource-id": channel.resourceId,
    "x-goog-resource-uri": channel.resourceUri,
    "x-goog-resource-state": "exists",
  });
  const ids = sandbox.google.events(HOST).map(({ id }) => id as string);
  expect(ids.some((id) => JSON.stringify(headers).includes(id))).toBe(false);
});

test("38. messages are dropped at a set rate, delayed, reordered, and doubled on overlapping channels", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const receiver = await testReceiver();
  await watch(sandbox, receiver.url);
  await google.notificationsIdle();
  const run = async (count: number) => {
    receiver.messages.length = 0;
    await makeEvents(sandbox, count);
    await google.notificationsIdle();
    return receiver.messages.map(({ number }) => number);
  };

  const half = google.faults.add({ fault: "dropNotification", probability: 0.5 });
  const dropped = (await run(40)).length;
  expect(dropped).toBeGreaterThan(8);
  expect(dropped).toBeLessThan(32);
  google.faults.remove(half);

  google.faults.add({ fault: "reorderNotification", times: 1 });
  const numbers = await run(3);
  expect(numbers.at(-1)).toBe(Math.min(...numbers));

  google.faults.add({ fault: "delayNotification", delayMs: 80, times: 1 });
  const startedAt = Date.now();
  await run(1);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(75);

  google.faults.add({ fault: "duplicateNotification", times: 1 });
  const doubled = await run(1);
  expect(doubled).toEqual([doubled[0], doubled[0]]);

  await watch(sandbox, receiver.url, { id: "channel-2" });
  await google.notificationsIdle();
  await run(1);
  expect(receiver.messages.map(({ channelId }) => channelId).sort()).toEqual(["channel-1", "channel-2"]);
});

test("39. answers 500, 502, 503 and 504 cause redelivery; other 5xx, 3xx and 4xx do not", async () => {
  const sandbox = await testSandbox();
  for (const [status, deliveries] of [
    [500, 2],
    [502, 2],
    [503, 2],
    [504, 2],
    [501, 1],
    [302, 1],
    [404, 1],
    [410, 1],
  ] as const) {
    const seen = new Map<number, number>();
    const receiver = await testReceiver(({ number }) => {
      const before = seen.get(number) ?? 0;
      seen.set(number, before + 1);
      return before === 0 ? status : 200;
    });
    await watch(sandbox, receiver.url, { id: `channel-${status}` });
    await sandbox.google.notificationsIdle();
    expect(receiver.messages, `after ${status}`).toHaveLength(deliveries);
  }
});

test("40. expired channels fall silent without notice, and nothing is replayed on the next channel", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  await watch(sandbox, receiver.url);
  await sandbox.google.notificationsIdle();
  sandbox.google.advanceTime(WEEK_MS);
  await makeEvents(sandbox, 2);
  await sandbox.google.notificationsIdle();
  expect(changes(receiver.messages)).toEqual([]);

  await watch(sandbox, receiver.url, { id: "channel-2" });
  await sandbox.google.notificationsIdle();
  expect(receiver.messages.map(({ state, channelId }) => [state, channelId])).toEqual([
    ["sync", "channel-1"],
    ["sync", "channel-2"],
  ]);
});

test("41. stop by another user or client is refused, an unknown channel is 404, and a queued message may still arrive", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  for (const clientId of ["one", "two"]) {
    google.addClient({ clientId, clientSecret: "s", redirectUris: [], projectId: "project" });
  }
  const tokenOf = (email: string, clientId: string) => google.issueToken({ email, clientId }).accessToken;
  const receiver = await testReceiver();
  const own = tokenOf(HOST, "one");
  const channel = (await watch(sandbox, receiver.url, {}, own)).body;
  const stop = (token: string, body: object = channel) =>
    api(sandbox, "POST", "channels/stop", { token, body });

  expect((await stop(tokenOf(GUEST, "one"))).status).toBe(403);
  expect((await stop(tokenOf(HOST, "two"))).status).toBe(403);
  const unknown = await stop(own, { ...channel, id: "other" });
  expect(unknown.status).toBe(404);
  expect(unknown.body.error.message).toBe("Channel 'other' not found for project 'project'");

  google.faults.add({ fault: "delayNotification", delayMs: 60, times: 1 });
  await makeEvents(sandbox, 1);
  expect(await stop(own)).toMatchObject({ status: 204, body: null });
  await makeEvents(sandbox, 1);
  await google.notificationsIdle();
  expect(changes(receiver.messages)).toHaveLength(1);
  expect((await stop(own)).status).toBe(404);
});

test("42. a write by the client itself makes a change message and shows up in the next incremental list", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  await watch(sandbox, receiver.url);
  const { nextSyncToken } = (await api(sandbox, "GET", "calendars/primary/events")).body;

  const created = await api(sandbox, "POST", "calendars/primary/events", { body: hour(2, 9) });
  await sandbox.google.notificationsIdle();

  expect(changes(receiver.messages)).toHaveLength(1);
  const round = await api(sandbox, "GET", `calendars/primary/events?syncToken=${nextSyncToken}`);
  expect(round.body.items.map((item: { id: string }) => item.id)).toEqual([created.body.id]);
});

test("a channel falls silent once the user has revoked the app's access or lost the calendar", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const receiver = await testReceiver();
  const body = { type: "web_hook", address: receiver.url };
  google.shareCalendar(HOST, GUEST, "reader");
  const path = `calendars/${HOST}/events/watch`;
  await api(sandbox, "POST", path, { email: GUEST, body: { id: "guest", ...body } });
  await watch(sandbox, receiver.url);

  google.shareCalendar(HOST, GUEST, "none");
  await makeEvents(sandbox, 1);
  await google.notificationsIdle();
  expect(changes(receiver.messages).map(({ channelId }) => channelId)).toEqual(["channel-1"]);

  google.revokeAccess(HOST);
  await makeEvents(sandbox, 1);
  await google.notificationsIdle();
  expect(changes(receiver.messages)).toHaveLength(1);
});

test("channels with eventTypes hear of these types only, and calendar list channels of new calendars", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const body = { id: "typed", type: "web_hook", address: receiver.url };
  await api(sandbox, "POST", `${WATCH}?eventTypes=default`, { body });
  await api(sandbox, "POST", "users/me/calendarList/watch", { body: { ...body, id: "list" } });
  await api(sandbox, "POST", "calendars/primary/events", { body: { eventType: "focusTime", ...hour(2, 9) } });
  await sandbox.google.notificationsIdle();
  expect(changes(receiver.messages)).toEqual([]);

  sandbox.google.createCalendar({ email: HOST, summary: "New" });
  await makeEvents(sandbox, 1);
  await sandbox.google.notificationsIdle();
  expect(
    changes(receiver.messages)
      .map(({ channelId }) => channelId)
      .sort(),
  ).toEqual(["list", "typed"]);
});
