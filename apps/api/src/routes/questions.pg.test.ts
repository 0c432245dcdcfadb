import { runJobsUntilEmpty } from "@calsync/jobs";
import type { LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiWorld, connectGoogle, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

const GOOGLE = "dana@gmail.test";
const UNKNOWN = "0197a1b2-0000-7000-8000-000000000001";
/** The days that bookings are made on: every test takes one, so that none stands in another's way. */
let days = 2;

let world: ApiWorld;
let host: SignedIn;
let stranger: SignedIn;
let reader: string;

beforeAll(async () => {
  // These tests write more in their seconds than one account may.
  world = await createApiWorld({ MAIL_SETTLE_MS: "0", CALL_LIMIT_FACTOR: "100" });
  world.sandbox.google.createAccount({ email: GOOGLE, timeZone: "UTC" });
  [host, stranger] = [await world.signUp("dana"), await world.signUp("stranger")];
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 60 });
  const connectionId = await connectGoogle(host, GOOGLE);
  await host.send("PUT", "/v1/destination", { connectionId, calendarId: GOOGLE });
  await host.send("PATCH", "/v1/preferences", { conflictPolicy: "ASK", massChangeLimit: 1 });
  const made = await host.send("POST", "/v1/api-keys", { name: "reader", scopes: ["read"] });
  reader = made.json().key;
  await pull();
});
afterAll(() => world.close());

const google = () => world.sandbox.google;
const work = () => runJobsUntilEmpty(world.database.prisma, world.container.sync.jobs);

/** Reads the calendar, as a notification would have it read. */
async function pull(): Promise<void> {
  const { prisma } = world.database;
  const calendars = await prisma.calendarSync.findMany({ where: { userId: host.userId } });
  await world.container.sync.requestPull(calendars.map(({ id }) => id));
  await work();
}

interface Booked {
  uid: string;
  eventId: string;
  /** An hour of the booking's day. */
  at(hour: number): string;
}

/** Bookings at 10, 12, … o'clock of a day of their own, whose events stand in the calendar. */
async function booked(count = 1): Promise<[Booked, ...Booked[]]> {
  days += 1;
  const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const at = (hour: number) => `${day}T${String(hour).padStart(2, "0")}:00:00.000Z`;
  const made: Booked[] = [];
  for (let index = 0; index < count; index++) {
    const guest = { name: "Gail", email: `gail${index}@guest.test` };
    const start = at(10 + 2 * index);
    const body = { username: "dana", eventType: "intro", start, timeZone: "UTC", guest };
    const answer = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
    expect(answer.statusCode).toBe(201);
    await work();
    const { uid } = answer.json().booking;
    const [event] = google()
      .events(GOOGLE)
      .filter((one) => Date.parse(one.start?.dateTime ?? "") === Date.parse(start));
    if (!event) throw new Error(`the booking at ${start} was not written to the calendar`);
    made.push({ uid, eventId: event.id ?? "", at });
  }
  return made as [Booked, ...Booked[]];
}

function moveEvent({ eventId, at }: Booked, hour: number): void {
  google().patchEvent(GOOGLE, GOOGLE, eventId, {
    start: { dateTime: at(hour) },
    end: { dateTime: at(hour + 1) },
  });
}

const startOf = async ({ uid }: Booked) => (await host.get(`/v1/bookings/${uid}`)).json().booking.start;
const statusOf = async ({ uid }: Booked) => (await host.get(`/v1/bookings/${uid}`)).json().booking.status;

/** Refused as problem+json: status and code, and for a request that is not as it should be the part that is not. */
function refusal(answer: LightMyRequestResponse): unknown[] {
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  const { status, code, type, errors } = answer.json();
  expect([status, type]).toEqual([answer.statusCode, `urn:calsync:problem:${code}`]);
  return [status, code, ...(errors ? [errors[0].path] : [])];
}

function withReadingKey(method: "GET" | "POST", url: string, body?: object) {
  const headers = { authorization: `Bearer ${reader}` };
  return world.app.inject({ method, url, headers, ...(body ? { body } : {}) });
}

