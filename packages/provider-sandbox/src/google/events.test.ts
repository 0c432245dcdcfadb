import { expect, test } from "vitest";
import { api, client, GUEST, HOST, hour, testSandbox, WEEKLY } from "./test-support.ts";

const EVENTS = "calendars/primary/events";

test("a change of a series is followed by its exceptions, and those without an occurrence are cancelled", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const series = google.putEvent(HOST, "primary", WEEKLY);
  const id = series.id as string;
  google.patchEvent(HOST, "primary", `${id}_20260610T170000Z`, { location: "Church" });
  google.patchEvent(HOST, "primary", `${id}_20260624T170000Z`, { location: "Hall" });

  google.patchEvent(HOST, "primary", id, { summary: "Choir practice" });
  expect(google.event(HOST, "primary", `${id}_20260610T170000Z`)).toMatchObject({
    summary: "Choir practice",
    location: "Church",
  });

  google.patchEvent(HOST, "primary", id, {
    recurrence: ["RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20260618T000000Z"],
  });
  expect(google.event(HOST, "primary", `${id}_20260610T170000Z`).status).toBe("confirmed");
  expect(google.event(HOST, "primary", `${id}_20260624T170000Z`).status).toBe("cancelled");
});

test("all-day series keep their dates over a clock change, and EXDATE leaves a hole", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", {
    start: { date: "2026-10-23" },
    end: { date: "2026-10-24" },
    recurrence: ["RRULE:FREQ=DAILY;COUNT=5", "EXDATE;VALUE=DATE:20261026"],
  });

  const { data } = await client(sandbox).events.instances({
    calendarId: "primary",
    eventId: series.id as string,
  });

  expect(data.items?.map((item) => item.start?.date)).toEqual([
    "2026-10-23",
    "2026-10-24",
    "2026-10-25",
    "2026-10-27",
  ]);
});

test("a weekly series keeps its local hour over a clock change", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", {
    start: { dateTime: "2026-10-21T09:00:00", timeZone: "Europe/Berlin" },
    end: { dateTime: "2026-10-21T10:00:00", timeZone: "Europe/Berlin" },
    recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"],
  });

  const { data } = await client(sandbox).events.instances({
    calendarId: "primary",
    eventId: series.id as string,
  });

  expect(data.items?.map((item) => item.start?.dateTime)).toEqual([
    "2026-10-21T09:00:00+02:00",
    "2026-10-28T09:00:00+01:00",
  ]);
});

test("moving an event makes the other calendar its organizer and leaves a bare stub", async () => {
  const sandbox = await testSandbox();
  const destination = sandbox.google.createCalendar({ email: HOST, summary: "Family" });
  const event = sandbox.google.putEvent(HOST, "primary", { summary: "Trip", ...hour(2, 9) });

  const moved = await client(sandbox).events.move({
    calendarId: "primary",
    eventId: event.id as string,
    destination,
  });

  expect(moved.data).toMatchObject({
    id: event.id,
    summary: "Trip",
    organizer: { email: destination, self: true },
  });
  const left = (await api(sandbox, "GET", `${EVENTS}?showDeleted=true`)).body.items;
  expect(left).toEqual([{ kind: "calendar#event", id: event.id, status: "cancelled" }]);
});

test("bad input is refused with what is wrong: no end, no zone for a series, a bad rule, both date and dateTime, no JSON", async () => {
  const sandbox = await testSandbox();
  const post = async (body: unknown) => (await api(sandbox, "POST", EVENTS, { body })).body.error?.message;

  expect(await post({ start: hour(2, 9).start })).toBe("Missing end time.");
  expect(await post({ ...hour(2, 9), recurrence: ["RRULE:FREQ=DAILY"] })).toBe(
    "Missing time zone definition for start time.",
  );
  expect(await post({ ...WEEKLY, recurrence: ["RRULE:FREQ=NEVER"] })).toMatch(/^Invalid recurrence rule/);
  expect(await post({ ...WEEKLY, recurrence: ["DTSTART:20260603T170000Z"] })).toMatch(
    /^Invalid recurrence rule/,
  );
  expect(await post({ ...hour(2, 9), start: { date: "2026-06-02", dateTime: "2026-06-02T09:00:00Z" } })).toBe(
    "Invalid start time.",
  );
  expect(await post({ ...hour(2, 9), start: { dateTime: "soon" } })).toMatch(/^Invalid value for/);
  const { accessToken } = sandbox.google.issueToken({ email: HOST });
  const broken = await fetch(`${sandbox.url}/calendar/v3/${EVENTS}`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: "{",
  });
  expect(broken.status).toBe(400);
});

