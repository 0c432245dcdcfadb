import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { drain } from "@calsync/testing/contract";
import type { CalendarEvent, ExternalChange } from "@calsync/types";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { onSandbox } from "../../common/test/on-sandbox.ts";
import { SAMPLE_EVENT as EVENT } from "../../common/test/sample-event.ts";
import { type ConnectedAccount, connectAccount } from "../test/google-sandbox.ts";
import { parseNotification } from "./notification.ts";

const WINDOW = { start: new Date("2027-05-01T00:00:00.000Z"), end: new Date("2027-09-01T00:00:00.000Z") };
const KEY = "booking-0001";

let sandbox: Sandbox;
let endpoint: NotificationEndpoint;
let host: ConnectedAccount;

onSandbox(
  async (started) => {
    sandbox = started;
    endpoint = await NotificationEndpoint.start(parseNotification);
  },
  { allowHttpCallbacks: true },
);
afterAll(() => endpoint.close());
beforeEach(() => {
  host = connectAccount(sandbox.google);
  sandbox.google.stats.reset();
});

const calls = () => sandbox.google.stats.calls;
const create = (event: CalendarEvent = EVENT, key = KEY) => host.service.createEvent(host.email, event, key);
const refTo = (eventId: string) => ({ calendarId: host.email, eventId });