describe("/v1/conflicts", () => {
  /** Both sides are moved before either hears of the other. @returns the question's id and version */
  async function asked(booking: Booked): Promise<{ id: string; version: string }> {
    moveEvent(booking, 14);
    const to = { start: booking.at(12) };
    expect((await host.send("POST", `/v1/bookings/${booking.uid}/reschedule`, to)).statusCode).toBe(200);
    await pull();
    const { conflicts } = (await host.get("/v1/conflicts")).json();
    expect(conflicts).toMatchObject([{ kind: "fields", state: "open", booking: { uid: booking.uid } }]);
    return (await host.get(`/v1/conflicts/${conflicts[0].id}`)).json().conflict;
  }

  test("a question is listed, shown with both sides and answered, and what was chosen stands on both", async () => {
    const [booking] = await booked();
    const { id, version } = await asked(booking);
    expect((await host.get(`/v1/conflicts/${id}`)).json().conflict).toMatchObject({
      base: { time: { start: booking.at(10) } },
      local: { time: { start: booking.at(12) } },
      remote: { time: { start: booking.at(14) } },
      fields: ["time"],
    });
    const answer = { choice: "remote", expectedVersion: version };
    const done = await host.send("POST", `/v1/conflicts/${id}/resolve`, answer);
    expect(done.statusCode).toBe(200);
    expect(done.json().conflict).toMatchObject({ id, state: "resolved", resolution: "remote" });
    await work();
    expect(await startOf(booking)).toBe(booking.at(14));
    expect((await host.get("/v1/conflicts")).json()).toEqual({ conflicts: [] });
    expect((await host.get("/v1/conflicts?state=closed")).json().conflicts).toMatchObject([{ id }]);
    const again = await host.send("POST", `/v1/conflicts/${id}/resolve`, answer);
    expect(refusal(again)).toEqual([409, "conflict_resolved"]);
  });

  test("an answer to an older version is refused with 409 and the question as it is now, which can be answered", async () => {
    const [booking] = await booked();
    const { id, version } = await asked(booking);
    moveEvent(booking, 15);
    await pull();
    const resolve = (expectedVersion: string) =>
      host.send("POST", `/v1/conflicts/${id}/resolve`, {
        choice: "merge",
        expectedVersion,
        fields: { time: "remote" },
      });
    const late = await resolve(version);
    expect(refusal(late)).toEqual([409, "conflict_changed"]);
    const { conflict } = late.json();
    expect(conflict).toMatchObject({ id, state: "open", remote: { time: { start: booking.at(15) } } });
    expect(await startOf(booking)).toBe(booking.at(12));
    expect((await resolve(conflict.version)).statusCode).toBe(200);
    await work();
    expect(await startOf(booking)).toBe(booking.at(15));
  });

  test("a question is its host's alone, a key that only reads answers none, and a bad answer is told what is bad", async () => {
    const [booking] = await booked();
    const { id, version } = await asked(booking);
    const url = `/v1/conflicts/${id}/resolve`;
    const answer = { choice: "local", expectedVersion: version };

    expect((await stranger.get("/v1/conflicts?state=any")).json()).toEqual({ conflicts: [] });
    expect(refusal(await stranger.get(`/v1/conflicts/${id}`))).toEqual([404, "conflict_not_found"]);
    expect(refusal(await stranger.send("POST", url, answer))).toEqual([404, "conflict_not_found"]);
    const many = await stranger.send("POST", "/v1/conflicts/resolve", { choice: "local", ids: [id] });
    expect(many.json().outcomes).toMatchObject([{ id, refusal: { code: "conflict_not_found" } }]);

    expect((await withReadingKey("GET", `/v1/conflicts/${id}`)).statusCode).toBe(200);
    expect(refusal(await withReadingKey("POST", url, answer))).toEqual([403, "scope_missing"]);
    const all = { choice: "local", ids: [id] };
    expect(refusal(await withReadingKey("POST", "/v1/conflicts/resolve", all))).toEqual([
      403,
      "scope_missing",
    ]);
    expect(refusal(await world.app.inject({ url: "/v1/conflicts" }))).toEqual([401, "not_signed_in"]);

    const bad: [object, unknown[]][] = [
      [{ ...answer, choice: "both" }, [400, "invalid_request", "choice"]],
      [{ choice: "local" }, [400, "invalid_request", "expectedVersion"]],
      [{ ...answer, choice: "merge" }, [400, "invalid_request", "fields"]],
      [{ ...answer, choice: "merge", fields: { title: "local" } }, [400, "field_not_chosen"]],
      [
        { ...answer, choice: "merge", fields: { time: { text: "noon" } } },
        [400, "invalid_request", "fields.time"],
      ],
    ];
    for (const [body, expected] of bad) expect(refusal(await host.send("POST", url, body))).toEqual(expected);
    expect(refusal(await host.get("/v1/conflicts?state=maybe"))).toEqual([400, "invalid_request", "state"]);
    expect(refusal(await host.get("/v1/conflicts/mine"))).toEqual([400, "invalid_request", "id"]);
    expect(refusal(await host.send("POST", "/v1/conflicts/resolve", { choice: "local", ids: [] }))).toEqual([
      400,
      "invalid_request",
      "ids",
    ]);

    expect((await host.get(`/v1/conflicts/${id}`)).json().conflict).toMatchObject({ state: "open", version });
    const mixed = await host.send("POST", "/v1/conflicts/resolve", { choice: "local", ids: [id, UNKNOWN] });
    expect(mixed.json().outcomes).toMatchObject([
      { id, refusal: null },
      { id: UNKNOWN, refusal: { code: "conflict_not_found" } },
    ]);
    await work();
    expect(await startOf(booking)).toBe(booking.at(12));
  });
});

