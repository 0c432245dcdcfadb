import { expect, test } from "vitest";
import { api, HOST, hour, refusal, type TestSandbox, testSandbox, WEEKLY } from "./test-support.ts";

const WINDOW = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";
const DELTA = `me/calendarView/delta?${WINDOW}`;
const STUB = ["@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"];

// biome-ignore lint/suspicious/noExplicitAny: items of an answer
type Items = any[];

/** Follows all pages of a round; gives the items, the pages' sizes and the deltaLink. */
async function round(sandbox: TestSandbox, path: string = DELTA, prefer?: string) {
  const items: Items = [];
  const pages: number[] = [];
  let next = path;
  for (;;) {
    const { status, body } = await api(sandbox, "GET", next, prefer === undefined ? {} : { prefer });
    expect(status, JSON.stringify(body)).toBe(200);
    items.push(...body.value);
    pages.push(body.value.length);
    const links = [body["@odata.nextLink"], body["@odata.deltaLink"]].filter(Boolean);
    expect(links).toHaveLength(1);
    if (body["@odata.deltaLink"]) return { items, pages, link: body["@odata.deltaLink"] as string };
    next = body["@odata.nextLink"];
  }
}

const removedIds = (items: Items) => items.filter((item) => item["@removed"]).map(({ id }) => id);
const idsOf = (items: Items) => items.map(({ id }) => id);

test("16. delta with $filter, $orderby, $search, $expand or $top returns 400 ErrorInvalidUrlQuery; $select likewise (switch: accepted)", async () => {
  const sandbox = await testSandbox();
  for (const option of [
    "$filter=type eq 'x'",
    "$orderby=subject",
    "$search=a",
    "$expand=a",
    "$top=5",
    "$select=id",
  ]) {
    const answer = await api(sandbox, "GET", `${DELTA}&${option.replaceAll(" ", "%20")}`);
    expect(refusal(answer), option).toEqual([400, "ErrorInvalidUrlQuery"]);
  }
  sandbox.graph.faults.set({ selectInDelta: "accepted" });
  expect((await api(sandbox, "GET", `${DELTA}&$select=id`)).status).toBe(200);
});

test("17. delta without a window and calendarView over 1,825 days return 400 (delta over it: switch); events/delta is refused", async () => {
  const sandbox = await testSandbox();
  const long = "startDateTime=2020-01-01T00:00:00Z&endDateTime=2026-06-01T00:00:00Z";
  expect(refusal(await api(sandbox, "GET", "me/calendarView/delta"))).toEqual([400, "ErrorInvalidParameter"]);
  expect(refusal(await api(sandbox, "GET", `me/calendarView?${long}`))).toEqual([400, "ErrorInvalidRequest"]);
  expect((await api(sandbox, "GET", `me/calendarView/delta?${long}`)).status).toBe(200);
  sandbox.graph.faults.set({ deltaWindowLimit: "1825 days" });
  expect((await api(sandbox, "GET", `me/calendarView/delta?${long}`)).status).toBe(400);
  expect((await api(sandbox, "GET", "me/events/delta")).status).toBe(400);
});

test("18. delta pages obey odata.maxpagesize, may be empty, and end in exactly one deltaLink", async () => {
  const sandbox = await testSandbox();
  for (let day = 1; day <= 5; day += 1) sandbox.graph.putEvent(HOST, "primary", hour(day, 9));
  sandbox.graph.faults.add({ fault: "emptyPage", times: 1 });
  const { pages, link } = await round(sandbox, DELTA, "odata.maxpagesize=2");
  expect(pages).toEqual([0, 2, 2, 1]);
  expect((await round(sandbox, link)).pages).toEqual([0]);
});

test("19. a deltaLink ignores added date parameters and keeps its window; Prefer headers count only for their request", async () => {
  const sandbox = await testSandbox();
  const { link } = await round(
    sandbox,
    DELTA,
    'outlook.timezone="Tokyo Standard Time", IdType="ImmutableId"',
  );
  const inside = sandbox.graph.putEvent(HOST, "primary", hour(3, 9));
  const { items } = await round(sandbox, `${link}&startDateTime=2027-01-01&endDateTime=2027-02-01`);
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ id: inside.id, start: { timeZone: "UTC" } });
});

