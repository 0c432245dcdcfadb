import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let base: string;
let host: SignedIn;
let other: SignedIn;
beforeAll(async () => {
  world = await createApiWorld();
  await world.app.listen({ host: "127.0.0.1", port: 0 });
  base = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
  host = await world.signUp("host");
  other = await world.signUp("other");
});
afterAll(() => world.close());

/** An open stream, and what came over it so far. */
async function listen(query = "", headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(`${base}/v1/stream${query}`, { headers, signal: controller.signal });
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  })().catch(() => undefined);
  const changes = () =>
    [...text.matchAll(/event: change\ndata: (.*)\n\n/g)].map(
      (match) => JSON.parse(match[1] ?? "null") as object,
    );
  return {
    response,
    changes,
    text: () => text,
    async firstChange(): Promise<void> {
      await expect.poll(changes, { timeout: 15_000, interval: 5 }).not.toEqual([]);
    },
    async close() {
      controller.abort();
      await reading;
    },
    ended: reading,
  };
}

let hour = 0;
function createBooking(hostId: number) {
  const start = new Date(Date.UTC(2030, 0, 7, 0) + ++hour * 3_600_000);
  const end = new Date(start.getTime() + 1_800_000);
  return world.database.prisma.booking.create({
    data: {
      hostId,
      title: "Secret title",
      startTime: start,
      endTime: end,
      occupiedStart: start,
      occupiedEnd: end,
      timeZone: "UTC",
      iCalUid: `stream-${hour}@example.com`,
      attendees: { create: { email: "guest@example.com", name: "Guest" } },
    },
  });
}

test("a change in the database reaches its host's page, and nobody else's", async () => {
  const mine = await listen("", { cookie: host.cookie });
  const theirs = await listen("", { cookie: other.cookie });
  expect(mine.response.headers.get("content-type")).toContain("text/event-stream");
  expect(mine.response.headers.get("cache-control")).toContain("no-transform");
  const booking = await createBooking(host.userId);
  await mine.firstChange();
  expect(mine.changes()).toEqual([{ type: "booking", uid: booking.uid }]);
  expect(mine.text()).not.toContain("Secret title");
  expect(theirs.changes()).toEqual([]);
  await Promise.all([mine.close(), theirs.close()]);
});

test("a guest follows their booking by its token, and only that one", async () => {
  const booking = await createBooking(host.userId);
  const token = world.container.guestTokens.tokenFor({ uid: booking.uid, email: "guest@example.com" });
  const refused = await fetch(`${base}/v1/stream?booking=${booking.uid}&token=wrong`);
  expect(refused.status).toBe(404);
  expect((await fetch(`${base}/v1/stream`)).status).toBe(401);
  const stream = await listen(`?booking=${booking.uid}&token=${token}`);
  await createBooking(host.userId);
  await world.database.prisma.booking.update({ where: { id: booking.id }, data: { title: "Moved" } });
  await stream.firstChange();
  expect(stream.changes()).toEqual([{ type: "booking", uid: booking.uid }]);
  await stream.close();
});

test("a feed that lost the database connects again and says that anything may have changed", async () => {
  const stream = await listen("", { cookie: host.cookie });
  await world.database.prisma.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'calsync events' AND datname = current_database()`;
  await stream.firstChange();
  expect(stream.changes()).toEqual([
    { type: "booking" },
    { type: "calendar" },
    { type: "calendar-file" },
    { type: "credential" },
    { type: "sync-run" },
  ]);
  const booking = await createBooking(host.userId);
  await expect.poll(stream.changes).toContainEqual({ type: "booking", uid: booking.uid });
  await stream.close();
});

test("an import that is read and applied, and a feed that is made, reach the page of their owner", async () => {
  const stream = await listen("", { cookie: host.cookie });
  const { imports, feeds } = world.container.ics;
  const content = [
    Buffer.from(
      "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20300101T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ),
  ];
  const told = async (times: number) => {
    await expect.poll(() => stream.changes().length, { timeout: 15_000, interval: 5 }).toBe(times);
    for (const change of stream.changes()) expect(change).toEqual({ type: "calendar-file" });
  };
  const { id } = await imports.upload(host.userId, { fileName: "a.ics", content });
  await told(1);
  await imports.apply(host.userId, id, { freeEvents: "ignore", leaveOut: false });
  await told(2);
  await feeds.create(host.userId, { name: "Mine", parts: ["bookings"], details: true });
  await told(3);
  await stream.close();
});

test("closing the server ends its streams", async () => {
  const second = await createApiWorld();
  await second.app.listen({ host: "127.0.0.1", port: 0 });
  const user = await second.signUp("closing");
  const { port } = second.app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/v1/stream`, { headers: { cookie: user.cookie } });
  const ended = response.text();
  // A server that waited for its streams would never close.
  await second.close();
  expect(await ended).toContain(": connected");
});

test("closing the server does not wait for a connection over which nothing was asked", async () => {
  const second = await createApiWorld();
  await second.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = second.app.server.address() as AddressInfo;
  const connection = connect(port, "127.0.0.1");
  const ended = once(connection, "close");
  await once(second.app.server, "connection");
  await second.close();
  await ended;
});