describe("/v1/mass-changes", () => {
  /** Two events are deleted where one is allowed. @returns the question's id */
  async function held(bookings: readonly Booked[]): Promise<string> {
    for (const { eventId } of bookings) google().deleteEvent(GOOGLE, GOOGLE, eventId);
    await pull();
    const { massChanges } = (await host.get("/v1/mass-changes")).json();
    expect(massChanges).toMatchObject([
      { status: "open", cancellations: bookings.length, moves: 0, limit: 1 },
    ]);
    return massChanges[0].id;
  }

  test("one is shown with what would happen, confirmed, and taken back as far as it can be", async () => {
    const bookings = await booked(2);
    const id = await held(bookings);
    const shown = (await host.get(`/v1/mass-changes/${id}`)).json().massChange;
    expect(shown.items).toMatchObject(bookings.map(({ uid }) => ({ bookingUid: uid, action: "cancel" })));
    expect(await Promise.all(bookings.map(statusOf))).toEqual(["accepted", "accepted"]);

    const confirmed = await host.send("POST", `/v1/mass-changes/${id}/confirm`);
    expect([confirmed.statusCode, confirmed.json().massChange.status]).toEqual([202, "confirmed"]);
    await work();
    expect(await Promise.all(bookings.map(statusOf))).toEqual(["cancelled", "cancelled"]);
    expect((await host.get("/v1/mass-changes")).json()).toEqual({ massChanges: [] });
    const [done] = (await host.get("/v1/mass-changes?state=any")).json().massChanges;
    expect(done).toMatchObject({ id, status: "confirmed", finishedAt: expect.any(String) });
    expect((await host.send("POST", `/v1/mass-changes/${id}/confirm`)).statusCode).toBe(202);
    const other = await host.send("POST", `/v1/mass-changes/${id}/restore`);
    expect(refusal(other)).toEqual([409, "mass_change_answered"]);

    // Somebody takes one of the times meanwhile.
    const [first, second] = bookings as [Booked, Booked];
    const guest = { name: "Quick", email: "quick@guest.test" };
    const body = { username: "dana", eventType: "intro", start: first.at(10), timeZone: "UTC", guest };
    const taken = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
    expect(taken.statusCode).toBe(201);
    const undone = await host.send("POST", `/v1/mass-changes/${id}/undo`);
    expect([undone.statusCode, undone.json()]).toMatchObject([
      200,
      { undone: 1, refused: [{ code: "slot_taken", booking: { uid: first.uid } }] },
    ]);
    expect(await Promise.all([first, second].map(statusOf))).toEqual(["cancelled", "accepted"]);
    const after = (await host.get(`/v1/mass-changes/${id}`)).json().massChange;
    expect(after).toMatchObject({ status: "confirmed", applied: 2, undone: 1 });
    await work();
  });

  test("one that is answered with restore cancels nothing, and the events stand again", async () => {
    const bookings = await booked(2);
    const id = await held(bookings);
    expect((await host.send("POST", `/v1/mass-changes/${id}/restore`)).statusCode).toBe(202);
    await work();
    expect(await Promise.all(bookings.map(statusOf))).toEqual(["accepted", "accepted"]);
    const { at } = bookings[0];
    const standing = google()
      .events(GOOGLE)
      .filter(({ status }) => status !== "cancelled")
      .map(({ start }) => Date.parse(start?.dateTime ?? ""));
    expect(standing).toEqual(expect.arrayContaining([Date.parse(at(10)), Date.parse(at(12))]));
  });

  test("another's are not found, a key that only reads answers none, and a bad request is told what is bad", async () => {
    const id = await held(await booked(2));
    expect((await stranger.get("/v1/mass-changes?state=any")).json()).toEqual({ massChanges: [] });
    expect(refusal(await stranger.get(`/v1/mass-changes/${id}`))).toEqual([404, "mass_change_not_found"]);
    for (const what of ["confirm", "restore", "undo"]) {
      const url = `/v1/mass-changes/${id}/${what}`;
      expect(refusal(await stranger.send("POST", url))).toEqual([404, "mass_change_not_found"]);
      expect(refusal(await withReadingKey("POST", url))).toEqual([403, "scope_missing"]);
      const nowhere = await host.send("POST", `/v1/mass-changes/1/${what}`);
      expect(refusal(nowhere)).toEqual([400, "invalid_request", "id"]);
    }
    expect((await withReadingKey("GET", `/v1/mass-changes/${id}`)).json().massChange.status).toBe("open");
    expect(refusal(await host.get("/v1/mass-changes?state=closed"))).toEqual([
      400,
      "invalid_request",
      "state",
    ]);
    await host.send("POST", `/v1/mass-changes/${id}/restore`);
    await work();
  });
});

