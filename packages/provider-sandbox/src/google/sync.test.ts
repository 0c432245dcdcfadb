import { expect, test } from "vitest";
import { api, client, GUEST, HOST, hour, refusal, testSandbox, WEEKLY } from "./test-support.ts";

const LIST = "calendars/primary/events";

/** Follows all pages of a list; gives the items and the last page. */
async function listAll(sandbox: Parameters<typeof api>[0], query: string, email: string = HOST) {
  // biome-ignore lint/suspicious/noExplicitAny: items of an answer
  const items: any[] = [];
  const pages: number[] = [];
  const { accessToken: token } = sandbox.google.issueToken({ email });
  let pageToken = "";
  for (;;) {
    const { body } = await api(sandbox, "GET", `${LIST}?${query}${pageToken && `&pageToken=${pageToken}`}`, {
      token,
    });
    items.push(...body.items);
    pages.push(body.items.length);
    if (!body.nextPageToken) return { items, pages, last: body };
    expect(body.nextSyncToken).toBeUndefined();
    pageToken = body.nextPageToken;
  }
}

test("1. list pages repeat until there is no nextPageToken, and only the last has nextSyncToken; empty pages occur", async () => {
  const sandbox = await testSandbox();
  for (let day = 1; day <= 7; day += 1)
    sandbox.google.putEvent(HOST, "primary", { summary: `${day}`, ...hour(day, 9) });
  sandbox.google.faults.add({ fault: "emptyPage", times: 1 });

  const { items, pages, last } = await listAll(sandbox, "maxResults=3");

  expect(pages).toEqual([0, 3, 3, 1]);
  expect(items.map((item) => item.summary)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  expect(last.nextSyncToken).toEqual(expect.any(String));
});

test("2. a sync token with a forbidden parameter or showDeleted=false answers 400 and stays usable", async () => {
  const sandbox = await testSandbox();
  const { last } = await listAll(sandbox, "");
  const token = encodeURIComponent(last.nextSyncToken);
  const forbidden = [
    "iCalUID=x",
    "orderBy=updated",
    "privateExtendedProperty=a%3Db",
    "sharedExtendedProperty=a%3Db",
    "q=x",
    "timeMin=2026-06-01T00:00:00Z",
    "timeMax=2026-06-01T00:00:00Z",
    "updatedMin=2026-06-01T00:00:00Z",
    "showDeleted=false",
  ];

  for (const parameter of forbidden) {
    const answer = await api(sandbox, "GET", `${LIST}?syncToken=${token}&${parameter}`);
    expect(refusal(answer), parameter).toEqual([400, "calendar", "syncTokenWithRequestRestrictions"]);
  }

  expect((await api(sandbox, "GET", `${LIST}?syncToken=${token}`)).status).toBe(200);
});

test("3. an incremental call returns deleted events, bare and detailed, though showDeleted was omitted", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const own = google.putEvent(HOST, "primary", { summary: "Mine", ...hour(2, 9) });
  const invited = google.putEvent(GUEST, "primary", { ...hour(2, 12), attendees: [{ email: HOST }] });
  const { last } = await listAll(sandbox, "");
  google.deleteEvent(HOST, "primary", own.id as string);
  google.patchEvent(GUEST, "primary", invited.id as string, { attendees: [] });

  const { items } = await listAll(sandbox, `syncToken=${last.nextSyncToken}`);

  expect(items).toEqual([
    expect.objectContaining({ id: own.id, status: "cancelled", summary: "Mine" }),
    { kind: "calendar#event", id: invited.id, status: "cancelled" },
  ]);
});

test("4. an incremental call without changes is empty and gives a usable token; an older token works again", async () => {
  const sandbox = await testSandbox();
  const first = (await listAll(sandbox, "")).last.nextSyncToken;
  const quiet = await listAll(sandbox, `syncToken=${first}`);
  expect(quiet.items).toEqual([]);

  sandbox.google.putEvent(HOST, "primary", { summary: "A", ...hour(2, 9) });
  const second = await listAll(sandbox, `syncToken=${quiet.last.nextSyncToken}`);
  sandbox.google.putEvent(HOST, "primary", { summary: "B", ...hour(2, 10) });

  const names = async (token: string) =>
    (await listAll(sandbox, `syncToken=${token}`)).items.map((item) => item.summary);
  expect(second.items.map((item) => item.summary)).toEqual(["A"]);
  expect(await names(second.last.nextSyncToken)).toEqual(["B"]);
  expect(await names(first)).toEqual(["A", "B"]);
});

