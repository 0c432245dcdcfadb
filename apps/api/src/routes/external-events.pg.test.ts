import { afterAll, beforeAll, expect, test } from "vitest";
import { CSRF_HEADER } from "../plugins/csrf.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
let calendarSyncId: string;
const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);

beforeAll(async () => {
  world = await createApiWorld();
  host = await world.signUp("host");
  const { prisma } = world.database;
  const credential = await prisma.credential.create({
    data: { userId: host.userId, provider: "googlecalendar", accountId: "1", secret: "sealed" },
  });
  const calendar = {
    userId: host.userId,
    credentialId: credential.id,
    externalCalendarId: "primary",
    name: "Work",
  };
  calendarSyncId = (await prisma.calendarSync.create({ data: { ...calendar, provider: "googlecalendar" } }))
    .id;
});
afterAll(() => world.close());

/** An event as a pull has mirrored it. */
async function mirrored(changes: object = {}): Promise<string> {
  const id = `event-${Math.random()}`;
  const time = {
    allDay: false,
    start: `${day}T10:00:00.000Z`,
    end: `${day}T11:00:00.000Z`,
    timeZone: "Europe/Berlin",
  };
  const snapshot = {
    id,
    calendarId: "primary",
    iCalUid: null,
    version: '"etag"',
    sequence: 0,
    status: "confirmed",
    title: "Lunch",
    description: "",
    location: "",
    time,
    attendees: [],
    organizer: { email: "h@x.test", self: true },
    selfResponse: null,
    transparency: "busy",
    visibility: "default",
    recurrence: null,
    seriesId: null,
    originalStart: null,
    marker: null,
    updatedAt: null,
    url: "https://calendar.example/1",
    ...changes,
  };
  const row = await world.database.prisma.externalEvent.create({
    data: {
      calendarSyncId,
      externalEventId: id,
      version: '"etag"',
      snapshot,
      startTime: time.start,
      endTime: time.end,
      status: "confirmed",
    },
  });
  await world.database.prisma.$executeRaw`
    INSERT INTO "BusyInterval" ("calendarSyncId", "externalEventId", "during")
    VALUES (${calendarSyncId}::uuid, ${row.id}::uuid, tstzrange(${time.start}::timestamptz, ${time.end}::timestamptz))`;
  return row.id;
}

const patch = (id: string, body: object, etag?: string) =>
  world.app.inject({
    method: "PATCH",
    url: `/v1/external-events/${id}`,
    headers: { cookie: host.cookie, [CSRF_HEADER]: "1", ...(etag ? { "if-match": etag } : {}) },
    body,
  });

test("an event is read, edited on its ETag, and shows the edit in the calendar", async () => {
  const id = await mirrored();
  const read = await host.get(`/v1/external-events/${id}`);
  expect(read.json().event).toMatchObject({
    title: "Lunch",
    editable: true,
    url: "https://calendar.example/1",
  });
  const etag = String(read.headers.etag);
  expect(etag).toBe(`"${read.json().event.version}"`);
  const moved = await patch(
    id,
    { time: { allDay: false, start: `${day}T12:00:00Z`, end: `${day}T13:00:00Z` } },
    etag,
  );
  expect(moved.statusCode).toBe(202);
  const { edit } = moved.json();
  expect(edit).toMatchObject({
    status: "pending",
    wanted: { time: { start: `${day}T12:00:00.000Z`, timeZone: "Europe/Berlin" } },
  });
  expect((await host.get(`/v1/external-edits/${edit.id}`)).json().edit.id).toBe(edit.id);
  const calendar = await host.get(`/v1/calendar?from=${day}T00:00:00Z&to=${day}T23:00:00Z`);
  expect(calendar.json().busy).toMatchObject([
    { id, calendarName: "Work", title: "Lunch", start: `${day}T10:00:00.000Z`, edit: { id: edit.id } },
  ]);
  expect((await patch(id, { title: "x" }, '"another"')).statusCode).toBe(412);
  const answered = await host.send("POST", `/v1/external-edits/${edit.id}/resolve`, { choice: "mine" });
  expect(answered.json().code).toBe("edit_not_asking");
});

test("a deletion is noted; what cannot be done is refused with a reason", async () => {
  const id = await mirrored();
  expect((await host.send("DELETE", `/v1/external-events/${id}`)).json().edit).toMatchObject({
    kind: "delete",
    status: "pending",
  });
  expect((await patch(id, { title: "x" })).json().code).toBe("event_being_deleted");
  const foreign = await mirrored({ organizer: { email: "boss@x.test", self: false } });
  const refused = await patch(foreign, { title: "x" });
  expect([refused.statusCode, refused.json().code]).toEqual([409, "not_editable"]);
  expect(refused.json().detail).toContain("Somebody else organises");
  expect((await patch(foreign, {})).json().code).toBe("invalid_request");
  const backwards = { allDay: false, start: `${day}T12:00:00Z`, end: `${day}T12:00:00Z` };
  expect((await patch(foreign, { time: backwards })).json().errors[0].path).toBe("time.end");
  const series = await mirrored({ recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"] });
  expect((await patch(series, { title: "x" })).json()).toMatchObject({ code: "scope_needed" });
  expect((await patch("00000000-0000-4000-8000-000000000000", { title: "x" })).statusCode).toBe(404);
});