describe("/v1/changes", () => {
  interface Change {
    id: string;
    reason: string;
    undoable: boolean;
    booking: { uid: string };
  }
  const changes = async (query = ""): Promise<Change[]> =>
    (await host.get(`/v1/changes${query}`)).json().changes;

  /** The event is moved to an hour of its day, which its booking follows. @returns the id of that change */
  async function moved(booking: Booked, hour: number): Promise<string> {
    moveEvent(booking, hour);
    await pull();
    const [latest] = await changes("?limit=1");
    expect(latest).toMatchObject({ reason: "remote-time-changed", booking: { uid: booking.uid } });
    return latest?.id ?? "";
  }
  const undo = (id: string, who = host) => who.send("POST", `/v1/changes/${id}/undo`);

  test("changes are listed in pages, one is undone, and undoing twice gives the same answer", async () => {
    const [booking] = await booked();
    const id = await moved(booking, 14);
    const [first, second, third] = await changes("?limit=3");
    expect(first).toMatchObject({ id, undoable: true, undoneBy: null, explanation: expect.any(String) });
    expect(await changes(`?before=${id}&limit=2`)).toEqual([second, third]);

    const done = await undo(id);
    expect([done.statusCode, done.json().change]).toMatchObject([
      200,
      { reason: "undone-by-host", action: "reschedule", undoes: id },
    ]);
    expect(await startOf(booking)).toBe(booking.at(10));
    expect((await undo(id)).json().change.id).toBe(done.json().change.id);
    expect((await changes()).find((one) => one.id === id)).toMatchObject({
      undoable: false,
      undoneBy: done.json().change.id,
    });
    await work();
    const event = google()
      .events(GOOGLE)
      .find((one) => one.id === booking.eventId);
    expect(Date.parse(event?.start?.dateTime ?? "")).toBe(Date.parse(booking.at(10)));
  });

  test("what cannot be undone any more answers 409 and why", async () => {
    const [booking] = await booked();
    const first = await moved(booking, 14);
    await moved(booking, 15);
    expect(refusal(await undo(first))).toEqual([409, "changed_since"]);
    const created = (await changes()).find(
      ({ reason, booking: { uid } }) => reason === "event-created" && uid === booking.uid,
    );
    expect(refusal(await undo(created?.id ?? ""))).toEqual([409, "not_undoable"]);
    expect(await startOf(booking)).toBe(booking.at(15));
  });

  test("another's change is not found, a key that only reads undoes none, and a bad request is told what is bad", async () => {
    const [booking] = await booked();
    const id = await moved(booking, 14);
    expect((await stranger.get("/v1/changes")).json()).toEqual({ changes: [] });
    expect(refusal(await undo(id, stranger))).toEqual([404, "change_not_found"]);
    expect(refusal(await undo(UNKNOWN))).toEqual([404, "change_not_found"]);
    expect(refusal(await undo("last"))).toEqual([400, "invalid_request", "id"]);
    expect((await withReadingKey("GET", "/v1/changes")).statusCode).toBe(200);
    expect(refusal(await withReadingKey("POST", `/v1/changes/${id}/undo`))).toEqual([403, "scope_missing"]);
    expect(refusal(await host.get("/v1/changes?limit=0"))).toEqual([400, "invalid_request", "limit"]);
    expect(refusal(await host.get("/v1/changes?before=yesterday"))).toEqual([
      400,
      "invalid_request",
      "before",
    ]);
    expect(await startOf(booking)).toBe(booking.at(14));
  });
});
