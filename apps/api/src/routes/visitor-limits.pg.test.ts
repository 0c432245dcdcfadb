import { createPrismaClient, type PrismaClient } from "@calsync/prisma";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresQuotas } from "../repositories/CallLimitRepository.ts";
import { createVisitorLimits } from "../services/visitor-limits/visitor-limits.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
let processes: PrismaClient[];
const warnings: unknown[] = [];
const log = { warn: (fields: unknown) => void warnings.push(fields) };
beforeAll(async () => {
  world = await createApiWorld({ GUEST_CHANGES_PER_HOUR: "2", GUEST_READS_PER_MINUTE: "3" });
  host = await world.signUp("dana");
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
  processes = [1, 2].map(() => createPrismaClient({ url: world.database.url }));
});
afterAll(async () => {
  for (const prisma of processes) await prisma.$disconnect();
  await world.close();
});

const limitsOf = (prisma: PrismaClient, changesPerHour: number) =>
  createVisitorLimits({ store: postgresQuotas(prisma), readsPerMinute: 120, changesPerHour, log });

function bookFrom(address: string, hour: number) {
  const start = `${new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)}T${hour}:00:00.000Z`;
  const guest = { name: "Gail", email: "gail@guest.test" };
  return world.app.inject({
    method: "POST",
    url: "/v1/bookings",
    headers: { "x-forwarded-for": address },
    body: { username: "dana", eventType: "intro", start, timeZone: "UTC", guest },
  });
}

test("one address books as often as it may in an hour, then is told when to come back; others go on", async () => {
  const first = await bookFrom("203.0.113.1", 10);
  expect(first.statusCode).toBe(201);
  const {
    booking: { uid },
    guestToken: token,
  } = first.json();
  const cancel = (headers: Record<string, string>, body: object) =>
    world.app.inject({ method: "POST", url: `/v1/bookings/${uid}/cancel`, headers, body });
  expect((await bookFrom("203.0.113.1", 11)).statusCode).toBe(201);
  const refused = await bookFrom("203.0.113.1", 12);
  expect([refused.statusCode, refused.json().code]).toEqual([429, "too_many_attempts"]);
  expect(refused.json().detail).toContain("from your address in the last hour");
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect((await cancel({ "x-forwarded-for": "203.0.113.1" }, { token })).statusCode).toBe(429);
  expect((await bookFrom("203.0.113.2", 12)).statusCode).toBe(201);
  // The host is no guest, wherever they are.
  expect((await host.send("POST", `/v1/bookings/${uid}/cancel`)).statusCode).toBe(200);
});

test("booking pages and free times are read so often and no more", async () => {
  const read = (address: string) =>
    world.app.inject({ url: "/v1/public/dana", headers: { "x-forwarded-for": address } });
  const answers = [];
  for (let count = 0; count < 4; count++) answers.push((await read("2001:db8::1")).statusCode);
  expect(answers).toEqual([200, 200, 200, 429]);
  // One visitor has all addresses of their network.
  expect((await read("2001:db8::2")).statusCode).toBe(429);
  expect((await read("2001:db8:1::1")).statusCode).toBe(200);
});

test("all processes count together", async () => {
  const both = processes.map((prisma) => limitsOf(prisma, 4));
  const waits: number[] = [];
  for (let count = 0; count < 6; count++)
    waits.push((await both[count % 2]?.take("change", "198.51.100.7")) ?? 0);
  expect(waits.map((waitMs) => waitMs > 0)).toEqual([false, false, false, false, true, true]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(3_600_000);

  const [one, other] = both.map((limits) => limits.attempts("test", { units: 2, perMs: 60_000 }));
  await one?.count("ann");
  expect(await other?.left("ann")).toBe(0);
  await other?.count("ann");
  expect(await one?.left("ann")).toBeGreaterThan(0);
  expect(await one?.left("ben")).toBe(0);
  expect(warnings).toEqual([]);
});

test("no limit is 0, and one that cannot be read stops nobody", async () => {
  const unlimited = limitsOf(world.database.prisma, 0);
  for (let count = 0; count < 5; count++) expect(await unlimited.take("change", "192.0.2.1")).toBe(0);
  const gone = createPrismaClient({ url: world.database.url.replace(/\/[^/]*$/, "/no_such_database") });
  expect(await limitsOf(gone, 1).take("change", "192.0.2.1")).toBe(0);
  expect(await limitsOf(gone, 1).attempts("test", { units: 1, perMs: 60_000 }).left("ann")).toBe(0);
  expect(warnings).toHaveLength(2);
  await gone.$disconnect();
});