describe("pulling from Google", () => {
  const ids = (changes: readonly ExternalChange[]) =>
    changes.map((change) => (change.type === "upsert" ? change.event.id : change.eventId));

  test("six hundred events come in pages of 250, and an incremental round in one call", async () => {
    for (let i = 0; i < 600; i++) {
      const at = (minutes: number) => new Date(WINDOW.start.getTime() + minutes * 60_000).toISOString();
      sandbox.google.putEvent(host.email, "primary", {
        start: { dateTime: at(i * 60) },
        end: { dateTime: at(i * 60 + 30) },
      });
    }
    const { pages, changes, cursor } = await drain(host.service, host.email, null, { window: WINDOW });
    expect(pages.map((page) => page.changes.length)).toEqual([250, 250, 100]);
    expect(new Set(ids(changes)).size).toBe(600);
    sandbox.google.stats.reset();
    await drain(host.service, host.email, cursor, { window: WINDOW });
    expect(calls()).toEqual({ "calendar.events.list": 1 });
  });

  test("an empty page is not the end", async () => {
    sandbox.google.putEvent(host.email, "primary", {
      start: { date: "2027-06-08" },
      end: { date: "2027-06-09" },
    });
    sandbox.google.faults.add({ fault: "emptyPage", account: host.email, times: 1 });
    const { pages, changes } = await drain(host.service, host.email, null, { window: WINDOW });
    expect(pages.map((page) => [page.changes.length, page.complete])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(changes).toHaveLength(1);
  });

  test.each(["bare", "detailed"] as const)(
    "a deleted event of the %s shape is a deletion",
    async (deletedShape) => {
      sandbox.google.faults.set({ deletedShape });
      const { eventId } = await create();
      const { cursor } = await drain(host.service, host.email, null, { window: WINDOW });
      sandbox.google.deleteEvent(host.email, "primary", eventId);
      const { changes } = await drain(host.service, host.email, cursor, { window: WINDOW });
      expect(changes).toMatchObject([{ type: "delete", eventId, seriesId: null }]);
    },
  );

  test.each([400, 410] as const)(
    "an unreadable sync token answered with %i is an expired cursor",
    async (status) => {
      sandbox.google.faults.set({ undecodableSyncToken: status });
      const cursor = JSON.stringify({ v: 1, syncToken: "garbage" });
      const pull = drain(host.service, host.email, cursor, { window: WINDOW });
      await expect(pull).rejects.toMatchObject({ code: "CURSOR_EXPIRED", status });
    },
  );

  test("a sync token that is lost once is an expired cursor, not an error that goes away", async () => {
    const { cursor } = await drain(host.service, host.email, null, { window: WINDOW });
    sandbox.google.faults.add({ fault: "loseSyncToken", account: host.email, times: 1 });
    const pull = drain(host.service, host.email, cursor, { window: WINDOW });
    await expect(pull).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  test("a listing that broke off with a page token that is no longer good begins anew", async () => {
    const cursor = JSON.stringify({
      v: 1,
      pageToken: "garbage",
      window: [WINDOW.start.toISOString(), WINDOW.end.toISOString()],
      pageSize: 250,
    });
    const pull = drain(host.service, host.email, cursor, { window: WINDOW });
    await expect(pull).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  test("somebody with free/busy access alone gets times without titles", async () => {
    const other = connectAccount(sandbox.google);
    sandbox.google.shareCalendar(other.email, host.email, "freeBusyReader");
    sandbox.google.putEvent(other.email, "primary", {
      summary: "Secret",
      start: { dateTime: "2027-06-08T10:00:00Z" },
      end: { dateTime: "2027-06-08T11:00:00Z" },
    });
    const { changes } = await drain(host.service, other.email, null, { window: WINDOW });
    expect(changes).toMatchObject([{ type: "upsert", event: { title: "", transparency: "busy" } }]);
  });
});

describe("reading calendars and busy times at Google", () => {
  test("all pages of the calendar list are read, with roles, names and hidden calendars", async () => {
    for (let i = 0; i < 260; i++) sandbox.google.createCalendar({ email: host.email, summary: `No. ${i}` });
    const other = connectAccount(sandbox.google);
    sandbox.google.shareCalendar(other.email, host.email, "reader");
    const calendars = await host.service.listCalendars();
    expect(calendars[0]).toMatchObject({ id: host.email, primary: true, timeZone: "Europe/Berlin" });
    expect(calendars).toHaveLength(262);
    expect(calendars.find(({ id }) => id === other.email)).toMatchObject({ writable: false });
    expect(calls()).toEqual({ "calendar.calendarList.list": 2 });
  });

  test("seventy calendars over half a year are asked for in small questions", async () => {
    const calendarIds = Array.from({ length: 70 }, (_, i) =>
      sandbox.google.createCalendar({ email: host.email, summary: `No. ${i}` }),
    );
    const [first = "", , third = ""] = calendarIds;
    const allDay = { start: { date: "2027-06-08" }, end: { date: "2027-06-09" } };
    sandbox.google.putEvent(host.email, third, allDay);
    sandbox.google.putEvent(host.email, first, {
      start: { dateTime: "2027-03-01T12:00:00Z" },
      end: { dateTime: "2027-03-03T12:00:00Z" },
    });
    const range = { start: new Date("2027-01-01T00:00:00.000Z"), end: new Date("2027-07-01T00:00:00.000Z") };
    expect(await host.service.getFreeBusy(calendarIds, range)).toEqual([
      {
        calendarId: first,
        start: new Date("2027-03-01T12:00:00.000Z"),
        end: new Date("2027-03-03T12:00:00.000Z"),
      },
      {
        calendarId: third,
        start: new Date("2027-06-07T22:00:00.000Z"),
        end: new Date("2027-06-08T22:00:00.000Z"),
      },
    ]);
    expect(calls()).toEqual({ "calendar.freebusy.query": 8 });
  });
});

describe("watching at Google", () => {
  const request = () => ({
    id: crypto.randomUUID(),
    address: endpoint.address,
    secret: "a secret",
    lifetimeMs: 86_400_000,
  });

  test("a channel whose answer was lost is replaced and stopped", async () => {
    sandbox.google.faults.add({ fault: "loseAnswer", method: "calendar.events.watch", times: 1 });
    const wanted = request();
    const channel = await host.service.watchCalendar(host.email, wanted);
    expect(channel.providerSubscriptionId).not.toBe(wanted.id);
    expect(channel.expiresAt?.getTime()).toBeGreaterThan(Date.now());
    endpoint.received.length = 0;
    await create();
    await sandbox.google.notificationsIdle();
    const changed = endpoint.received.filter(({ kind }) => kind === "change");
    expect(changed.map(({ providerSubscriptionId }) => providerSubscriptionId)).toEqual([
      channel.providerSubscriptionId,
    ]);
  });

  test("an address without HTTPS is refused with a reason", async () => {
    const strict = await startSandbox();
    try {
      const account = connectAccount(strict.google);
      await expect(account.service.watchCalendar(account.email, request())).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        providerReason: "push.webhookUrlNotHttps",
      });
    } finally {
      await strict.close();
    }
  });

  test("a channel without its resource id cannot be stopped, and says so", async () => {
    const channel = {
      providerSubscriptionId: "c-1",
      providerResourceId: null,
      calendarId: host.email,
      expiresAt: null,
    };
    await expect(host.service.unwatchCalendar(channel)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});

describe("Google in trouble", () => {
  test.each([403, 429])("one rate limit with %i is ridden out, two are passed on", async (status) => {
    sandbox.google.faults.add({ fault: "rateLimit", status, account: host.email, times: 1 });
    await create();
    sandbox.google.faults.add({ fault: "rateLimit", status, account: host.email, times: 2 });
    await expect(host.service.getEvent(refTo("abcdef"))).rejects.toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      status,
      advice: { retry: "later" },
    });
  });

  test("a used-up quota is not tried again", async () => {
    sandbox.google.faults.add({ fault: "quotaExceeded", account: host.email, times: 1 });
    await expect(create()).rejects.toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      providerReason: "quotaExceeded",
      advice: { retry: "later", afterMs: 3_600_000 },
    });
  });

  test.each([500, 502, 503, 504])("one %i is ridden out", async (status) => {
    sandbox.google.faults.add({ fault: "serverError", status, account: host.email, times: 1 });
    expect(await create()).toMatchObject({ event: { title: EVENT.title } });
  });

  test("a dropped connection is ridden out once, then it is a network error", async () => {
    sandbox.google.faults.add({ fault: "dropConnection", account: host.email, times: 1 });
    await create();
    sandbox.google.faults.add({ fault: "dropConnection", account: host.email, times: 2 });
    await expect(host.service.listCalendars()).rejects.toMatchObject({ code: "NETWORK_ERROR" });
  });

  test("a call that takes too long is given up", async () => {
    const hasty = connectAccount(sandbox.google, { settings: { timeoutMs: 60 } });
    sandbox.google.faults.add({ fault: "delay", delayMs: 500, account: hasty.email, times: 2 });
    await expect(hasty.service.listCalendars()).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      providerReason: "TimeoutError",
    });
  });

  test("a scope that the user did not grant is a matter of permission", async () => {
    const reader = connectAccount(sandbox.google, {
      scopes: ["https://www.googleapis.com/auth/calendar.events.readonly"],
    });
    await expect(reader.service.createEvent(reader.email, EVENT, KEY)).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      providerReason: "insufficientPermissions",
    });
  });
});