test("20. an event deleted in the window yields @removed with reason deleted and no other event field", async () => {
  const sandbox = await testSandbox();
  const { id } = sandbox.graph.putEvent(HOST, "primary", hour(3, 9));
  const { link } = await round(sandbox);
  sandbox.graph.deleteEvent(HOST, id as string);
  expect((await round(sandbox, link)).items).toEqual([
    { "@odata.type": "#microsoft.graph.event", id, "@removed": { reason: "deleted" } },
  ]);
});

test("21. creating, changing or deleting an event outside the window yields @removed, and so does moving one out of it", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const inside = graph.putEvent(HOST, "primary", hour(3, 9));
  let { link } = await round(sandbox);
  const next = async () => {
    const answer = await round(sandbox, link);
    link = answer.link;
    return answer.items;
  };
  const outside = graph.putEvent(HOST, "primary", hour(40, 9));
  expect(removedIds(await next())).toEqual([outside.id]);
  graph.patchEvent(HOST, outside.id as string, { subject: "Later" });
  expect(removedIds(await next())).toEqual([outside.id]);
  graph.deleteEvent(HOST, outside.id as string);
  expect(removedIds(await next())).toEqual([outside.id]);
  graph.patchEvent(HOST, inside.id as string, hour(45, 9));
  expect(removedIds(await next())).toEqual([inside.id]);
  expect((await api(sandbox, "GET", `me/events/${inside.id}`)).status).toBe(200);
});

test("22. ordinary occurrences in delta carry only the seven stub properties; masters and exceptions are full", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const master = graph.putEvent(HOST, "primary", WEEKLY);
  const first = (await round(sandbox)).items;
  const occurrence = first.find(
    (item) => item.type === "occurrence" && item.start.dateTime.includes("06-10"),
  );
  graph.patchEvent(HOST, occurrence.id, { subject: "Rehearsal" });

  const { items } = await round(sandbox);
  const stubs = items.filter((item) => item.type === "occurrence");
  expect(stubs).toHaveLength(3);
  for (const stub of stubs) expect(Object.keys(stub).sort()).toEqual(STUB);
  expect(stubs[0].seriesMasterId).toBe(master.id);
  const exception = items.find((item) => item.type === "exception");
  expect(exception).toMatchObject({
    id: occurrence.id,
    subject: "Rehearsal",
    seriesMasterId: master.id,
    originalStart: "2026-06-10T17:00:00.0000000Z",
  });
  expect(items.find((item) => item.type === "seriesMaster")).toMatchObject({
    subject: "Choir",
    start: { dateTime: "2026-06-03T17:00:00.0000000" },
    recurrence: { pattern: { type: "weekly", daysOfWeek: ["wednesday"] } },
  });
  const view = (await api(sandbox, "GET", `me/calendarView?${WINDOW}`)).body.value;
  expect(view.map((event: { type: string; subject: string }) => `${event.type} ${event.subject}`)).toEqual([
    "occurrence Choir",
    "exception Rehearsal",
    "occurrence Choir",
    "occurrence Choir",
  ]);
});

test("23. a change of a series, or of one occurrence, re-delivers the master and all remaining occurrences, possibly over pages", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const master = graph.putEvent(HOST, "primary", WEEKLY);
  const first = await round(sandbox);
  graph.patchEvent(HOST, master.id as string, { subject: "Choir practice" });
  const edited = await round(sandbox, first.link, "odata.maxpagesize=2");
  expect(edited.pages).toEqual([2, 2, 1]);
  expect(idsOf(edited.items).sort()).toEqual(idsOf(first.items).sort());

  const [one] = edited.items.filter((item) => item.type === "occurrence");
  graph.patchEvent(HOST, one.id, { location: { displayName: "Hall" } });
  const again = await round(sandbox, edited.link);
  expect(idsOf(again.items).sort()).toEqual(idsOf(first.items).sort());
});

