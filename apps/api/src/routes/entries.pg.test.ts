import { afterAll, beforeAll, expect, test } from "vitest";
import { CSRF_HEADER } from "../plugins/csrf.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
beforeAll(async () => {
  world = await createApiWorld();
  host = await world.signUp("host");
});
afterAll(() => world.close());

const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
const time = { allDay: false, start: `${day}T10:00:00+02:00`, end: `${day}T11:00:00+02:00` };

function change(uid: string, etag: string, body: object) {
  return world.app.inject({
    method: "PATCH",
    url: `/v1/events/${uid}`,
    headers: { cookie: host.cookie, [CSRF_HEADER]: "1", "if-match": etag },
    body,
  });
}

test("an entry is made, read, listed, changed on its ETag and deleted", async () => {
  const made = await host.send("POST", "/v1/events", {
    title: "  Dentist\t",
    time,
    description: "a\r\nb\u0007",
  });
  expect(made.statusCode).toBe(201);
  const { entry } = made.json();
  expect(entry).toMatchObject({
    title: "Dentist",
    description: "a\nb",
    status: "accepted",
    time: { allDay: false, start: `${day}T08:00:00.000Z`, timeZone: "UTC" },
    attendees: [],
  });
  const read = await host.get(`/v1/events/${entry.uid}`);
  expect(read.headers.etag).toBe(`"${entry.version}"`);
  const range = `from=${day}T00:00:00Z&to=${day}T23:00:00Z`;
  expect((await host.get(`/v1/events?${range}`)).json().entries).toMatchObject([{ uid: entry.uid }]);
  expect((await host.get(`/v1/calendar?${range}`)).json().bookings).toMatchObject([
    { uid: entry.uid, kind: "entry" },
  ]);
  const changed = await host.send("PATCH", `/v1/events/${entry.uid}`, { location: "Main Street" });
  expect(changed.json().entry).toMatchObject({ location: "Main Street", title: "Dentist" });
  expect(changed.headers.etag).not.toBe(read.headers.etag);
  expect((await host.send("DELETE", `/v1/events/${entry.uid}`)).statusCode).toBe(204);
  expect((await host.get(`/v1/events/${entry.uid}`)).json().entry.status).toBe("cancelled");
  expect((await host.get(`/v1/events?${range}`)).json().entries).toEqual([]);
});

test("a change on an old ETag answers 412 and says what to do", async () => {
  const { entry } = (await host.send("POST", "/v1/events", { title: "Walk", time })).json();
  const etag = `"${entry.version}"`;
  expect((await change(entry.uid, etag, { title: "Long walk" })).statusCode).toBe(200);
  const refused = await change(entry.uid, etag, { title: "Short walk" });
  expect(refused.statusCode).toBe(412);
  expect(refused.json()).toMatchObject({ code: "entry_changed", hint: expect.stringContaining("ETag") });
  expect((await change(entry.uid, "nonsense", { title: "x" })).json().code).toBe("bad_if_match");
  expect((await change(entry.uid, "*", { title: "Any walk" })).statusCode).toBe(200);
});

test("what cannot be right is refused, field by field", async () => {
  const refusals: [object, string][] = [
    [{ time }, "title"],
    [{ title: " \n ", time }, "title"],
    [{ title: "x".repeat(201), time }, "title"],
    [{ title: "x", time: { ...time, end: time.start } }, "time.end"],
    [{ title: "x", time: { ...time, end: "2199-01-01T00:00:00Z" } }, "time.end"],
    [{ title: "x", time: { ...time, timeZone: "Mars/Olympus" } }, "time.timeZone"],
    [{ title: "x", time: { allDay: true, start: day, end: `${day}T00:00:00Z` } }, "time.end"],
    [{ title: "x", time, attendees: [{ email: "nobody" }] }, "attendees.0.email"],
    [{ title: "x", time, attendees: [{ email: "a@b.test" }, { email: "A@b.test" }] }, "attendees"],
    [{ title: "x", time, calendars: [] }, "calendars"],
  ];
  for (const [body, path] of refusals) {
    const answer = await host.send("POST", "/v1/events", body);
    expect([answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([400, path]);
  }
});
