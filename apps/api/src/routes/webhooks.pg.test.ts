import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runJobsUntilEmpty } from "@calsync/jobs";
import { webhookMessageSchema } from "@calsync/webhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHostNews } from "../services/host-news.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
const bodies: string[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    bodies.push(body);
    response.end("ok");
  });
});
let url = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  world = await createApiWorld({ OUTBOUND_ALLOW: "127.0.0.1" });
  host = await world.signUp("host");
});
afterAll(async () => {
  await world.close();
  receiver.closeAllConnections();
  receiver.close();
});

const work = () => runJobsUntilEmpty(world.database.prisma, world.container.jobs);

async function make(events = ["BOOKING_CREATED", "BOOKING_CANCELLED", "CREDENTIAL_INVALID"]) {
  const made = await host.send("POST", "/v1/webhooks", { url, events });
  expect(made.statusCode).toBe(201);
  return made.json() as { webhook: { id: string }; secret: string };
}

test("a webhook is made with its secret shown once, and its messages can be read in the log", async () => {
  const { webhook, secret } = await make();
  expect(secret).toMatch(/^whsec_/);
  const listed = await host.get("/v1/webhooks");
  expect(listed.json().webhooks).toMatchObject([{ id: webhook.id, active: true, team: null }]);
  expect(listed.body).not.toContain(secret);
  const pinged = await host.send("POST", `/v1/webhooks/${webhook.id}/ping`);
  expect(pinged.statusCode).toBe(202);
  await work();
  const log = await host.get(`/v1/webhooks/${webhook.id}/deliveries?status=delivered`);
  expect(log.json()).toMatchObject({
    deliveries: [{ id: pinged.json().deliveryId, event: "PING", responseStatus: 200, responseExcerpt: "ok" }],
    nextCursor: null,
  });
  const replayed = await host.send(
    "POST",
    `/v1/webhooks/${webhook.id}/deliveries/${pinged.json().deliveryId}/replay`,
  );
  expect(replayed.statusCode).toBe(202);
  await work();
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toBe(bodies[0]);
  const rotated = await host.send("POST", `/v1/webhooks/${webhook.id}/rotate-secret`);
  expect(rotated.json().secret).not.toBe(secret);
  expect(rotated.json().webhook.previousSecretUntil).not.toBeNull();
  expect((await host.send("DELETE", `/v1/webhooks/${webhook.id}`)).statusCode).toBe(204);
  expect((await host.get(`/v1/webhooks/${webhook.id}`)).json().code).toBe("unknown_webhook");
});

test("bookings and cancellations made over the API are told, and an account that ended too", async () => {
  const { webhook } = await make();
  bodies.length = 0;
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  const booked = await world.app.inject({
    method: "POST",
    url: "/v1/bookings",
    body: {
      username: "host",
      eventType: "intro",
      start: `${day}T10:00:00.000Z`,
      timeZone: "UTC",
      guest: { name: "Ann", email: "ann@guest.test" },
    },
  });
  expect(booked.statusCode).toBe(201);
  await host.send("POST", `/v1/bookings/${booked.json().booking.uid}/cancel`, { reason: "ill" });
  const { prisma } = world.database;
  const ended = {
    credentialId: 7,
    userId: host.userId,
    provider: "googlecalendar",
    accountEmail: "host@example.org",
    reason: "invalid_grant",
    at: new Date(),
  };
  const news = createHostNews({ now: () => new Date() });
  await prisma.$transaction((tx) => news.credentialEnded(tx, ended));
  const deliveries = async () =>
    (await host.get(`/v1/webhooks/${webhook.id}/deliveries?limit=100`)).json().deliveries as {
      event: string;
    }[];
  expect((await deliveries()).map(({ event }) => event)).toEqual([
    "CREDENTIAL_INVALID",
    "BOOKING_CANCELLED",
    "BOOKING_CREATED",
  ]);
  for (const { event: type, ...rest } of await deliveries()) {
    const { id, data, createdAt } = rest as unknown as { id: string; data: unknown; createdAt: string };
    expect(
      webhookMessageSchema.safeParse({ id, type, version: 1, timestamp: createdAt, data }).error,
    ).toBeUndefined();
  }
});

test("what cannot be right is refused with a reason", async () => {
  const refusals = [
    [{ url: "https://192.168.0.1/", events: ["BOOKING_CREATED"] }, "bad_webhook_url"],
    [{ url: "ftp://example.com/", events: ["BOOKING_CREATED"] }, "bad_webhook_url"],
    [{ url, events: [] }, "invalid_request"],
    [{ url, events: ["ANYTHING"] }, "invalid_request"],
    [{ url, events: ["BOOKING_CREATED"], teamId: 999_999 }, "unknown_team"],
  ] as const;
  for (const [body, code] of refusals) {
    expect((await host.send("POST", "/v1/webhooks", body)).json()).toMatchObject({ code });
  }
  const { webhook } = await make();
  expect((await host.send("PATCH", `/v1/webhooks/${webhook.id}`, {})).json().code).toBe("invalid_request");
  await host.send("PATCH", `/v1/webhooks/${webhook.id}`, { active: false });
  expect((await host.send("POST", `/v1/webhooks/${webhook.id}/ping`)).json().code).toBe("webhook_inactive");
  expect((await world.app.inject({ method: "GET", url: "/v1/webhooks" })).statusCode).toBe(401);
});
