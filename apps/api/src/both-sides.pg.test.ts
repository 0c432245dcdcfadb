import { once } from "node:events";
import { createServer } from "node:net";
import { type RunningWorker, startWorker } from "@calsync/jobs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ApiWorld, connectGoogle, createApiWorld, type SignedIn } from "./test-support/api-world.ts";

const GOOGLE = "dana@gmail.test";
const DAY_MS = 86_400_000;

let world: ApiWorld;
let worker: RunningWorker;
let host: SignedIn;

/** The API listens, a worker runs, and Google's notifications arrive over HTTP, as in an installation. */
beforeAll(async () => {
  const port = await freePort();
  world = await createApiWorld({ API_URL: `http://127.0.0.1:${port}`, MAIL_SETTLE_MS: "0" });
  await world.app.listen({ host: "127.0.0.1", port });
  world.sandbox.google.createAccount({ email: GOOGLE, timeZone: "Europe/Berlin" });
  host = await world.signUp("dana");
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
  const connectionId = await connectGoogle(host, GOOGLE);
  await host.send("PUT", "/v1/destination", { connectionId, calendarId: GOOGLE });
  await host.send("PUT", `/v1/connections/${connectionId}/selected`, { calendarIds: [GOOGLE] });
  const { container, database } = world;
  worker = await startWorker({
    url: database.url,
    concurrency: 4,
    handlers: container.jobs,
    log: container.log,
  });
  await container.sync.runCron("calendar-sync");
  await container.sync.runCron("calendar-subscriptions");
  await vi.waitFor(async () => expect((await status()).notifications).toBe("active"), { timeout: 20_000 });
});
afterAll(async () => {
  await worker.stop();
  await world.close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

async function status() {
  return (await host.get("/v1/sync/status")).json().calendars[0];
}

async function book(): Promise<{ uid: string; start: string }> {
  const from = new Date(Date.now() + DAY_MS).toISOString();
  const to = new Date(Date.now() + 5 * DAY_MS).toISOString();
  const query = new URLSearchParams({ username: "dana", eventType: "intro", from, to, timeZone: "UTC" });
  const { days } = (await world.app.inject({ url: `/v1/slots?${query}` })).json();
  const { start } = days[0].slots[0];
  const guest = { name: "Gail", email: "gail@example.com" };
  const body = { username: "dana", eventType: "intro", start, timeZone: "UTC", guest };
  const answer = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
  expect(answer.statusCode).toBe(201);
  return answer.json().booking;
}

const read = async (uid: string) => (await host.get(`/v1/bookings/${uid}`)).json().booking;
const standing = () => world.sandbox.google.events(GOOGLE).filter((event) => event.status !== "cancelled");
const sees = { timeout: 20_000, interval: 50 };

test("a booking becomes an event, a moved event moves the booking, a deleted one cancels it, all told in its history", async () => {
  const { uid, start } = await book();
  await expect
    .poll(() => standing().map((event) => Date.parse(event.start?.dateTime ?? "")), sees)
    .toEqual([Date.parse(start)]);
  await expect.poll(async () => (await read(uid)).calendars[0]?.status, sees).toBe("synced");

  const [event] = standing();
  const moved = new Date(Date.parse(start) + 2 * 3_600_000);
  const end = new Date(moved.getTime() + 1_800_000);
  world.sandbox.google.patchEvent(GOOGLE, GOOGLE, event?.id ?? "", {
    start: { dateTime: moved.toISOString(), timeZone: "Europe/Berlin" },
    end: { dateTime: end.toISOString(), timeZone: "Europe/Berlin" },
  });
  await expect.poll(async () => (await read(uid)).start, sees).toBe(moved.toISOString());
  expect(await read(uid)).toMatchObject({ uid, status: "accepted", hostPlaced: true });

  world.sandbox.google.deleteEvent(GOOGLE, GOOGLE, event?.id ?? "");
  await expect.poll(async () => (await read(uid)).status, sees).toBe("cancelled");
  expect((await read(uid)).cancellationReason).toBeTruthy();
  const { changes } = (await host.get(`/v1/bookings/${uid}/history`)).json();
  const fromCalendar = changes.filter((change: { source: string }) => change.source === "calendar");
  expect(fromCalendar.length).toBeGreaterThanOrEqual(2);
  for (const change of fromCalendar) expect(change.explanation).toBeTruthy();
});

test("what is rescheduled and cancelled here is so at Google", async () => {
  const { uid, start } = await book();
  const at = () => standing().map((event) => Date.parse(event.start?.dateTime ?? ""));
  await expect.poll(at, sees).toEqual([Date.parse(start)]);
  const moved = new Date(Date.parse(start) + 3_600_000).toISOString();
  expect((await host.send("POST", `/v1/bookings/${uid}/reschedule`, { start: moved })).statusCode).toBe(200);
  await expect.poll(at, sees).toEqual([Date.parse(moved)]);
  expect((await host.send("POST", `/v1/bookings/${uid}/cancel`, {})).statusCode).toBe(200);
  await expect.poll(at, sees).toEqual([]);
});

test("an event of the host's own makes them busy", async () => {
  const start = new Date(Math.ceil((Date.now() + 2 * DAY_MS) / DAY_MS) * DAY_MS + 10 * 3_600_000);
  const end = new Date(start.getTime() + 2 * 3_600_000);
  world.sandbox.google.putEvent(GOOGLE, GOOGLE, {
    summary: "Dentist",
    start: { dateTime: start.toISOString() },
    end: { dateTime: end.toISOString() },
  });
  const query = `from=${start.toISOString()}&to=${end.toISOString()}`;
  const busy = async () => (await host.get(`/v1/calendar?${query}`)).json().busy;
  await expect
    .poll(busy, sees)
    .toMatchObject([
      { calendarName: GOOGLE, title: "Dentist", start: start.toISOString(), end: end.toISOString() },
    ]);
  const slots = await world.app.inject({
    url: `/v1/slots?username=dana&eventType=intro&timeZone=UTC&${query}`,
  });
  expect(slots.json().days).toEqual([]);
  expect(slots.json().freshness).toEqual([
    { calendar: GOOGLE, lastPulledAt: expect.any(String), source: "mirror", ok: true },
  ]);
});