test("24. a deleted occurrence yields no @removed, a deleted series one for the master (switch: each); rescheduling gives new ids", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const master = graph.putEvent(HOST, "primary", WEEKLY);
  const first = await round(sandbox);
  const occurrences = first.items.filter((item) => item.type === "occurrence");
  graph.deleteEvent(HOST, occurrences[1].id);
  const second = await round(sandbox, first.link);
  expect(removedIds(second.items)).toEqual([]);
  expect(idsOf(second.items)).not.toContain(occurrences[1].id);
  expect(second.items).toHaveLength(4);

  graph.patchEvent(HOST, master.id as string, {
    start: { dateTime: "2026-06-03T18:00:00", timeZone: "Europe/Berlin" },
    end: { dateTime: "2026-06-03T19:00:00", timeZone: "Europe/Berlin" },
  });
  const third = await round(sandbox, second.link);
  expect(removedIds(third.items)).toEqual([]);
  const fresh = third.items.filter((item) => item.type === "occurrence");
  expect(fresh).toHaveLength(4);
  for (const { id } of occurrences) expect(idsOf(fresh)).not.toContain(id);

  graph.deleteEvent(HOST, master.id as string);
  expect(removedIds((await round(sandbox, third.link)).items)).toEqual([master.id]);
  graph.faults.set({ deletedSeries: "occurrences" });
  expect(removedIds((await round(sandbox, third.link)).items)).toHaveLength(5);
});

test("25. cancelledOccurrences appears only on GET of the master with $select", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const master = graph.putEvent(HOST, "primary", WEEKLY);
  const { items } = await round(sandbox);
  graph.deleteEvent(HOST, items.find((item) => item.type === "occurrence").id);
  const path = `me/events/${master.id}`;
  expect((await api(sandbox, "GET", path)).body.cancelledOccurrences).toBeUndefined();
  const listed = (await api(sandbox, "GET", "me/events?$select=cancelledOccurrences")).body.value[0];
  expect(listed.cancelledOccurrences).toBeUndefined();
  const { body } = await api(sandbox, "GET", `${path}?$select=cancelledOccurrences`);
  expect(body.cancelledOccurrences).toEqual([`OID.${master.id}.2026-06-03`]);
});

test("26. the same entity can appear twice in a round and a known change can be replayed", async () => {
  const sandbox = await testSandbox();
  const { id } = sandbox.graph.putEvent(HOST, "primary", hour(3, 9));
  sandbox.graph.faults.add({ fault: "repeatEntity", times: 1 });
  const first = await round(sandbox);
  expect(idsOf(first.items)).toEqual([id, id]);
  sandbox.graph.faults.add({ fault: "replayChange", times: 1 });
  expect(idsOf((await round(sandbox, first.link)).items)).toEqual([id]);
});

test("27. a freshly written change may be absent from the first delta call and comes in the next", async () => {
  const sandbox = await testSandbox();
  const { link } = await round(sandbox);
  const { id } = sandbox.graph.putEvent(HOST, "primary", hour(3, 9));
  sandbox.graph.faults.add({ fault: "hideFreshChange", times: 1 });
  const early = await round(sandbox, link);
  expect(early.items).toEqual([]);
  expect(idsOf((await round(sandbox, early.link)).items)).toEqual([id]);
});

test("28. only the last four generated delta tokens per calendar work; older ones return 410 SyncStateNotFound", async () => {
  const sandbox = await testSandbox();
  const links: string[] = [];
  for (let count = 0; count < 5; count += 1) links.push((await round(sandbox)).link);
  const old = await api(sandbox, "GET", links[0] as string);
  expect(refusal(old)).toEqual([410, "SyncStateNotFound"]);
  expect(old.body.error.message).toBe(
    "The sync state generation is not found; generation=1;[highest=5][2][3][4][5].",
  );
  expect((await api(sandbox, "GET", links[1] as string)).status).toBe(200);
  sandbox.graph.expireDeltaTokens();
  expect((await api(sandbox, "GET", links[4] as string)).status).toBe(410);
});

test("29. a mailbox move returns 410 with a Location header that begins a new round", async () => {
  const sandbox = await testSandbox();
  const { id } = sandbox.graph.putEvent(HOST, "primary", hour(3, 9));
  const { link } = await round(sandbox);
  sandbox.graph.moveMailbox(HOST);
  const gone = await api(sandbox, "GET", link);
  expect(gone.status).toBe(410);
  expect(idsOf((await round(sandbox, String(gone.headers.location))).items)).toEqual([id]);
});

test("41. moving an occurrence onto or past the day of its neighbour returns 400 ErrorOccurrenceCrossingBoundary", async () => {
  const sandbox = await testSandbox();
  sandbox.graph.putEvent(HOST, "primary", WEEKLY);
  const { items } = await round(sandbox);
  const second = items.filter((item) => item.type === "occurrence")[1];
  const move = (day: number) => api(sandbox, "PATCH", `me/events/${second.id}`, { body: hour(day, 9) });
  for (const day of [3, 17, 18])
    expect(refusal(await move(day))).toEqual([400, "ErrorOccurrenceCrossingBoundary"]);
  for (const day of [4, 16]) expect((await move(day)).status).toBe(200);
});

