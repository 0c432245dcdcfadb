import { expect, test } from "vitest";
import {
  api,
  GUEST,
  HOST,
  hour,
  type Receiver,
  refusal,
  type TestSandbox,
  testReceiver,
  testSandbox,
  WEEKLY,
} from "./test-support.ts";
import type { GraphEvent } from "./types.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = Date.parse("2026-06-01T08:00:00Z");

function subscribe(sandbox: TestSandbox, receiver: Receiver, change: object = {}, token?: string) {
  const body = {
    changeType: "created,updated,deleted",
    resource: "/me/events",
    notificationUrl: receiver.url,
    expirationDateTime: new Date(NOW_MS + 6 * 24 * HOUR_MS).toISOString(),
    clientState: "secret",
    ...change,
  };
  return api(sandbox, "POST", "subscriptions", { body, ...(token ? { token } : {}) });
}

async function subscribed(sandbox: TestSandbox, receiver: Receiver, change: object = {}) {
  const answer = await subscribe(sandbox, receiver, change);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

/** Writes an event and waits for what is told of it. */
async function write(sandbox: TestSandbox, event: GraphEvent = hour(3, 9)): Promise<GraphEvent> {
  const made = sandbox.graph.putEvent(HOST, "primary", event);
  await sandbox.graph.notificationsIdle();
  return made;
}

const kinds = (receiver: Receiver) => receiver.all().map((one) => one.changeType ?? one.lifecycleEvent);

test("1. POST /subscriptions calls both URLs before answering and returns 400 if the token is not echoed as text/plain with 200", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  await subscribed(sandbox, receiver, { lifecycleNotificationUrl: `${receiver.url}?kind=lifecycle` });
  expect(receiver.handshakes).toHaveLength(2);
  expect(receiver.handshakes[0]).toMatchObject({ type: "text/plain; charset=utf-8", body: "" });
  expect(receiver.handshakes[1]?.query).toMatch(/^\?kind=lifecycle&validationToken=/);

  const wrong = [
    (body: string) => ({ status: 202, type: "text/plain", body }),
    (body: string) => ({ status: 200, type: "application/json", body }),
    (body: string) => ({ status: 200, type: "text/plain", body: `"${body}"` }),
  ];
  for (const echo of wrong) {
    expect(refusal(await subscribe(sandbox, await testReceiver({ echo })))).toEqual([400, "ValidationError"]);
  }
  expect(sandbox.graph.subscriptions(HOST)).toHaveLength(1);
});

test("2. a token containing %, + and : must be echoed decoded to pass", async () => {
  const sandbox = await testSandbox();
  const tokens: string[] = [];
  const encoded = await testReceiver({
    echo: (token) => {
      tokens.push(token);
      return { status: 200, type: "text/plain", body: encodeURIComponent(token) };
    },
  });
  expect((await subscribe(sandbox, encoded)).status).toBe(400);
  for (const character of ["%", "+", ":"]) expect(tokens[0]).toContain(character);
});

test("3. expirationDateTime beyond 10,080 minutes returns 400, under 45 minutes is raised to 45", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const at = (minutes: number) => ({
    expirationDateTime: new Date(NOW_MS + minutes * MINUTE_MS).toISOString(),
  });
  expect((await subscribe(sandbox, receiver, at(10_081))).status).toBe(400);
  const { id, expirationDateTime } = await subscribed(sandbox, receiver, at(5));
  expect(expirationDateTime).toBe(at(45).expirationDateTime);
  expect((await api(sandbox, "PATCH", `subscriptions/${id}`, { body: at(10_081) })).status).toBe(400);
  const longest = await api(sandbox, "PATCH", `subscriptions/${id}`, { body: at(10_080) });
  expect(longest.body.expirationDateTime).toBe(at(10_080).expirationDateTime);
});

test("4. a second identical subscription is accepted and doubles notifications (switch: 409); the 1,001st returns 403", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const { id } = await subscribed(sandbox, receiver);
  await subscribed(sandbox, receiver);
  await write(sandbox);
  expect(kinds(receiver)).toEqual(["created", "updated", "created", "updated"]);
  sandbox.graph.faults.set({ duplicateSubscription: "refused" });
  expect((await subscribe(sandbox, receiver)).status).toBe(409);

  const { store } = sandbox.graph.context;
  const one = store.subscriptions.get(id);
  if (one) for (let count = 2; count < 1000; count += 1) store.subscriptions.set(`${count}`, { ...one });
  expect((await subscribe(sandbox, receiver, { changeType: "created" })).status).toBe(403);
});

