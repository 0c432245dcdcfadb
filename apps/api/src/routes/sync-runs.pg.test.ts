import { createCalendarSync, createCredential } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createChangeFeed } from "../services/change-feed.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
let stranger: SignedIn;
let calendarSyncId: string;

beforeAll(async () => {
  world = await createApiWorld();
  [host, stranger] = [await world.signUp("host"), await world.signUp("stranger")];
  const { prisma } = world.database;
  const { id: credentialId } = await createCredential(prisma, { userId: host.userId, status: "INVALID" });
  calendarSyncId = (await createCalendarSync(prisma, { userId: host.userId, credentialId, name: "Work" })).id;
});
afterAll(() => world.close());

test("a sync by hand is a run that tells its progress, over the stream too", async () => {
  const changes: object[] = [];
  const log = { info: () => {}, warn: () => {} };
  const feed = createChangeFeed({ url: world.database.url, log });
  feed.subscribe({ userId: host.userId }, (change) => changes.push(change));
  try {
    const started = await host.send("POST", "/v1/sync/runs", { direction: "from_calendar", dryRun: true });
    expect(started.statusCode).toBe(202);
    const { run } = started.json();
    expect(run).toMatchObject({
      kind: "sync",
      direction: "from_calendar",
      dryRun: true,
      status: "queued",
      progress: { total: 1, done: 0, failed: 0 },
      calendars: [{ id: calendarSyncId, name: "Work", status: "queued", result: null, error: null }],
    });
    // The feed connects in the background; until it listens, nothing can be heard.
    await expect
      .poll(
        async () => {
          await world.database.prisma.syncRunCalendar.updateMany({ data: { status: "QUEUED" } });
          return changes;
        },
        { timeout: 5_000 },
      )
      .toContainEqual({ type: "sync-run", id: run.id });
    await world.container.sync.runs.carryOut(run.id, calendarSyncId);
    const ended = (await host.get(`/v1/sync/runs/${run.id}`)).json().run;
    expect(ended).toMatchObject({
      status: "done",
      finishedAt: expect.any(String),
      progress: { total: 1, done: 1, failed: 1 },
      calendars: [{ status: "failed", error: { code: "NOT_SYNCING" } }],
    });
  } finally {
    await feed.close();
  }
});

test("the doctor is a run too, and says what stands in its way", async () => {
  const { run } = (await host.send("POST", "/v1/sync/doctor", { calendars: [calendarSyncId] })).json();
  await world.container.sync.runs.carryOut(run.id, calendarSyncId);
  const { calendars } = (await host.get(`/v1/sync/runs/${run.id}`)).json().run;
  expect(calendars).toMatchObject([
    {
      status: "done",
      result: { type: "checked", outcome: "unread", findings: [{ kind: "not-syncing", healing: "by-hand" }] },
    },
  ]);
  const { runs } = (await host.get("/v1/sync/runs")).json();
  expect(runs.map(({ kind }: { kind: string }) => kind)).toEqual(["doctor", "sync"]);
});

test("invariant 14: other people's calendars and runs are not found", async () => {
  const wanted = { calendars: [calendarSyncId] };
  for (const url of ["/v1/sync/runs", "/v1/sync/doctor"]) {
    const answer = await stranger.send("POST", url, wanted);
    expect([answer.statusCode, answer.json().code]).toEqual([404, "calendar_not_found"]);
  }
  const { run } = (await host.send("POST", "/v1/sync/runs", {})).json();
  expect((await stranger.get(`/v1/sync/runs/${run.id}`)).json().code).toBe("run_not_found");
  expect((await stranger.get("/v1/sync/runs")).json()).toEqual({ runs: [] });
});

test("a calendar that cannot be read now says why when a reading is asked for, instead of taking the wish", async () => {
  const ask = async (user = host) => {
    const answer = await user.send("POST", `/v1/sync/calendars/${calendarSyncId}/pull`);
    return [answer.statusCode, answer.body === "" ? null : answer.json().code];
  };
  const { prisma } = world.database;
  expect(await ask(stranger)).toEqual([404, "calendar_not_found"]);
  expect(await ask()).toEqual([409, "connection_invalid"]);
  await prisma.credential.updateMany({ data: { status: "ACTIVE" } });
  expect(await ask()).toEqual([202, null]);
  await host.send("PATCH", "/v1/preferences", { enabled: false });
  expect(await ask()).toEqual([409, "calendar_disabled"]);
});
