import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, connectGoogle, createApiWorld, type SignedIn } from "../test-support/api-world.ts";
import { UsageError } from "./command.ts";
import { COMMANDS } from "./index.ts";

const GOOGLE = "dana@gmail.test";
const DAY_MS = 86_400_000;

let world: ApiWorld;
let host: SignedIn;
let calendarId: string;

beforeAll(async () => {
  world = await createApiWorld();
  world.sandbox.google.createAccount({ email: GOOGLE, timeZone: "UTC" });
  host = await world.signUp("dana");
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
  const connectionId = await connectGoogle(host, GOOGLE);
  await host.send("PUT", "/v1/destination", { connectionId, calendarId: GOOGLE });
  calendarId = (await host.get("/v1/sync/status")).json().calendars[0].id;
  const { prisma } = world.database;
  const events = ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED", "SYNC_CONFLICT"];
  await prisma.webhook.create({
    data: { userId: host.userId, url: "https://example.com/hook", events, secret: "sealed" },
  });
});
afterAll(() => world.close());

/** What `calsync <words> <options>` prints, and the code that it ends with. */
async function calsync(words: string, options: Record<string, string | boolean> = {}) {
  const [name, ...more] = words.split(" ");
  const lines: string[] = [];
  const command = COMMANDS.find((one) => one.name === name);
  const env = { ...world.container.env, LOG_LEVEL: "silent" as const };
  try {
    await command?.run({ env, words: more, options, print: (line) => lines.push(line) });
    return { output: lines.join("\n"), code: process.exitCode ?? 0 };
  } finally {
    process.exitCode = undefined;
  }
}

async function book(): Promise<{ uid: string; start: string }> {
  const [from, to] = [1, 5].map((days) => new Date(Date.now() + days * DAY_MS).toISOString());
  const query = new URLSearchParams({
    username: "dana",
    eventType: "intro",
    from: from ?? "",
    to: to ?? "",
    timeZone: "UTC",
  });
  const { days } = (await world.app.inject({ url: `/v1/slots?${query}` })).json();
  const guest = { name: "Gail", email: "gail@example.com" };
  const body = {
    username: "dana",
    eventType: "intro",
    start: days[1].slots[0].start,
    timeZone: "UTC",
    guest,
  };
  const answer = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
  expect(answer.statusCode).toBe(201);
  return answer.json().booking;
}

const later = (start: string, hours: number) => new Date(Date.parse(start) + hours * 3_600_000).toISOString();
const standing = () => world.sandbox.google.events(GOOGLE).filter((event) => event.status !== "cancelled");
const startOf = async (uid: string) => (await host.get(`/v1/bookings/${uid}`)).json().booking.start;

/** A person drags the one event that stands in the calendar. */
function drag(start: string): void {
  world.sandbox.google.patchEvent(GOOGLE, GOOGLE, standing()[0]?.id ?? "", {
    start: { dateTime: start },
    end: { dateTime: later(start, 0.5) },
  });
}

