import type { Sandbox } from "@calsync/provider-sandbox";
import { drain } from "@calsync/testing/contract";
import type { CalendarEvent, ExternalChange } from "@calsync/types";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { SAMPLE_EVENT as EVENT } from "../../common/test/sample-event.ts";
import { asPerson, type ConnectedAccount, connectAccount, startGraph } from "../test/graph-sandbox.ts";
import { parseNotification } from "./notification.ts";

const WINDOW = { start: new Date("2027-05-01T00:00:00.000Z"), end: new Date("2027-09-01T00:00:00.000Z") };
const KEY = "booking-0001";

let sandbox: Sandbox;
let endpoint: NotificationEndpoint;
let host: ConnectedAccount;

beforeAll(async () => {
  sandbox = await startGraph();
  endpoint = await NotificationEndpoint.start(parseNotification);
});
afterAll(async () => {
  await sandbox.close();
  await endpoint.close();
});
beforeEach(() => {
  host = connectAccount(sandbox.graph);
  sandbox.graph.stats.reset();
});
afterEach(() => sandbox.graph.faults.clear());

const calls = () => sandbox.graph.stats.calls;
const create = (event: CalendarEvent = EVENT, key = KEY) =>
  host.service.createEvent(host.calendarId, event, key);
const refTo = (eventId: string) => ({ calendarId: host.calendarId, eventId });
const pull = (cursor: string | null, window = WINDOW) =>
  drain(host.service, host.calendarId, cursor, { window });
const at = (day: string) => ({
  start: { dateTime: `${day}T10:00:00`, timeZone: "UTC" },
  end: { dateTime: `${day}T11:00:00`, timeZone: "UTC" },
});
const place = (day: string, subject = "By hand") =>
  sandbox.graph.putEvent(host.email, "primary", { subject, ...at(day) });
const ids = (changes: readonly ExternalChange[]) =>
  changes.map((change) => (change.type === "upsert" ? change.event.title : change.type));