test("5. a delegated token for another user's mailbox or a single event's path cannot be subscribed", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const other = await subscribe(sandbox, receiver, { resource: `/users/${GUEST}/events` });
  expect(refusal(other)).toEqual([403, "ErrorAccessDenied"]);
  const { id } = await write(sandbox);
  const single = await subscribe(sandbox, receiver, { resource: `/me/events/${id}` });
  expect(single.status).toBe(400);
  expect(single.body.error.message).toContain("is not supported");
  const { accessToken } = sandbox.graph.issueToken({ email: HOST, scopes: ["Calendars.ReadWrite.Shared"] });
  expect((await subscribe(sandbox, receiver, {}, accessToken)).status).toBe(403);
  const plain = await subscribe(sandbox, receiver, { notificationUrl: "http://example.org/hook" });
  expect(plain.status).toBe(400);
});

test("6. notifications contain clientState, resourceData without event fields, and may batch several subscriptions", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const first = await subscribed(sandbox, receiver, { changeType: "created" });
  const second = await subscribed(sandbox, receiver, { changeType: "created", clientState: "other" });
  const { id } = await write(sandbox, { subject: "Secret plans", ...hour(3, 9) });
  const account = sandbox.graph.accounts()[0];
  expect(receiver.posts).toHaveLength(1);
  expect(receiver.posts[0]).toHaveLength(2);
  expect(receiver.posts[0]?.[0]).toEqual({
    subscriptionId: first.id,
    subscriptionExpirationDateTime: first.expirationDateTime,
    tenantId: account?.tenantId,
    clientState: "secret",
    changeType: "created",
    resource: `Users/${account?.id}/Events/${id}`,
    resourceData: {
      "@odata.type": "#Microsoft.Graph.Event",
      "@odata.id": `Users/${account?.id}/Events/${id}`,
      "@odata.etag": expect.any(String),
      id,
    },
  });
  expect(receiver.posts[0]?.[1]).toMatchObject({ subscriptionId: second.id, clientState: "other" });
});

test("7. one PATCH emits one to three updated, one POST created and updated; deleting one occurrence only updated for the master", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const receiver = await testReceiver();
  await subscribed(sandbox, receiver);
  const { id } = await write(sandbox);
  expect(kinds(receiver)).toEqual(["created", "updated"]);
  const counts = new Set<number>();
  for (let count = 0; count < 12; count += 1) {
    receiver.posts.length = 0;
    graph.patchEvent(HOST, id as string, { subject: `${count}` });
    await graph.notificationsIdle();
    expect(new Set(kinds(receiver))).toEqual(new Set(["updated"]));
    counts.add(receiver.all().length);
  }
  expect([...counts].sort()).toEqual([1, 2, 3]);

  graph.faults.set({ notificationsPerUpdate: [1, 1] });
  const master = await write(sandbox, WEEKLY);
  const window = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";
  const view = await api(sandbox, "GET", `me/events/${master.id}/instances?${window}`);
  receiver.posts.length = 0;
  graph.deleteEvent(HOST, view.body.value[1].id);
  await graph.notificationsIdle();
  expect(receiver.all().map((one) => [one.changeType, one.resourceData.id])).toEqual([
    ["updated", master.id],
  ]);
});

test("8. notifications can arrive doubled, reordered and before the change is readable", async () => {
  const sandbox = await testSandbox();
  const { faults } = sandbox.graph;
  const receiver = await testReceiver();
  await subscribed(sandbox, receiver, { changeType: "created" });
  faults.add({ fault: "duplicateNotification", times: 1 });
  await write(sandbox);
  expect(kinds(receiver)).toEqual(["created", "created"]);

  receiver.posts.length = 0;
  faults.add({ fault: "reorderNotification", times: 1 });
  const late = sandbox.graph.putEvent(HOST, "primary", hour(4, 9));
  const early = sandbox.graph.putEvent(HOST, "primary", hour(5, 9));
  await sandbox.graph.notificationsIdle();
  expect(receiver.all().map((one) => one.resourceData.id)).toEqual([early.id, late.id]);

  faults.add({ fault: "dropNotification", times: 1 });
  receiver.posts.length = 0;
  await write(sandbox);
  expect(receiver.posts).toEqual([]);
});