test("5. expired and ACL-invalidated tokens answer 410 fullSyncRequired, undecodable ones 400 invalid (switch: 410)", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const fresh = async (email: string = HOST, calendar = "primary") =>
    (await api(sandbox, "GET", `calendars/${calendar}/events`, { email })).body.nextSyncToken;
  const use = async (token: string, email: string = HOST, calendar = "primary") =>
    api(sandbox, "GET", `calendars/${calendar}/events?syncToken=${token}`, { email });

  const expired = await fresh();
  google.expireSyncTokens(HOST);
  const answer = await use(expired);
  expect(refusal(answer)).toEqual([410, "calendar", "fullSyncRequired"]);
  expect(answer.body.error.errors[0]).toMatchObject({ locationType: "parameter", location: "syncToken" });

  google.shareCalendar(HOST, GUEST, "reader");
  const shared = await fresh(GUEST, HOST);
  google.shareCalendar(HOST, GUEST, "writer");
  expect(refusal(await use(shared, GUEST, HOST))).toEqual([410, "calendar", "fullSyncRequired"]);

  google.faults.set({ syncTokenLifetimeMs: 60_000 });
  const aging = await fresh();
  expect((await use(aging)).status).toBe(200);
  google.advanceTime(61_000);
  expect((await use(aging)).status).toBe(410);

  google.faults.add({ fault: "loseSyncToken", calendarId: HOST, times: 1 });
  const lost = await fresh();
  expect((await use(lost)).status).toBe(410);
  expect((await use(lost)).status).toBe(200);

  expect(refusal(await use("no-such-token"))).toEqual([400, "global", "invalid"]);
  google.faults.set({ undecodableSyncToken: 410 });
  expect(refusal(await use("no-such-token"))).toEqual([410, "calendar", "fullSyncRequired"]);
});

test("6. incremental rounds are not limited to the window of the initial request", async () => {
  const sandbox = await testSandbox();
  const window = "timeMin=2026-06-01T00:00:00Z&timeMax=2026-06-30T00:00:00Z";
  const { last } = await listAll(sandbox, window);
  sandbox.google.putEvent(HOST, "primary", {
    summary: "Next year",
    start: { dateTime: "2027-06-01T10:00:00Z" },
    end: { dateTime: "2027-06-01T11:00:00Z" },
  });

  expect((await listAll(sandbox, window)).items).toEqual([]);
  const { items } = await listAll(sandbox, `syncToken=${last.nextSyncToken}`);
  expect(items.map((item) => item.summary)).toEqual(["Next year"]);

  // With instances, one edit of an endless series reaches years ahead.
  const expanded = await listAll(sandbox, `${window}&singleEvents=true`);
  sandbox.google.putEvent(HOST, "primary", WEEKLY);
  const instances = await listAll(sandbox, `singleEvents=true&syncToken=${expanded.last.nextSyncToken}`);
  expect(instances.items).toHaveLength(730);
  expect(instances.items.at(-1).start.dateTime).toMatch(/^2040-/);
});

test("7. a list with orderBy has no nextSyncToken, and orderBy=startTime needs singleEvents=true", async () => {
  const sandbox = await testSandbox();
  for (const day of [5, 3, 4])
    sandbox.google.putEvent(HOST, "primary", { summary: `${day}`, ...hour(day, 9) });

  const { items, last } = await listAll(sandbox, "orderBy=startTime&singleEvents=true&maxResults=2");
  expect(items.map((item) => item.summary)).toEqual(["3", "4", "5"]);
  expect(last.nextSyncToken).toBeUndefined();

  const refused = await api(sandbox, "GET", `${LIST}?orderBy=startTime`);
  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toBe(
    "The requested ordering is not available for the particular query.",
  );
});

test("8. an updatedMin that is too old answers 410 updatedMinTooLongAgo", async () => {
  const sandbox = await testSandbox();
  sandbox.google.faults.set({ updatedMinLimitMs: 20 * 86_400_000 });

  const refused = await api(sandbox, "GET", `${LIST}?updatedMin=2026-05-10T00:00:00Z`);
  expect(refusal(refused)).toEqual([410, "calendar", "updatedMinTooLongAgo"]);

  const event = sandbox.google.putEvent(HOST, "primary", hour(2, 9));
  sandbox.google.deleteEvent(HOST, "primary", event.id as string);
  const answered = await api(sandbox, "GET", `${LIST}?updatedMin=2026-05-20T00:00:00Z`);
  expect(answered.body.items).toEqual([expect.objectContaining({ id: event.id, status: "cancelled" })]);
});

test("9. a deleted instance is a cancelled exception with id, recurringEventId and originalStartTime", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", WEEKLY);
  const { last } = await listAll(sandbox, "");
  const calendarApi = client(sandbox);
  const originalStart = "2026-06-10T19:00:00+02:00";
  const found = await calendarApi.events.instances({
    calendarId: "primary",
    eventId: series.id as string,
    originalStart,
  });
  const instance = found.data.items?.[0];
  await calendarApi.events.delete({ calendarId: "primary", eventId: instance?.id as string });

  const expected = {
    kind: "calendar#event",
    etag: expect.any(String),
    id: `${series.id}_20260610T170000Z`,
    status: "cancelled",
    recurringEventId: series.id,
    originalStartTime: { dateTime: originalStart, timeZone: "Europe/Berlin" },
  };
  expect((await listAll(sandbox, `syncToken=${last.nextSyncToken}`)).items).toEqual([expected]);
  // It is the only record of the hole: listed without showDeleted too.
  expect((await listAll(sandbox, "")).items).toContainEqual(expected);
  const june = await listAll(sandbox, "singleEvents=true&timeMax=2026-07-01T00:00:00Z");
  expect(june.items.map((item) => item.start.dateTime.slice(8, 10))).toEqual(["03", "17", "24"]);
});