test("42. rules without equivalent cannot be stored; range.startDate unlike the event's date returns 400 (switch: corrected)", async () => {
  const sandbox = await testSandbox();
  const post = (recurrence: object) => api(sandbox, "POST", "me/events", { body: { ...WEEKLY, recurrence } });
  const { pattern, range } = WEEKLY.recurrence;
  expect((await post({ pattern: { ...pattern, bySetPos: [1, 3] }, range })).status).toBe(400);
  expect((await post({ pattern: { type: "hourly", interval: 1 }, range })).status).toBe(400);
  const rdate = await api(sandbox, "POST", "me/events", { body: { ...WEEKLY, rdate: ["2026-06-04"] } });
  expect(rdate.status).toBe(400);
  const late = { pattern, range: { ...range, startDate: "2026-06-10" } };
  expect((await post(late)).status).toBe(400);
  sandbox.graph.faults.set({ rangeStartDate: "corrected" });
  expect((await post(late)).body.recurrence.range.startDate).toBe("2026-06-03");
});

test("series of every pattern lie where Outlook puts them", async () => {
  const sandbox = await testSandbox();
  const day = (date: string) => ({
    start: { dateTime: `${date}T08:00:00`, timeZone: "UTC" },
    end: { dateTime: `${date}T09:00:00`, timeZone: "UTC" },
  });
  const dates = async (start: string, pattern: object, bounds: object) => {
    const { body } = await api(sandbox, "POST", "me/events", {
      body: { ...day(start), recurrence: { pattern, range: { startDate: start, ...bounds } } },
    });
    const window = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2030-01-01T00:00:00Z";
    const list = await api(sandbox, "GET", `me/events/${body.id}/instances?${window}&$top=50`);
    return list.body.value.map((event: { start: { dateTime: string } }) => event.start.dateTime.slice(0, 10));
  };
  const times = (numberOfOccurrences: number) => ({ type: "numbered", numberOfOccurrences });
  expect(
    await dates("2026-06-01", { type: "daily", interval: 2 }, { type: "endDate", endDate: "2026-06-05" }),
  ).toEqual(["2026-06-01", "2026-06-03", "2026-06-05"]);
  expect(
    await dates("2026-01-31", { type: "absoluteMonthly", interval: 1, dayOfMonth: 31 }, times(3)),
  ).toEqual(["2026-01-31", "2026-02-28", "2026-03-31"]);
  const lastFriday = { type: "relativeMonthly", interval: 1, daysOfWeek: ["friday"], index: "last" };
  expect(await dates("2026-06-26", lastFriday, times(2))).toEqual(["2026-06-26", "2026-07-31"]);
  const yearly = { type: "absoluteYearly", interval: 1, dayOfMonth: 29, month: 2 };
  expect(await dates("2026-02-28", yearly, times(3))).toEqual(["2026-02-28", "2027-02-28", "2028-02-29"]);
  const relative = { type: "relativeYearly", interval: 1, daysOfWeek: ["sunday"], index: "second", month: 5 };
  // The range begins a week before the first match.
  expect(await dates("2026-05-03", relative, times(2))).toEqual(["2026-05-10", "2027-05-09"]);
});

test("a single event that becomes a series and back keeps its id; times of a series keep their wall clock", async () => {
  const sandbox = await testSandbox();
  const { recurrence: _, ...single } = WEEKLY;
  const { body: made } = await api(sandbox, "POST", "me/events", { body: single });
  const path = `me/events/${made.id}`;
  const series = await api(sandbox, "PATCH", path, { body: { recurrence: WEEKLY.recurrence } });
  expect([series.body.id, series.body.type]).toEqual([made.id, "seriesMaster"]);
  const autumn = "startDateTime=2026-10-21T00:00:00Z&endDateTime=2026-10-30T00:00:00Z";
  const view = (await api(sandbox, "GET", `me/calendarView?${autumn}`)).body.value;
  expect(view.map((event: { start: { dateTime: string } }) => event.start.dateTime.slice(0, 16))).toEqual([
    "2026-10-21T17:00",
    "2026-10-28T18:00",
  ]);
  const back = await api(sandbox, "PATCH", path, { body: { recurrence: null } });
  expect([back.body.id, back.body.type, back.body.recurrence]).toEqual([made.id, "singleInstance", null]);
});