test("9. answers that are not 2xx are retried with growing gaps for four simulated hours, then lost", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver({ answer: () => 400 });
  await subscribed(sandbox, receiver, { changeType: "created" });
  await write(sandbox);
  const gaps: number[] = [];
  let waited = 0;
  for (let passed = 0; passed < 5 * HOUR_MS; passed += 10_000) {
    const before = receiver.posts.length;
    sandbox.graph.advanceTime(10_000);
    waited += 10_000;
    await sandbox.graph.notificationsIdle();
    if (receiver.posts.length === before) continue;
    gaps.push(waited / 1000);
    waited = 0;
  }
  expect(gaps.slice(0, 8)).toEqual([10, 20, 40, 80, 160, 320, 640, 1280]);
  expect(gaps.at(-1)).toBe(1800);
  expect(gaps.reduce((sum, gap) => sum + gap)).toBeLessThanOrEqual(4 * 3600);
  expect(gaps.reduce((sum, gap) => sum + gap)).toBeGreaterThan(3 * 3600);
});

test("10. more than 15 % slow answers in 10 minutes silently drop notifications for 10 minutes", async () => {
  const sandbox = await testSandbox();
  sandbox.graph.faults.set({ slowAnswerMs: 20 });
  const receiver = await testReceiver({ delayMs: 40 });
  await subscribed(sandbox, receiver, { changeType: "created" });
  for (let count = 0; count < 5; count += 1) await write(sandbox);
  expect(receiver.posts).toHaveLength(5);
  await write(sandbox);
  expect(receiver.posts).toHaveLength(5);
  sandbox.graph.advanceTime(10 * MINUTE_MS);
  await write(sandbox);
  expect(receiver.posts).toHaveLength(6);
});

test("11. reauthorizationRequired is sent before the end; ignoring it stops delivery, and changes of the pause are not notified later", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  graph.faults.set({ authorizationLifetimeMs: HOUR_MS, notificationsPerUpdate: [1, 1] });
  const receiver = await testReceiver();
  const { id } = await subscribed(sandbox, receiver, {
    changeType: "created",
    lifecycleNotificationUrl: receiver.url,
  });
  graph.advanceTime(44 * MINUTE_MS);
  await graph.notificationsIdle();
  expect(kinds(receiver)).toEqual([]);
  graph.advanceTime(MINUTE_MS);
  graph.advanceTime(MINUTE_MS);
  await write(sandbox);
  expect(kinds(receiver)).toEqual(["reauthorizationRequired", "created"]);

  graph.advanceTime(14 * MINUTE_MS);
  await write(sandbox);
  expect(receiver.all()).toHaveLength(2);
  expect((await api(sandbox, "POST", `subscriptions/${id}/reauthorize`)).status).toBe(204);
  await graph.notificationsIdle();
  expect(receiver.all()).toHaveLength(2);
  await write(sandbox);
  expect(receiver.all()).toHaveLength(3);
});

test("12. PATCH or reauthorize clears the pending reauthorization, only PATCH extends; both within 10 minutes may break it (switch)", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  graph.faults.set({ authorizationLifetimeMs: HOUR_MS });
  const receiver = await testReceiver();
  const { id, expirationDateTime } = await subscribed(sandbox, receiver, { changeType: "created" });
  const path = `subscriptions/${id}`;
  const later = new Date(NOW_MS + 6.5 * 24 * HOUR_MS).toISOString();

  graph.advanceTime(50 * MINUTE_MS);
  await api(sandbox, "POST", `${path}/reauthorize`);
  expect((await api(sandbox, "GET", path)).body.expirationDateTime).toBe(expirationDateTime);
  graph.advanceTime(50 * MINUTE_MS);
  await write(sandbox);
  expect(receiver.all()).toHaveLength(1);
  const renewed = await api(sandbox, "PATCH", path, { body: { expirationDateTime: later } });
  expect(renewed.body.expirationDateTime).toBe(later);
  graph.advanceTime(50 * MINUTE_MS);
  await write(sandbox);
  expect(receiver.all()).toHaveLength(2);

  graph.faults.set({ reauthorizeAndRenew: "breaks" });
  await api(sandbox, "POST", `${path}/reauthorize`);
  graph.advanceTime(9 * MINUTE_MS);
  expect((await api(sandbox, "PATCH", path, { body: { expirationDateTime: later } })).status).toBe(200);
  await write(sandbox);
  expect(receiver.all()).toHaveLength(2);
});

