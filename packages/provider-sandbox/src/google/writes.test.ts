import { expect, test } from "vitest";
import { api, client, GUEST, HOST, hour, refusal, testSandbox, WEEKLY } from "./test-support.ts";

const EVENTS = "calendars/primary/events";

test("13. get of a deleted event answers 200 with status cancelled, and 404 once it is purged", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  sandbox.google.deleteEvent(HOST, "primary", event.id as string);

  const kept = await api(sandbox, "GET", `${EVENTS}/${event.id}`);
  expect([kept.status, kept.body.status]).toEqual([200, "cancelled"]);

  sandbox.google.faults.set({ purgeDeletedAfterMs: 30 * 86_400_000 });
  sandbox.google.advanceTime(31 * 86_400_000);
  expect(refusal(await api(sandbox, "GET", `${EVENTS}/${event.id}`))).toEqual([404, "global", "notFound"]);
});

test("14. insert with an existing id, live or deleted, answers 409 duplicate; an update to confirmed restores a deleted one (switch: 403)", async () => {
  const sandbox = await testSandbox();
  const insert = () =>
    api(sandbox, "POST", EVENTS, { body: { id: "abc123", summary: "Once", ...hour(2, 9) } });
  const restore = () =>
    api(sandbox, "PUT", `${EVENTS}/abc123`, {
      body: { summary: "Back", status: "confirmed", ...hour(2, 9) },
    });

  expect((await insert()).status).toBe(200);
  expect(refusal(await insert())).toEqual([409, "global", "duplicate"]);
  await api(sandbox, "DELETE", `${EVENTS}/abc123`);
  expect(refusal(await insert())).toEqual([409, "global", "duplicate"]);

  sandbox.google.faults.set({ restoreDeleted: "forbidden" });
  expect(refusal(await restore())).toEqual([403, "global", "forbidden"]);
  sandbox.google.faults.set({ restoreDeleted: "allowed" });
  expect((await restore()).body).toMatchObject({ id: "abc123", status: "confirmed", summary: "Back" });
  expect((await api(sandbox, "GET", EVENTS)).body.items).toHaveLength(1);
});

test("15. insert with an id outside [a-v0-9]{5,1024} answers 400 invalid", async () => {
  const sandbox = await testSandbox();
  for (const id of ["abcd", "has_underscore", "UPPER", "wxyz1", "a".repeat(1025)]) {
    const refused = await api(sandbox, "POST", EVENTS, { body: { id, ...hour(2, 9) } });
    expect(refusal(refused), id).toEqual([400, "global", "invalid"]);
    expect(refused.body.error.message).toBe("Invalid resource id value.");
  }
});

test("16. the first delete answers 204 with an empty body, the second 410 deleted (switch: 403)", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  const remove = () => api(sandbox, "DELETE", `${EVENTS}/${event.id}`);

  expect(await remove()).toMatchObject({ status: 204, body: null });
  expect(refusal(await remove())).toEqual([410, "global", "deleted"]);
  sandbox.google.faults.set({ secondDelete: 403 });
  expect((await remove()).status).toBe(403);
});

test("17. a stale If-Match on PUT, PATCH or DELETE answers 412 conditionNotMet and changes nothing; every write changes the etag", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", { summary: "First", ...hour(2, 9) });
  const headers = { "if-match": event.etag as string };
  const path = `${EVENTS}/${event.id}`;

  const patched = await api(sandbox, "PATCH", path, { headers, body: { summary: "Second" } });
  expect(patched.body.etag).not.toBe(event.etag);
  expect(patched.headers.get("etag")).toBe(patched.body.etag);

  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const body = method === "DELETE" ? undefined : { summary: "Third", ...hour(2, 9) };
    const refused = await api(sandbox, method, path, { headers, body });
    expect(refusal(refused), method).toEqual([412, "global", "conditionNotMet"]);
    expect(refused.body.error.errors[0]).toMatchObject({ locationType: "header", location: "If-Match" });
  }
  expect((await api(sandbox, "GET", path)).body).toEqual(patched.body);
});

test("18. the server may touch an event right after a write, so that the etag of the answer is stale already (switch)", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.add({ fault: "touchAfterWrite", times: 1 });

  const created = await api(sandbox, "POST", EVENTS, { body: hour(2, 9) });
  const headers = { "if-match": created.body.etag };

  const refused = await api(sandbox, "PATCH", `${EVENTS}/${created.body.id}`, {
    headers,
    body: { summary: "Late" },
  });
  expect(refused.status).toBe(412);
  const current = await api(sandbox, "GET", `${EVENTS}/${created.body.id}`);
  expect(current.body.etag).not.toBe(created.body.etag);
  expect({ ...current.body, etag: "" }).toEqual({ ...created.body, etag: "" });
});