/** What the host's webhook is to be told, the latest last. */
async function told(): Promise<string[]> {
  const rows = await world.database.prisma.webhookDelivery.findMany({
    where: { status: "QUEUED" },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  return rows.map(({ event }) => event);
}

test("calsync sync tells a plan, does it, goes one way alone, and stands still behind the kill switch", async () => {
  const { uid, start } = await book();
  const plan = await calsync("sync", { user: host.email, "dry-run": true });
  expect(plan).toMatchObject({ code: 0, output: expect.stringContaining("calendar: create ") });
  expect(standing()).toEqual([]);
  const done = await calsync("sync", { user: host.email });
  expect(done.output).toContain("wrote 1 events");
  expect(done.output).toContain("1 of 1 calendars, 0 failed.");
  expect(standing()).toHaveLength(1);

  drag(later(start, 2));
  await calsync("sync", { calendar: calendarId, direction: "to_calendar" });
  expect(await startOf(uid)).toBe(start);
  await calsync("sync", { all: true, direction: "from_calendar" });
  expect(await startOf(uid)).toBe(later(start, 2));
  expect(await told()).toEqual(["BOOKING_CREATED", "BOOKING_RESCHEDULED"]);

  expect((await calsync("switch off")).output).toBe("Sync is off.");
  drag(later(start, 3));
  const refused = await calsync("sync", { all: true, json: true });
  expect(JSON.parse(refused.output)).toMatchObject({ calendars: [{ error: { code: "NOT_SYNCING" } }] });
  expect(refused.code).toBe(1);
  expect(await startOf(uid)).toBe(later(start, 2));
  expect((await calsync("switch on")).output).toBe("Sync is on.");
  await calsync("sync", { all: true });
  expect(await startOf(uid)).toBe(later(start, 3));

  for (const options of [{}, { all: true, direction: "sideways" }, { calendar: "work" }])
    await expect(calsync("sync", options)).rejects.toThrow(UsageError);
});

test("what sync does to a booking, and what it asks, is told to webhooks as what people do", async () => {
  const { prisma } = world.database;
  await prisma.webhookDelivery.deleteMany();
  const [booking] = await prisma.booking.findMany();
  const { uid = "", startTime } = booking ?? {};
  const start = startTime?.toISOString() ?? "";
  await host.send("PATCH", "/v1/preferences", { conflictPolicy: "ASK" });
  await host.send("POST", `/v1/bookings/${uid}/reschedule`, { start: later(start, 1) });
  drag(later(start, 24));
  await calsync("sync", { all: true });
  expect(await startOf(uid)).toBe(later(start, 1));
  expect(await told()).toEqual(["BOOKING_RESCHEDULED", "SYNC_CONFLICT"]);
  const { conflicts } = (await host.get("/v1/conflicts")).json();
  const ids = conflicts.map(({ id }: { id: string }) => id);
  await host.send("POST", "/v1/conflicts/resolve", { ids, choice: "remote" });
  await calsync("sync", { all: true });
  expect(await startOf(uid)).toBe(later(start, 24));
  world.sandbox.google.deleteEvent(GOOGLE, GOOGLE, standing()[0]?.id ?? "");
  await calsync("sync", { all: true });
  expect(await told()).toEqual(["SYNC_CONFLICT", "BOOKING_CANCELLED"]);
});

test("calsync queue lists, retries, runs and discards work that is there", async () => {
  const { prisma } = world.database;
  const { uid } = await book();
  const where = { booking: { uid } };
  const giveUp = () =>
    prisma.bookingReference.updateMany({
      where,
      data: { status: "ERROR", lastError: "PERMISSION_DENIED", pushRequestedAt: null, dismissedAt: null },
    });
  const wished = async () =>
    (await prisma.bookingReference.findFirstOrThrow({ where })).pushRequestedAt !== null;
  await giveUp();
  const listed = await calsync("queue list", { state: "failed", user: host.email });
  const [, id = ""] = /^(push-\S+) .*PERMISSION_DENIED$/m.exec(listed.output) ?? [];
  expect((await calsync("queue")).output).toMatch(/^failed +1$/m);
  expect((await calsync(`queue retry ${id}`)).output).toBe("A worker will take it in a moment.");
  expect(await wished()).toBe(true);
  await giveUp();
  expect((await calsync("queue retry", { all: true })).output).toBe("1 will be tried again.");
  expect((await calsync(`queue run ${id}`)).code).toBe(0);
  await giveUp();
  expect((await calsync(`queue discard ${id}`)).output).toBe("Discarded.");
  expect((await calsync("queue failed")).output).toBe("There is nothing.");
  expect(await wished()).toBe(false);
  await expect(calsync("queue run")).rejects.toThrow("Which one?");
  await expect(calsync("queue list", { state: "lost" })).rejects.toThrow(UsageError);
});