test("13. subscriptionRemoved and expiry make later PATCH, GET and DELETE of that id return 404 ResourceNotFound", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const removed = await subscribed(sandbox, receiver, { lifecycleNotificationUrl: receiver.url });
  const expired = await subscribed(sandbox, receiver);
  sandbox.graph.sendLifecycle(removed.id, "subscriptionRemoved");
  await sandbox.graph.notificationsIdle();
  expect(kinds(receiver)).toEqual(["subscriptionRemoved"]);
  sandbox.graph.advanceTime(6 * 24 * HOUR_MS);
  for (const { id } of [removed, expired]) {
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const answer = await api(sandbox, method, `subscriptions/${id}`, {
        ...(method === "PATCH" ? { body: { expirationDateTime: "2026-06-09T00:00:00Z" } } : {}),
      });
      expect(refusal(answer)).toEqual([404, "ResourceNotFound"]);
    }
  }
  const own = await subscribed(sandbox, receiver, { expirationDateTime: "2026-06-10T00:00:00Z" });
  const foreign = await api(sandbox, "GET", `subscriptions/${own.id}`, { email: GUEST });
  expect(refusal(foreign)).toEqual([404, "ResourceNotFound"]);
  expect((await api(sandbox, "GET", "subscriptions")).body.value).toHaveLength(1);
  expect((await api(sandbox, "DELETE", `subscriptions/${own.id}`)).status).toBe(204);
});

test("14. missed can be injected and no lost notification is redelivered", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const { id } = await subscribed(sandbox, receiver, {
    changeType: "created",
    lifecycleNotificationUrl: receiver.url,
  });
  sandbox.graph.faults.add({ fault: "missNotification", times: 1 });
  await write(sandbox);
  sandbox.graph.sendLifecycle(id, "missed");
  await sandbox.graph.notificationsIdle();
  sandbox.graph.advanceTime(HOUR_MS);
  await sandbox.graph.notificationsIdle();
  expect(kinds(receiver)).toEqual(["missed", "missed"]);
});

test("15. lifecycle messages carry clientState and lifecycleEvent, no resourceData; their URL cannot be added by PATCH", async () => {
  const sandbox = await testSandbox();
  const receiver = await testReceiver();
  const own = await subscribed(sandbox, receiver, { lifecycleNotificationUrl: receiver.url });
  sandbox.graph.sendLifecycle(own.id, "reauthorizationRequired");
  await sandbox.graph.notificationsIdle();
  expect(receiver.all()).toEqual([
    {
      subscriptionId: own.id,
      subscriptionExpirationDateTime: own.expirationDateTime,
      tenantId: expect.any(String),
      clientState: "secret",
      lifecycleEvent: "reauthorizationRequired",
    },
  ]);
  const without = await subscribed(sandbox, receiver);
  const added = await api(sandbox, "PATCH", `subscriptions/${without.id}`, {
    body: { lifecycleNotificationUrl: receiver.url },
  });
  expect(added.status).toBe(400);
});

test("a subscription with immutable ids names events by them, and one of a calendar hears of that calendar only", async () => {
  const sandbox = await testSandbox();
  const team = sandbox.graph.createCalendar({ email: HOST, name: "Team" });
  const receiver = await testReceiver();
  const body = {
    changeType: "created",
    resource: `/me/calendars/${team}/events`,
    notificationUrl: receiver.url,
    expirationDateTime: "2026-06-02T08:00:00Z",
  };
  const made = await api(sandbox, "POST", "subscriptions", { body, prefer: 'IdType="ImmutableId"' });
  expect(made.body.clientState).toBeNull();
  await write(sandbox);
  const { id } = sandbox.graph.putEvent(HOST, team, hour(3, 9));
  await sandbox.graph.notificationsIdle();
  const fixed = sandbox.graph.event(HOST, id as string, { immutableIds: true }).id;
  expect(receiver.all().map((one) => one.resourceData.id)).toEqual([fixed]);
});