test("19. If-None-Match with the current etag on GET answers 304", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  const get = () =>
    api(sandbox, "GET", `${EVENTS}/${event.id}`, { headers: { "if-none-match": event.etag as string } });

  expect(await get()).toMatchObject({ status: 304, body: null });
  sandbox.google.patchEvent(HOST, "primary", event.id as string, { summary: "Other" });
  expect((await get()).status).toBe(200);
});

test("20. changing only reminders leaves updated as it was; etag and listing in the next round follow a switch", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  const setReminder = async (minutes: number) => {
    const token = (await api(sandbox, "GET", EVENTS)).body.nextSyncToken;
    sandbox.google.advanceTime(60_000);
    const reminders = { useDefault: false, overrides: [{ method: "popup", minutes }] };
    const { body } = await api(sandbox, "PATCH", `${EVENTS}/${event.id}`, { body: { reminders } });
    return { body, listed: (await api(sandbox, "GET", `${EVENTS}?syncToken=${token}`)).body.items.length };
  };

  const loud = await setReminder(5);
  expect(loud.body.updated).toBe(event.updated);
  expect(loud.listed).toBe(1);

  sandbox.google.faults.set({ reminderChangesAreListed: false });
  const quiet = await setReminder(10);
  expect(quiet.body.updated).toBe(event.updated);
  expect(quiet.body.etag).not.toBe(loud.body.etag);
  expect(quiet.listed).toBe(0);
});

test("21. PATCH keeps absent fields, replaces arrays whole and deletes a map key set to null; PUT removes what is omitted", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", {
    summary: "All",
    location: "Here",
    attendees: [{ email: "a@x.example" }, { email: "b@x.example" }],
    extendedProperties: { private: { one: "1", two: "2" } },
    ...hour(2, 9),
  });
  const calendarApi = client(sandbox);
  const target = { calendarId: "primary", eventId: event.id as string };

  const patched = await calendarApi.events.patch({
    ...target,
    requestBody: {
      summary: "Patched",
      attendees: [{ email: "c@x.example" }],
      extendedProperties: { private: { one: null as unknown as string } },
    },
  });
  expect(patched.data).toMatchObject({ summary: "Patched", location: "Here", start: event.start });
  expect(patched.data.attendees).toEqual([{ email: "c@x.example", responseStatus: "needsAction" }]);
  expect(patched.data.extendedProperties).toEqual({ private: { two: "2" } });

  const put = await calendarApi.events.update({ ...target, requestBody: { summary: "Put", ...hour(2, 9) } });
  expect(put.data).toMatchObject({
    summary: "Put",
    id: event.id,
    iCalUID: event.iCalUID,
    created: event.created,
  });
  for (const field of ["location", "attendees", "extendedProperties"] as const)
    expect(put.data[field]).toBeUndefined();
});

test("22. extended property keys over 44 characters are dropped and values over 1024 cut, both with a 200", async () => {
  const sandbox = await testSandbox();
  const shared = { ["k".repeat(44)]: "fits", ["k".repeat(45)]: "too long", long: "v".repeat(2000) };

  const { status, body } = await api(sandbox, "POST", EVENTS, {
    body: { extendedProperties: { shared }, ...hour(2, 9) },
  });

  expect(status).toBe(200);
  expect(body.extendedProperties.shared).toEqual({ ["k".repeat(44)]: "fits", long: "v".repeat(1024) });
});

test("23. private properties of one calendar's copy are invisible on another's; shared ones are visible on all", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", {
    attendees: [{ email: GUEST }],
    extendedProperties: { private: { mine: "1" }, shared: { ours: "2" } },
    ...hour(2, 9),
  });
  const copy = (await api(sandbox, "GET", `${EVENTS}/${event.id}`, { email: GUEST })).body;
  expect(copy.iCalUID).toBe(event.iCalUID);
  expect(copy.extendedProperties).toEqual({ shared: { ours: "2" } });

  const body = { extendedProperties: { private: { theirs: "3" } } };
  await api(sandbox, "PATCH", `${EVENTS}/${event.id}`, { email: GUEST, body });
  sandbox.google.patchEvent(HOST, "primary", event.id as string, { summary: "Renamed" });

  expect(sandbox.google.event(HOST, "primary", event.id as string).extendedProperties?.private).toEqual({
    mine: "1",
  });
  const later = (await api(sandbox, "GET", `${EVENTS}/${event.id}`, { email: GUEST })).body;
  expect(later).toMatchObject({ summary: "Renamed", extendedProperties: { private: { theirs: "3" } } });
});