test("a fields mask that does not name the tokens loses them", async () => {
  const sandbox = await testSandbox();
  sandbox.google.putEvent(HOST, "primary", { summary: "A", ...hour(2, 9) });

  const without = (await api(sandbox, "GET", `${EVENTS}?fields=items(id,start/dateTime)`)).body;
  expect(Object.keys(without)).toEqual(["items"]);
  expect(Object.keys(without.items[0]).sort()).toEqual(["id", "start"]);
  expect(without.items[0].start).toEqual({ dateTime: "2026-06-02T11:00:00+02:00" });

  const named = (await api(sandbox, "GET", `${EVENTS}?fields=nextSyncToken,nextPageToken,items/id`)).body;
  expect(named.nextSyncToken).toEqual(expect.any(String));
});

test("guests' copies follow a series with its exceptions, and vanish with it", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const series = google.putEvent(HOST, "primary", { ...WEEKLY, attendees: [{ email: GUEST }] });
  const id = series.id as string;
  google.patchEvent(HOST, "primary", `${id}_20260610T170000Z`, { location: "Church" });
  google.patchEvent(HOST, "primary", id, { summary: "Choir practice" });
  expect(google.event(GUEST, "primary", `${id}_20260610T170000Z`)).toMatchObject({
    summary: "Choir practice",
    location: "Church",
    recurringEventId: id,
  });

  google.deleteEvent(HOST, "primary", id);
  const { items } = (await api(sandbox, "GET", `${EVENTS}?showDeleted=true`, { email: GUEST })).body;
  expect(items).toEqual([{ kind: "calendar#event", id, status: "cancelled" }]);
  expect((await api(sandbox, "GET", EVENTS, { email: GUEST })).body.items).toEqual([]);
});

test("a guest answers one instance of a series, and the organizer sees it on that instance alone", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const series = google.putEvent(HOST, "primary", { ...WEEKLY, attendees: [{ email: GUEST }] });
  const instance = `${series.id}_20260610T170000Z`;

  google.patchEvent(GUEST, "primary", instance, {
    attendees: [{ email: GUEST, responseStatus: "tentative" }],
  });

  expect(google.event(HOST, "primary", instance).attendees).toMatchObject([{ responseStatus: "tentative" }]);
  expect(google.event(HOST, "primary", series.id as string).attendees).toMatchObject([
    { responseStatus: "needsAction" },
  ]);
});

test("a calendar prints times in its own zone: copies in the guest's, and all events after a change of zone", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const event = google.putEvent(HOST, "primary", { attendees: [{ email: GUEST }], ...hour(2, 9) });
  const id = event.id as string;
  expect(event.start?.dateTime).toBe("2026-06-02T11:00:00+02:00");
  expect(google.event(GUEST, "primary", id).start?.dateTime).toBe("2026-06-02T05:00:00-04:00");

  google.updateCalendar(HOST, { timeZone: "Asia/Tokyo" });
  const [item] = (await api(sandbox, "GET", EVENTS)).body.items;
  expect(item.start).toEqual({ dateTime: "2026-06-02T18:00:00+09:00", timeZone: "Europe/Berlin" });
  expect(item.etag).toBe(event.etag);
  const asked = (await api(sandbox, "GET", `${EVENTS}?timeZone=UTC`)).body.items[0];
  expect(asked.start.dateTime).toBe("2026-06-02T09:00:00Z");
});

test("with guestsCanModify a guest's edit becomes everybody's", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const event = google.putEvent(HOST, "primary", {
    summary: "Draft",
    guestsCanModify: true,
    attendees: [{ email: GUEST }],
    ...hour(2, 9),
  });

  google.patchEvent(GUEST, "primary", event.id as string, { summary: "Final", ...hour(3, 9) });

  expect(google.event(HOST, "primary", event.id as string)).toMatchObject({
    summary: "Final",
    start: { dateTime: "2026-06-03T11:00:00+02:00" },
  });
});

test("a token with calendar.events.freebusy alone sees when events are, not what they are", async () => {
  const sandbox = await testSandbox();
  sandbox.google.putEvent(HOST, "primary", { summary: "Secret", ...hour(2, 9) });
  const { accessToken: token } = sandbox.google.issueToken({
    email: HOST,
    scopes: ["https://www.googleapis.com/auth/calendar.events.freebusy"],
  });

  const { body } = await api(sandbox, "GET", EVENTS, { token });

  expect(body.items).toHaveLength(1);
  expect(JSON.stringify(body.items)).not.toContain("Secret");
});