test("10. singleEvents=false yields single events, masters and exceptions; true yields instances, never masters", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", WEEKLY);
  sandbox.google.patchEvent(HOST, "primary", `${series.id}_20260610T170000Z`, { summary: "Concert" });
  sandbox.google.putEvent(HOST, "primary", { summary: "Single", ...hour(2, 9) });

  const kept = await listAll(sandbox, "");
  expect(kept.items.map((item) => [item.summary, Boolean(item.recurrence), item.recurringEventId])).toEqual([
    ["Choir", true, undefined],
    ["Concert", false, series.id],
    ["Single", false, undefined],
  ]);

  const june = await listAll(sandbox, "singleEvents=true&orderBy=startTime&timeMax=2026-07-01T00:00:00Z");
  expect(june.items.map((item) => item.summary)).toEqual(["Single", "Choir", "Concert", "Choir", "Choir"]);
  expect(june.items.every((item) => item.recurrence === undefined)).toBe(true);
});

test("11. a deleted series is one cancelled master, or cancelled instances up to a limited horizon", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", WEEKLY);
  sandbox.google.patchEvent(HOST, "primary", `${series.id}_20260610T170000Z`, { summary: "Concert" });
  const masters = (await listAll(sandbox, "")).last.nextSyncToken;
  const expanded = (await listAll(sandbox, "singleEvents=true")).last.nextSyncToken;
  sandbox.google.deleteEvent(HOST, "primary", series.id as string);

  const first = await listAll(sandbox, `syncToken=${masters}`);
  expect(first.items.map((item) => [item.id, item.status])).toEqual([[series.id, "cancelled"]]);

  const second = await listAll(sandbox, `singleEvents=true&syncToken=${expanded}`);
  // Six months of Wednesdays.
  expect(second.items).toHaveLength(26);
  expect(
    second.items.every((item) => item.status === "cancelled" && item.recurringEventId === series.id),
  ).toBe(true);
});

test("12. all instances of a series share one iCalUID, and a moved one keeps its originalStartTime", async () => {
  const sandbox = await testSandbox();
  const series = sandbox.google.putEvent(HOST, "primary", WEEKLY);
  const moved = sandbox.google.patchEvent(HOST, "primary", `${series.id}_20260610T170000Z`, hour(11, 6));

  expect(moved.start?.dateTime).toBe("2026-06-11T08:00:00+02:00");
  expect(moved.originalStartTime?.dateTime).toBe("2026-06-10T19:00:00+02:00");
  const { items } = await listAll(sandbox, "singleEvents=true&timeMax=2026-07-01T00:00:00Z");
  expect(new Set(items.map((item) => item.iCalUID))).toEqual(new Set([series.iCalUID]));
  expect(new Set(items.map((item) => item.id)).size).toBe(4);
});

test("43. a calendar list round omits entries whose read-only fields alone changed and reports removed ones", async () => {
  const sandbox = await testSandbox();
  const { google } = sandbox;
  const family = google.createCalendar({ email: HOST, summary: "Family" });
  const work = google.createCalendar({ email: HOST, summary: "Work" });
  const calendarApi = client(sandbox);
  const full = (await calendarApi.calendarList.list({})).data;
  expect(full.items?.map((entry) => entry.summary)).toEqual([HOST, "Family", "Work"]);

  google.updateCalendar(family, { summary: "Relatives" });
  const syncToken = full.nextSyncToken as string;
  const quiet = (await calendarApi.calendarList.list({ syncToken })).data;
  expect(quiet.items).toEqual([]);

  google.deleteCalendar(work);
  await calendarApi.calendarList.patch({
    calendarId: family,
    requestBody: { summaryOverride: "Mine", hidden: true },
  });
  const round = (await calendarApi.calendarList.list({ syncToken: quiet.nextSyncToken as string })).data;
  expect(round.items).toEqual([
    expect.objectContaining({ id: work, deleted: true }),
    expect.objectContaining({ id: family, summary: "Relatives", summaryOverride: "Mine", hidden: true }),
  ]);
  const refused = await api(
    sandbox,
    "GET",
    `users/me/calendarList?syncToken=${syncToken}&minAccessRole=owner`,
  );
  expect(refused.status).toBe(400);
});

test("45. a user with freeBusyReader sees expanded instances without details", async () => {
  const sandbox = await testSandbox();
  sandbox.google.putEvent(HOST, "primary", WEEKLY);
  sandbox.google.shareCalendar(HOST, GUEST, "freeBusyReader");

  const list = await client(sandbox, GUEST).events.list({
    calendarId: HOST,
    timeMax: "2026-06-30T00:00:00Z",
  });

  expect(list.data.accessRole).toBe("freeBusyReader");
  expect(list.data.items).toHaveLength(4);
  for (const item of list.data.items ?? []) {
    expect(item.summary).toBeUndefined();
    expect(item.recurringEventId).toEqual(expect.any(String));
    expect(item.visibility).toBe("private");
  }
});