test("24. import with a known iCalUID updates that event and mails nobody", async () => {
  const sandbox = await testSandbox();
  const calendarApi = client(sandbox);
  const requestBody = { iCalUID: "known@elsewhere", attendees: [{ email: GUEST }], ...hour(2, 9) };

  const first = await calendarApi.events.import({
    calendarId: "primary",
    requestBody: { summary: "One", ...requestBody },
  });
  const second = await calendarApi.events.import({
    calendarId: "primary",
    requestBody: { summary: "Two", ...requestBody },
  });

  expect(second.data.id).toBe(first.data.id);
  expect(sandbox.google.events(HOST).map((event) => event.summary)).toEqual(["Two"]);
  expect(sandbox.google.guestMail).toEqual([]);
  expect(sandbox.google.events(GUEST)).toEqual([]);
  const cancelled = { summary: "Two", status: "cancelled", ...requestBody };
  await calendarApi.events.import({ calendarId: "primary", requestBody: cancelled });
  expect((await calendarApi.events.list({ calendarId: "primary" })).data.items).toEqual([]);
  expect(refusal(await api(sandbox, "POST", `${EVENTS}/import`, { body: hour(2, 9) }))).toEqual([
    400,
    "global",
    "required",
  ]);
});

test("25. without sendUpdates no guest mail is recorded; all and externalOnly record mail to the right guests", async () => {
  const sandbox = await testSandbox();
  const body = { attendees: [{ email: GUEST }, { email: "outside@elsewhere.example" }], ...hour(2, 9) };
  const mails = () => sandbox.google.guestMail.map(({ kind, to }) => `${kind} ${to}`);

  const silent = await api(sandbox, "POST", EVENTS, { body });
  expect(mails()).toEqual([]);
  await api(sandbox, "PATCH", `${EVENTS}/${silent.body.id}?sendUpdates=externalOnly`, {
    body: { summary: "New" },
  });
  expect(mails()).toEqual(["update outside@elsewhere.example"]);
  await api(sandbox, "POST", `${EVENTS}?sendUpdates=all`, { body });
  expect(mails().slice(1)).toEqual([`invitation ${GUEST}`, "invitation outside@elsewhere.example"]);
  await api(sandbox, "PATCH", `${EVENTS}/${silent.body.id}?sendUpdates=all`, {
    body: { attendees: [{ email: GUEST }] },
  });
  expect(mails().slice(3)).toEqual([`update ${GUEST}`, "cancellation outside@elsewhere.example"]);
  await api(sandbox, "DELETE", `${EVENTS}/${silent.body.id}?sendUpdates=all`);
  expect(mails().slice(5)).toEqual([`cancellation ${GUEST}`]);
});

test("26. a guest's copy rejects PUT without guest fields with 403 forbiddenForNonOrganizer; only responseStatus flows to the organizer", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", {
    summary: "Ours",
    attendees: [{ email: GUEST }],
    ...hour(2, 9),
  });
  const path = `${EVENTS}/${event.id}`;

  const refused = await api(sandbox, "PUT", path, { email: GUEST, body: { summary: "Mine", ...hour(2, 9) } });
  expect(refusal(refused)).toEqual([403, "calendar", "forbiddenForNonOrganizer"]);

  const attendees = [{ email: GUEST, responseStatus: "accepted" }];
  const answered = await api(sandbox, "PATCH", path, { email: GUEST, body: { summary: "Mine", attendees } });
  expect(answered.body).toMatchObject({ summary: "Mine", organizer: { email: HOST } });
  expect(answered.body.attendees).toEqual([expect.objectContaining({ email: GUEST, self: true })]);

  expect(sandbox.google.event(HOST, "primary", event.id as string)).toMatchObject({
    summary: "Ours",
    attendees: [{ email: GUEST, responseStatus: "accepted" }],
  });
  sandbox.google.deleteEvent(GUEST, "primary", event.id as string);
  expect(sandbox.google.event(HOST, "primary", event.id as string)).toMatchObject({
    status: "confirmed",
    attendees: [{ email: GUEST, responseStatus: "declined" }],
  });
});