describe("pulling from Outlook", () => {
  test("a hundred events of others are listed in one call, and three changes cost two", async () => {
    for (let day = 1; day <= 99; day++) {
      place(new Date(Date.UTC(2027, 4, day)).toISOString().slice(0, 10), `Event ${day}`);
    }
    const first = await pull(null);
    expect(first.changes).toHaveLength(99);
    expect(calls()).toEqual({ "graph.calendarView.delta": 1 });
    for (const day of [1, 2, 3]) place(`2027-06-0${day}`, `New ${day}`);
    sandbox.graph.stats.reset();
    const { changes } = await pull(first.cursor);
    expect(ids(changes).sort()).toEqual(["New 1", "New 2", "New 3"]);
    expect(calls()["graph.calendarView.delta"]).toBe(1);
    expect(calls()["graph.events.get"]).toBe(3);
  });

  test("what was removed from the window and still stands is no deletion", async () => {
    const event = place("2027-06-08");
    const { cursor } = await pull(null);
    sandbox.graph.patchEvent(host.email, event.id ?? "", at("2030-01-08"));
    place("2031-01-01", "Far away");
    const { changes } = await pull(cursor);
    expect(changes).toMatchObject([
      { type: "upsert", event: { time: { start: "2030-01-08T10:00:00.000Z" } } },
      { type: "upsert", event: { title: "Far away" } },
    ]);
  });

  test("a window that has run out is rolled forward in an incremental pull, and nothing in between is lost", async () => {
    const deleted = place("2027-06-08", "Deleted meanwhile");
    const { cursor } = await pull(null);
    const later = { start: new Date("2028-01-01T00:00:00.000Z"), end: new Date("2028-12-01T00:00:00.000Z") };
    place("2028-11-11", "Beyond the old window");
    sandbox.graph.deleteEvent(host.email, deleted.id ?? "");
    const rolled = await pull(cursor, later);
    expect(rolled.pages.every((page) => !page.full)).toBe(true);
    expect(ids(rolled.changes)).toEqual(expect.arrayContaining(["Beyond the old window", "delete"]));
    place("2028-10-10", "After the roll");
    expect(ids((await pull(rolled.cursor, later)).changes)).toEqual(["After the roll"]);
  });

  test("repeats, replays, empty pages and a change that is not visible yet end in the same state", async () => {
    place("2027-06-01", "Known");
    const { cursor } = await pull(null);
    for (const fault of ["repeatEntity", "replayChange", "emptyPage", "hideFreshChange"] as const) {
      sandbox.graph.faults.add({ fault, account: host.email, times: 1 });
    }
    place("2027-06-02", "New");
    const first = await pull(cursor);
    const second = await pull(first.cursor);
    const seen = [...first.changes, ...second.changes];
    expect(seen.every((change) => change.type === "upsert")).toBe(true);
    expect(ids(seen)).toContain("New");
  });

  test("a deleted series is gone as a whole, also where each occurrence is told of", async () => {
    const series = sandbox.graph.putEvent(host.email, "primary", {
      subject: "Weekly",
      ...at("2027-06-08"),
      recurrence: {
        pattern: { type: "weekly", interval: 1, daysOfWeek: ["tuesday"] },
        range: { type: "numbered", startDate: "2027-06-08", numberOfOccurrences: 3 },
      },
    });
    const first = await pull(null);
    const masterId = first.changes.flatMap((one) => (one.type === "upsert" ? one.event.id : []))[0];
    sandbox.graph.faults.set({ deletedSeries: "occurrences" });
    sandbox.graph.deleteEvent(host.email, series.id ?? "");
    const { changes } = await pull(first.cursor);
    expect(changes.every((change) => change.type === "delete")).toBe(true);
    expect(changes).toContainEqual(expect.objectContaining({ eventId: masterId, seriesId: null }));
  });

  test("a mailbox that has moved, and links that were outlived, ask for a full pull", async () => {
    const { cursor } = await pull(null);
    sandbox.graph.moveMailbox(host.email);
    await expect(pull(cursor)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    const again = await pull(null);
    for (let round = 0; round < 6; round++) await pull(null);
    await expect(pull(again.cursor)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  test("an event that cannot be read holds nobody up, is read again with each round, and is called unreadable in the end", async () => {
    const first = await pull(null);
    const broken = sandbox.graph.event(host.email, place("2027-06-08", "Broken").id ?? "", {
      immutableIds: true,
    });
    place("2027-06-09", "Sound");
    // Four tries: a round repeats what has failed once.
    const rule = { fault: "serverError", method: "graph.events.get", account: host.email } as const;
    const rounds: string[][] = [];
    let { cursor } = first;
    for (let round = 0; round < 4; round++) {
      const id = sandbox.graph.faults.add({ ...rule, eventId: broken.id ?? "" });
      const { changes, cursor: next } = await pull(cursor);
      sandbox.graph.faults.remove(id);
      rounds.push(ids(changes));
      cursor = next;
    }
    expect(rounds).toEqual([["Sound"], [], ["unreadable"], []]);
    const mended = await pull(cursor);
    expect(ids(mended.changes)).toEqual(["Broken"]);
    expect((await pull(mended.cursor)).changes).toEqual([]);
  });

  test("a service that answers no read at all is no matter of single events", async () => {
    const { cursor } = await pull(null);
    for (const day of ["08", "09"]) place(`2027-06-${day}`);
    sandbox.graph.faults.add({
      fault: "serverError",
      method: "graph.events.get",
      account: host.email,
      times: 4,
    });
    await expect(pull(cursor)).rejects.toMatchObject({ code: "CALENDAR_API_ERROR" });
    expect((await pull(cursor)).changes).toHaveLength(2);
  });

  test("a link to another service is never followed", async () => {
    const { cursor } = await pull(null);
    const stolen = cursor.replace(sandbox.graph.url, "https://evil.example");
    await expect(pull(stolen)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });
});

describe("writing to Outlook", () => {
  test("a booking's guests are mailed by nobody but us", async () => {
    const guest = {
      email: "guest@people.example",
      name: "Guest",
      response: "accepted",
      optional: false,
    } as const;
    const written = await create({ ...EVENT, attendees: [guest] });
    const event = { ...EVENT, title: "Renamed", attendees: [guest] };
    const updated = await host.service.updateEvent(refTo(written.eventId), event, written.version);
    await host.service.deleteEvent(refTo(written.eventId), updated.version);
    expect(sandbox.graph.mail).toEqual([]);
    expect(updated.event).toMatchObject({ attendees: [], attendeesHidden: true });
  });

  test("a person whom the host has added stays through our updates, and goes with the booking's guest", async () => {
    const written = await create();
    const address = "added@people.example";
    sandbox.graph.patchEvent(host.email, written.eventId, {
      attendees: [{ type: "optional", emailAddress: { address } }],
    });
    const added = { email: address, name: null, response: "needs-action", optional: true } as const;
    const kept = await host.service.updateEvent(
      refTo(written.eventId),
      { ...EVENT, title: "Renamed", attendees: [added] },
      null,
    );
    expect(kept.event.attendees).toEqual([added]);
    const removed = await host.service.updateEvent(
      refTo(written.eventId),
      { ...EVENT, title: "Renamed" },
      null,
    );
    expect(removed.event.attendees).toEqual([]);
  });

  test("the way into an online meeting outlives a new description", async () => {
    const { id } = await asPerson(sandbox.graph, host.email, "POST", "/events", {
      subject: "Online",
      ...at("2027-06-08"),
      isOnlineMeeting: true,
      onlineMeetingProvider: "teamsForBusiness",
      body: { contentType: "html", content: "Bring the plan" },
    });
    const read = await host.service.getEvent(refTo(id ?? ""));
    expect(read?.description).toBe("Bring the plan");
    const wanted = { ...EVENT, title: "Online", description: "Another plan", marker: null };
    const written = await host.service.updateEvent(refTo(id ?? ""), wanted, null);
    expect(written.event.description).toBe("Another plan");
    const held = sandbox.graph.event(host.email, id ?? "");
    expect(held).toMatchObject({ isOnlineMeeting: true });
    expect(held.onlineMeeting).not.toBeNull();
  });

  test("dates that are left out of a series are deleted from it, once", async () => {
    const series: CalendarEvent = {
      ...EVENT,
      recurrence: ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20270615T100000Z,20270629T100000Z"],
    };
    const written = await create(series);
    const { changes } = await pull(null);
    expect(changes.filter((change) => change.type === "delete")).toMatchObject([
      { originalStart: "2027-06-15T10:00:00.000Z" },
      { originalStart: "2027-06-29T10:00:00.000Z" },
    ]);
    sandbox.graph.stats.reset();
    await host.service.updateEvent(refTo(written.eventId), series, null);
    expect(calls()).toEqual({ "graph.events.get": 1 });
  });

  test("what Outlook cannot hold is refused before anything is written", async () => {
    const daily = { ...EVENT, recurrence: ["RRULE:FREQ=HOURLY;COUNT=3"] };
    await expect(create(daily)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(calls()).toEqual({});
  });

  test("an event in the hour that the clocks go through twice stays in its own hour", async () => {
    // 2027-10-31: 02:30 in Berlin comes at 00:30 and at 01:30 UTC.
    for (const start of ["2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"]) {
      const end = new Date(Date.parse(start) + 1_800_000).toISOString();
      const time = { allDay: false, start, end, timeZone: "Europe/Berlin" } as const;
      const written = await create({ ...EVENT, time }, `twice-${start}`);
      expect(written.event.time).toMatchObject({ start, end });
    }
  });

  test("a create that was answered with 503 and took effect all the same makes one event", async () => {
    sandbox.graph.faults.add({ fault: "loseAnswer", method: "graph.events.create", status: 503, times: 1 });
    expect(await create()).toMatchObject({ existed: false });
    expect(sandbox.graph.events(host.email)).toHaveLength(1);
  });

  test("the key of a deleted event makes a new one", async () => {
    const first = await create();
    sandbox.graph.deleteEvent(host.email, first.eventId);
    const second = await create();
    expect(second).toMatchObject({ existed: false });
    expect(second.eventId).not.toBe(first.eventId);
  });

  test("a conflict that is none is overcome, and more calls than a mailbox takes wait for each other", async () => {
    sandbox.graph.faults.set({
      limits: { requestsPerWindow: 10_000, windowMs: 600_000, concurrent: 4, serviceMs: 2 },
    });
    sandbox.graph.faults.add({
      fault: "conflict",
      method: "graph.events.update",
      account: host.email,
      times: 1,
    });
    const { eventId } = await create();
    await host.service.updateEvent(refTo(eventId), { ...EVENT, title: "Renamed" }, null);
    await Promise.all(Array.from({ length: 12 }, () => host.service.getEvent(refTo(eventId))));
    expect(sandbox.graph.event(host.email, eventId).subject).toBe("Renamed");
  });
});

describe("subscriptions of Outlook", () => {
  const channel = (id: string) => ({
    id,
    address: endpoint.address,
    secret: `secret-${id}`,
    lifetimeMs: null,
  });

  test.each(["refused", "accepted"] as const)(
    "where a second subscription is %s, the newest one tells of changes and strays of lost answers are removed",
    async (duplicateSubscription) => {
      sandbox.graph.faults.set({ duplicateSubscription });
      const lost = sandbox.graph.faults.add({ fault: "loseAnswer", method: "graph.subscriptions.create" });
      await host.service.watchCalendar(host.calendarId, channel("one")).catch(() => undefined);
      sandbox.graph.faults.remove(lost);
      const first = await host.service.watchCalendar(host.calendarId, channel("one"));
      const second = await host.service.watchCalendar(host.calendarId, channel("two"));
      const held = sandbox.graph.subscriptions(host.email).map(({ id }) => id);
      expect(held).toContain(second.providerSubscriptionId);
      expect(held).toHaveLength(duplicateSubscription === "refused" ? 1 : 2);
      await host.service.unwatchCalendar(first);
      await host.service.unwatchCalendar(second);
      expect(sandbox.graph.subscriptions(host.email)).toEqual([]);
    },
  );
});
