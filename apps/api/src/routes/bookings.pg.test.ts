import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

const GUEST = { name: "Gail Guest", email: "gail@example.com" };
const DAY_MS = 86_400_000;

let world: ApiWorld;
let host: SignedIn;
beforeAll(async () => {
  world = await createApiWorld();
  host = await world.signUp("host");
  await makeEventType(host, { title: "Intro", slug: "intro", durationMinutes: 30 });
});
afterAll(() => world.close());

async function makeEventType(user: SignedIn, fields: object): Promise<{ id: number }> {
  const made = await user.send("POST", "/v1/event-types", fields);
  expect(made.statusCode).toBe(201);
  return made.json().eventType;
}

interface Slot {
  start: string;
  end: string;
  seatsLeft: number;
}

async function slots(eventType = "intro"): Promise<Slot[]> {
  const query = new URLSearchParams({
    username: "host",
    eventType,
    from: new Date(Date.now() + DAY_MS).toISOString(),
    to: new Date(Date.now() + 8 * DAY_MS).toISOString(),
    timeZone: "Asia/Kolkata",
  });
  const answer = await world.app.inject({ url: `/v1/slots?${query}` });
  expect(answer.statusCode).toBe(200);
  return answer.json().days.flatMap((day: { slots: Slot[] }) => day.slots);
}

function book(start: string, guest = GUEST, headers: Record<string, string> = {}) {
  const body = { username: "host", eventType: "intro", start, timeZone: "Asia/Kolkata", guest };
  return world.app.inject({ method: "POST", url: "/v1/bookings", body, headers });
}

async function booked(guest = GUEST): Promise<{ uid: string; token: string; start: string }> {
  const [slot] = await slots();
  const answer = await book(slot?.start ?? "", guest);
  expect(answer.statusCode).toBe(201);
  const { booking, guestToken } = answer.json();
  return { uid: booking.uid, token: guestToken, start: booking.start };
}

test("a stranger sees a host's public page, and no more of the host than that", async () => {
  const page = await world.app.inject({ url: "/v1/public/host" });
  expect(page.json()).toMatchObject({
    host: { username: "host" },
    eventTypes: [{ slug: "intro", durationMinutes: 30 }],
  });
  expect(page.body).not.toContain(host.email);
  expect((await world.app.inject({ url: "/v1/public/host/intro" })).statusCode).toBe(200);
  for (const url of ["/v1/public/nobody", "/v1/public/host/nothing"]) {
    expect((await world.app.inject({ url })).statusCode).toBe(404);
  }
});

test("of ten guests who book one slot at once exactly one gets it; the others learn why", async () => {
  const [slot] = await slots();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      book(slot?.start ?? "", { name: "G", email: `guest-${index}@example.com` }),
    ),
  );
  const statuses = answers.map(({ statusCode }) => statusCode).sort();
  expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
  const refused = answers.find(({ statusCode }) => statusCode === 409);
  expect(refused?.json()).toMatchObject({ code: "slot_taken", status: 409 });
  expect((await slots()).map(({ start }) => start)).not.toContain(slot?.start);
});

test("a request that is repeated with its idempotency key gets the first answer", async () => {
  const [slot] = await slots();
  const headers = { "idempotency-key": "3b1f0c9e-repeat" };
  const first = await book(slot?.start ?? "", GUEST, headers);
  const second = await book(slot?.start ?? "", GUEST, headers);
  expect(first.statusCode).toBe(201);
  expect(second.json().booking.uid).toBe(first.json().booking.uid);
});

test("a guest reads, moves and cancels with the token, and sees nothing of calendars", async () => {
  const { uid, token } = await booked();
  const seen = await world.app.inject({ url: `/v1/bookings/${uid}?token=${token}` });
  expect(seen.json().booking).toMatchObject({ uid, status: "accepted", calendars: [] });
  const [slot] = await slots();
  const act = (what: string, body: object) =>
    world.app.inject({ method: "POST", url: `/v1/bookings/${uid}/${what}`, body });
  const moved = await act("reschedule", { start: slot?.start, token });
  expect(moved.json().booking).toMatchObject({ uid, start: slot?.start, sequence: 1 });
  const cancelled = await act("cancel", { reason: "Ill", token });
  expect(cancelled.json().booking).toMatchObject({ uid, status: "cancelled", cancellationReason: "Ill" });
});