test("27. a service account without delegation that sets attendees gets 403 forbiddenForServiceAccounts", async () => {
  const sandbox = await testSandbox();
  const robot = "robot@project.iam.gserviceaccount.com";
  const delegate = "delegate@project.iam.gserviceaccount.com";
  sandbox.google.createAccount({ email: robot });
  sandbox.google.createAccount({ email: delegate, delegated: true });
  const insert = (email: string, attendees: object[]) =>
    api(sandbox, "POST", EVENTS, { email, body: { attendees, ...hour(2, 9) } });

  expect(refusal(await insert(robot, [{ email: GUEST }]))).toEqual([
    403,
    "calendar",
    "forbiddenForServiceAccounts",
  ]);
  expect((await insert(robot, [])).status).toBe(200);
  expect((await insert(delegate, [{ email: GUEST }])).status).toBe(200);
});

test("28. a stricter visibility on one instance spreads to the series, a looser one is ignored", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const series = google.putEvent(HOST, "primary", WEEKLY);
  const other = google.patchEvent(HOST, "primary", `${series.id}_20260617T170000Z`, { summary: "Other" });

  google.patchEvent(HOST, "primary", `${series.id}_20260610T170000Z`, { visibility: "private" });
  expect(google.event(HOST, "primary", series.id as string).visibility).toBe("private");
  expect(google.event(HOST, "primary", other.id as string).visibility).toBe("private");

  const looser = google.patchEvent(HOST, "primary", `${series.id}_20260624T170000Z`, {
    visibility: "public",
  });
  expect(looser.visibility).toBe("private");
  expect(google.event(HOST, "primary", series.id as string).visibility).toBe("private");
});

test("29. writing a lower sequence answers 400 invalid; an empty time range answers 400 timeRangeEmpty", async () => {
  const sandbox = await testSandbox();
  const event = sandbox.google.putEvent(HOST, "primary", { sequence: 4, ...hour(2, 9) });
  const patch = (body: object) => api(sandbox, "PATCH", `${EVENTS}/${event.id}`, { body });

  const refused = await patch({ sequence: 3 });
  expect(refusal(refused)).toEqual([400, "global", "invalid"]);
  expect(refused.body.error.message).toMatch(/^Invalid sequence value\./);
  expect((await patch({ sequence: 4 })).body.sequence).toBe(4);
  expect((await patch(hour(3, 9))).body.sequence).toBe(5);

  expect(refusal(await patch({ end: hour(3, 8).start }))).toEqual([400, "calendar", "timeRangeEmpty"]);
  const list = await api(
    sandbox,
    "GET",
    `${EVENTS}?timeMin=2026-06-02T00:00:00Z&timeMax=2026-06-01T00:00:00Z`,
  );
  expect(refusal(list)).toEqual([400, "calendar", "timeRangeEmpty"]);
});

test("30. an expired token answers 401 authError, a missing scope 403 insufficientPermissions, an unknown or invisible calendar 404", async () => {
  const sandbox = await testSandbox();
  const { accessToken: token } = sandbox.google.issueToken({ email: HOST });
  const { accessToken: narrow } = sandbox.google.issueToken({
    email: HOST,
    scopes: ["https://www.googleapis.com/auth/calendar.events.readonly"],
  });

  expect(refusal(await api(sandbox, "POST", EVENTS, { token: narrow, body: hour(2, 9) }))).toEqual([
    403,
    "global",
    "insufficientPermissions",
  ]);
  for (const calendarId of ["nobody@example.com", GUEST]) {
    const refused = await api(sandbox, "GET", `calendars/${calendarId}/events`, { token });
    expect(refusal(refused), calendarId).toEqual([404, "global", "notFound"]);
  }
  sandbox.google.shareCalendar(GUEST, HOST, "reader");
  expect((await api(sandbox, "POST", `calendars/${GUEST}/events`, { token, body: hour(2, 9) })).status).toBe(
    403,
  );

  sandbox.google.advanceTime(3600_000);
  const expired = await api(sandbox, "GET", EVENTS, { token });
  expect(refusal(expired)).toEqual([401, "global", "authError"]);
  expect(expired.body.error.errors[0]).toMatchObject({ locationType: "header", location: "Authorization" });
});
