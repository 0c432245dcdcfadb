import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jobStats, migrateJobs } from "@calsync/jobs";
import { type Mail, type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { createTestDatabase, freePort, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiEnvironment, GOOGLE_CLIENT } from "../support/api-environment.ts";
import { type ConnectedHost, connectHost } from "../support/connected-host.ts";
import { mailDifferences, sideDifferences } from "../support/equal-sides.ts";
import { KillableWorker } from "../support/KillableWorker.ts";
import { type NodeProcess, startNode, until, untilReady } from "../support/node-process.ts";
import { Random } from "../support/random.ts";
import { remoteEventsOf } from "./remote/google.ts";
import type { RemoteEvent } from "./remote/RemoteCalendars.ts";

/** A given history of changes and kills again with CALSYNC_KILL_SEED. Which job a kill meets is the machine's doing. */
const SEED = Number(process.env["CALSYNC_KILL_SEED"] ?? 20_261_121);
const CHANGES = 200;
const KILLS = 50;
/** The longest that a worker works until it is killed. */
const LONGEST_LIFE_MS = 2_000;
/** The longest pause between two changes. */
const LONGEST_PAUSE_MS = 400;
const STORM_LIMIT_MS = 180_000;
/** In which both sides have to be equal after the last kill. */
const CALM_LIMIT_MS = 90_000;
const HOSTS = ["ada", "ben", "eva"];

const random = new Random(SEED);
const mails: Mail[] = [];
/** Last lines of the workers' logs, for the message when the test fails. */
const workerLog: string[] = [];
/** Jobs that killed workers held and others took over. */
let freedJobs = 0;
let database: TestDatabase;
let sandbox: Sandbox;
let api: NodeProcess;
let apiUrl: string;
let hosts: ConnectedHost[];
let compileCache: string;
const workers: KillableWorker[] = [];

beforeAll(async () => {
  compileCache = await mkdtemp(join(tmpdir(), "calsync-kill-"));
  database = await createTestDatabase();
  await migrateJobs(database.url);
  sandbox = await startSandbox({ allowHttpCallbacks: true, smtpPort: 0, googleClients: [GOOGLE_CLIENT] });
  sandbox.mail?.subscribe((change) => {
    if (change.type === "received") mails.push(change.mail);
  });
  const apiPort = await freePort();
  apiUrl = `http://127.0.0.1:${apiPort}`;
  const env = {
    ...apiEnvironment({
      databaseUrl: database.url,
      googleUrl: sandbox.url,
      apiPort,
      smtpPort: sandbox.mail?.port ?? 0,
    }),
    // Workers load the same code again and again.
    NODE_COMPILE_CACHE: compileCache,
    CRON_INTERVAL_MS: "1000",
    MAIL_SETTLE_MS: "300",
  };
  api = startNode(new URL("../../src/server.ts", import.meta.url), { env });
  await untilReady(`${apiUrl}/readyz`, api);
  hosts = [];
  for (const name of HOSTS) {
    const googleEmail = `${name}@gmail.test`;
    sandbox.google.createAccount({ email: googleEmail, timeZone: "UTC" });
    hosts.push(await connectHost({ apiUrl, prisma: database.prisma, name, googleEmail }));
  }
  const keep = (line: string) => {
    freedJobs += Number(/"freed":(\d+)/.exec(line)?.[1] ?? 0);
    workerLog.push(line);
    if (workerLog.length > 60) workerLog.shift();
  };
  workers.push(new KillableWorker(env, keep), new KillableWorker(env, keep));
  await until("every calendar is watched", async () => {
    const active = await database.prisma.calendarSubscription.count({ where: { status: "ACTIVE" } });
    return active === hosts.length;
  });
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await api?.stop();
  await sandbox?.close();
  await database?.drop();
  await rm(compileCache, { recursive: true, force: true });
});

test(`workers killed at ${KILLS} random moments while ${CHANGES} changes flow both ways lose and double nothing`, {
  timeout: STORM_LIMIT_MS + CALM_LIMIT_MS,
}, async () => {
  const begun = Date.now();
  let kills = 0;
  const killing = workers.map(async (worker) => {
    for (let turn = 0; turn < KILLS / workers.length; turn++) {
      await worker.started();
      await sleep(random.next() * LONGEST_LIFE_MS);
      await worker.kill();
      kills += 1;
    }
  });
  const changing = async () => {
    for (let done = 0; done < CHANGES; ) {
      await sleep(random.next() * LONGEST_PAUSE_MS);
      // Neither runs away from the other, however slow the machine is.
      if (done / CHANGES <= (kills + 1) / KILLS && (await changeSomething())) done += 1;
    }
  };
  await Promise.all([...killing, changing()]);
  const stormMs = Date.now() - begun;
  // Both directions have been under way, or the storm has shown nothing.
  for (const kind of ["booked by a guest", "moved by the host", "moved in the calendar"]) {
    expect(tally.get(kind) ?? 0, kind).toBeGreaterThan(0);
  }
  await expectCalm();
  console.log(
    `seed ${SEED}: ${[...tally].map(([kind, count]) => `${count} ${kind}`).join(", ")}; storm ${stormMs} ms, ` +
      `calm ${Date.now() - begun - stormMs} ms later; ${mails.length} mails; ${freedJobs} jobs were taken from dead workers`,
  );
});

/** What has been done so far, by kind. */
const tally = new Map<string, number>();

const KINDS = {
  "booked by a guest": 6,
  "moved by the guest": 3,
  "moved by the host": 3,
  "cancelled by the guest": 1,
  "cancelled by the host": 1,
  "moved in the calendar": 6,
  "edited in the calendar": 4,
  "deleted in the calendar": 2,
  "added to the calendar": 2,
  "taken from the calendar": 1,
} as const;

/** Bookings that were made, with what their guests hold. */
const made: { host: ConnectedHost; uid: string; token: string }[] = [];

/** @returns false when nothing was changed: nothing to change was there, or the API refused it as it should (a taken time) */
async function changeSomething(): Promise<boolean> {
  const kind = random.weighted(KINDS);
  const done = await CHANGE[kind]();
  if (done) tally.set(kind, (tally.get(kind) ?? 0) + 1);
  return done;
}

const CHANGE: Record<keyof typeof KINDS, () => Promise<boolean>> = {
  async "booked by a guest"() {
    const host = pickHost();
    const guest = `guest${made.length}`;
    const { status, body } = await host.send("POST", "/v1/bookings", {
      username: host.username,
      eventType: host.slug,
      start: someTime().toISOString(),
      timeZone: "UTC",
      guest: { name: guest, email: `${guest}@guest.test` },
      notes: `Notes of ${guest}`,
    });
    if (refused(status)) return false;
    const booked = body as { booking: { uid: string }; guestToken: string };
    made.push({ host, uid: booked.booking.uid, token: booked.guestToken });
    return true;
  },
  "moved by the guest": () => act("reschedule", { start: someTime().toISOString() }, true),
  "moved by the host": () => act("reschedule", { start: someTime().toISOString() }, false),
  "cancelled by the guest": () => act("cancel", { reason: "The guest cannot come." }, true),
  "cancelled by the host": () => act("cancel", {}, false),
  async "moved in the calendar"() {
    const start = someTime();
    const end = new Date(start.getTime() + (1 + random.below(3)) * 30 * 60_000);
    return changeEvent("ours", {
      start: { dateTime: start.toISOString(), timeZone: "UTC" },
      end: { dateTime: end.toISOString(), timeZone: "UTC" },
    });
  },
  async "edited in the calendar"() {
    const field = random.pick(["summary", "location", "description"]) ?? "summary";
    return changeEvent("ours", { [field]: `${field} ${random.below(1_000)}` });
  },
  "deleted in the calendar": async () => changeEvent("ours", null),
  async "added to the calendar"() {
    const host = pickHost();
    const start = someTime();
    sandbox.google.putEvent(host.googleEmail, host.calendarId, {
      summary: "Dentist",
      start: { dateTime: start.toISOString(), timeZone: "UTC" },
      end: { dateTime: new Date(start.getTime() + 30 * 60_000).toISOString(), timeZone: "UTC" },
    });
    return true;
  },
  "taken from the calendar": async () => changeEvent("foreign", null),
};

async function act(what: "reschedule" | "cancel", change: object, asGuest: boolean): Promise<boolean> {
  const one = random.pick(made);
  if (!one) return false;
  const body = asGuest ? { ...change, token: one.token } : change;
  const { status } = await one.host.send("POST", `/v1/bookings/${one.uid}/${what}`, body);
  return !refused(status);
}

/** Whether people are rightly refused (400, 409: a taken time, a cancelled booking). Anything else is a bug. */
function refused(status: number): boolean {
  if (status !== 400 && status !== 409) expect(status, "the API's answer").toBeLessThan(300);
  return status >= 400;
}

/** Changes, or with null deletes, some event in some host's calendar, as the host does in Google's own page. */
function changeEvent(which: "ours" | "foreign", change: Record<string, unknown> | null): boolean {
  const { google } = sandbox;
  const host = pickHost();
  const live = eventsOf(host).filter(({ deleted }) => !deleted);
  const event = random.pick(live.filter(({ marker }) => (marker === null) === (which === "foreign")));
  if (!event) return false;
  const { id } = event;
  if (change) google.patchEvent(host.googleEmail, host.calendarId, id, change);
  else google.deleteEvent(host.googleEmail, host.calendarId, id);
  return true;
}

function eventsOf({ googleEmail, calendarId }: ConnectedHost): RemoteEvent[] {
  return remoteEventsOf(sandbox.google, googleEmail, calendarId);
}

function pickHost(): ConnectedHost {
  const host = random.pick(hosts);
  if (!host) throw new Error("There is no host.");
  return host;
}

/** A half hour of the next weeks. */
function someTime(): Date {
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  return new Date(today + (2 + random.below(20)) * 86_400_000 + random.below(48) * 30 * 60_000);
}

/** Waits until nothing differs and nothing is under way. */
async function expectCalm(): Promise<void> {
  const deadline = Date.now() + CALM_LIMIT_MS;
  for (;;) {
    const found = await differences();
    if (found.length === 0) return;
    if (Date.now() > deadline) {
      expect(found, `seed ${SEED}\n${workerLog.join("\n")}`).toEqual([]);
    }
    await sleep(250);
  }
}

async function differences(): Promise<string[]> {
  const { prisma } = database;
  const sides = await Promise.all(
    hosts.map((host) =>
      sideDifferences(prisma, host.userId, [{ calendarSyncId: host.calendarSyncId, events: eventsOf(host) }]),
    ),
  );
  const found = [...sides.flat(), ...(await mailDifferences(prisma, mails))];
  const { jobs } = await jobStats(prisma);
  for (const { name, running, due, scheduled, retrying, failed } of jobs) {
    if (name === "run-cron" || running + due + scheduled + retrying + failed === 0) continue;
    found.push(`jobs ${name}: ${JSON.stringify({ running, due, scheduled, retrying, failed })}`);
  }
  return found;
}