test("without the token, or with another's, a booking does not exist", async () => {
  const { uid } = await booked();
  const other = await booked({ name: "Other", email: "other@example.com" });
  const stranger = await world.signUp("stranger");
  const answers = await Promise.all([
    world.app.inject({ url: `/v1/bookings/${uid}?token=${other.token}` }),
    stranger.get(`/v1/bookings/${uid}`),
    stranger.send("POST", `/v1/bookings/${uid}/cancel`, {}),
    stranger.send("POST", `/v1/bookings/${uid}/reschedule`, { start: other.start }),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404, 404]);
  expect((await world.app.inject({ url: `/v1/bookings/${uid}` })).statusCode).toBe(401);
  expect((await stranger.get("/v1/bookings")).json()).toEqual({ bookings: [], nextCursor: null });
  expect((await stranger.get(`/v1/bookings/${uid}/history`)).json()).toEqual({ changes: [] });
});

test("a host lists, reads, moves and cancels their bookings", async () => {
  const { uid } = await booked({ name: "Listed", email: "listed@example.com" });
  const list = (await host.get("/v1/bookings?limit=100")).json();
  expect(list.bookings.map((booking: { uid: string }) => booking.uid)).toContain(uid);
  expect((await host.get(`/v1/bookings/${uid}`)).json().booking.attendees[0]).toMatchObject({
    email: "listed@example.com",
  });
  const cancelled = await host.send("POST", `/v1/bookings/${uid}/cancel`);
  expect(cancelled.json().booking.status).toBe("cancelled");
  const { changes } = (await host.get(`/v1/bookings/${uid}/history`)).json();
  expect(changes.map((change: { action: string }) => change.action)).toEqual(["cancelled", "booked"]);
  const gone = (await host.get("/v1/bookings?status=cancelled&limit=100")).json();
  expect(gone.bookings.map((booking: { uid: string }) => booking.uid)).toContain(uid);
});

test("a host's calendar holds their bookings in a range of up to 62 days", async () => {
  const { uid, start } = await booked({ name: "Shown", email: "shown@example.com" });
  const from = new Date(Date.parse(start) - DAY_MS).toISOString();
  const to = (days: number) => new Date(Date.parse(from) + days * DAY_MS).toISOString();
  const shown = (await host.get(`/v1/calendar?from=${from}&to=${to(2)}`)).json();
  expect(shown.bookings.map((booking: { uid: string }) => booking.uid)).toContain(uid);
  expect(shown.busy).toEqual([]);
  const tooLong = await host.get(`/v1/calendar?from=${from}&to=${to(63)}`);
  expect(tooLong.json()).toMatchObject({ status: 400, code: "range_unusable" });
});

test("a host changes only their own event types", async () => {
  const { id } = await makeEventType(host, { title: "Own", slug: "own", durationMinutes: 60 });
  expect((await host.send("PATCH", `/v1/event-types/${id}`, { hidden: true })).json().eventType.hidden).toBe(
    true,
  );
  const thief = await world.signUp("thief");
  expect((await thief.send("PATCH", `/v1/event-types/${id}`, { title: "Mine now" })).statusCode).toBe(404);
  expect((await thief.get("/v1/event-types")).json()).toEqual({ eventTypes: [] });
  const twice = await host.send("POST", "/v1/event-types", {
    title: "Own",
    slug: "own",
    durationMinutes: 60,
  });
  expect(twice.json()).toMatchObject({ status: 409, code: "slug_taken" });
});

test("what needs a login says so to strangers", async () => {
  const urls = [
    "/v1/me",
    "/v1/bookings",
    "/v1/event-types",
    "/v1/connections",
    "/v1/destination",
    "/v1/providers",
  ];
  for (const url of [
    ...urls,
    "/v1/sync/status",
    "/v1/api-keys",
    "/v1/calendar?from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z",
  ]) {
    const answer = await world.app.inject({ url });
    expect(answer.statusCode, url).toBe(401);
    expect(answer.json()).toMatchObject({ code: "not_signed_in" });
  }
});
