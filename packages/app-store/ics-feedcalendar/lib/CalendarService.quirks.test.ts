import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { ChangePage, ExternalChange, ServiceDependencies } from "@calsync/types";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FeedServer } from "../test/feed-server.ts";
import { IcsFeedCalendarService } from "./CalendarService.ts";

const WINDOW = { start: new Date("2027-05-01T00:00:00Z"), end: new Date("2027-09-01T00:00:00Z") };

let server: FeedServer;
beforeEach(async () => {
  server = await FeedServer.start();
});
afterEach(() => server.close());

function serviceFor(
  url = server.url,
  settings: object = { allowedHosts: ["127.0.0.1"] },
): IcsFeedCalendarService {
  const dependencies: ServiceDependencies = {
    credential: new MemoryCredential({ url, timeZone: "Europe/Berlin" }),
    settings,
    now: () => new Date(),
    log: { debug: () => undefined, warn: () => undefined },
  };
  return new IcsFeedCalendarService(dependencies);
}

const put = (uid: string, start: string, ...more: string[]) =>
  server.events.set(uid, [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    `DTSTAMP:${stamp()}`,
    `DTSTART:${start}`,
    "DURATION:PT1H",
    ...more,
    "END:VEVENT",
  ]);
let stamps = 0;
const stamp = () =>
  `20270101T00${String(Math.floor(++stamps / 60) % 60).padStart(2, "0")}${String(stamps % 60).padStart(2, "0")}Z`;

async function pull(cursor: string | null, service = serviceFor()): Promise<ChangePage> {
  const pages: ChangePage[] = [];
  for await (const page of service.onWatchedCalendarChange("feed", cursor, { window: WINDOW }))
    pages.push(page);
  const [page, ...rest] = pages;
  if (!page || rest.length > 0) throw new Error("a feed is one page");
  return page;
}
const says = (changes: readonly ExternalChange[]) =>
  changes.map((change) =>
    change.type === "upsert" ? change.event.id : change.type === "delete" ? `-${change.eventId}` : "?",
  );

describe("a feed", () => {
  test("is one calendar that can only be read, named as it names itself", async () => {
    server.head.push("X-WR-TIMEZONE:America/New_York");
    expect(await serviceFor().listCalendars()).toEqual([
      { id: "feed", name: "Team", primary: true, writable: false, timeZone: "America/New_York", color: null },
    ]);
    await expect(serviceFor().createEvent()).rejects.toMatchObject({ code: "UNSUPPORTED_OPERATION" });
    await expect(serviceFor().watchCalendar()).rejects.toMatchObject({ code: "WATCH_UNSUPPORTED" });
  });

  test("is listed whole at first, then by what it says anew", async () => {
    put("a", "20270608T100000Z", "SUMMARY:A");
    put("b", "20270609T100000Z");
    const first = await pull(null);
    expect(first).toMatchObject({ full: true, complete: true });
    expect(says(first.changes)).toEqual(["a", "b"]);
    put("a", "20270608T120000Z", "SUMMARY:A");
    put("c", "20270610T100000Z");
    const second = await pull(first.cursor);
    expect(second.full).toBe(false);
    expect(says(second.changes)).toEqual(["a", "c"]);
    expect((await pull(second.cursor)).changes).toEqual([]);
  });

  test.each([
    ["REFRESH-INTERVAL;VALUE=DURATION:PT2H30M", 9_000_000],
    ["X-PUBLISHED-TTL:PT1H", 3_600_000],
    ["REFRESH-INTERVAL;VALUE=DURATION:P1Y", null],
    ["REFRESH-INTERVAL;VALUE=DURATION:P52W", 86_400_000],
    ["REFRESH-INTERVAL;VALUE=DURATION:PT0S", null],
  ])(
    "that says how often it is renewed (%s) asks for that pause, unchanged or not",
    async (line, pollAfterMs) => {
      server.head.push(line);
      put("a", "20270608T100000Z");
      const first = await pull(null);
      expect([first.pollAfterMs, (await pull(first.cursor)).pollAfterMs]).toEqual([pollAfterMs, pollAfterMs]);
      expect(server.answers).toEqual([200, 304]);
      // What it lacks for the first time is looked for soon.
      server.events.delete("a");
      expect((await pull(first.cursor)).pollAfterMs).toBeNull();
    },
  );

  test.each(["etag", "date"] as const)(
    "that has not changed costs one short answer (%s)",
    async (validators) => {
      server.validators = validators;
      put("a", "20270608T100000Z");
      const { cursor } = await pull(null);
      await pull(cursor);
      expect(server.answers).toEqual([200, 304]);
    },
  );

  test("whose server makes stamps and versions anew each time has not changed for that", async () => {
    server.validators = "volatile";
    put("a", "20270608T100000Z", "SUMMARY:A");
    put("b", "20270609T100000Z");
    const { cursor } = await pull(null);
    put("b", "20270609T100000Z");
    put("a", "20270608T100000Z", "SUMMARY:A");
    expect((await pull(cursor)).changes).toEqual([]);
  });

  test("loses an event only when two fetches in a row have missed it", async () => {
    put("a", "20270608T100000Z");
    put("b", "20270609T100000Z");
    const first = await pull(null);
    server.events.delete("a");
    const second = await pull(first.cursor);
    expect(second.changes).toEqual([]);
    const third = await pull(second.cursor);
    expect(says(third.changes)).toEqual(["-a"]);
    expect((await pull(third.cursor)).changes).toEqual([]);
  });

  test("that was missing an event for a moment has lost nothing", async () => {
    put("a", "20270608T100000Z");
    const first = await pull(null);
    const lines = server.events.get("a") ?? [];
    server.events.delete("a");
    const second = await pull(first.cursor);
    server.events.set("a", lines);
    const third = await pull(second.cursor);
    expect(third.changes).toEqual([]);
    server.events.delete("a");
    expect((await pull(third.cursor)).changes).toEqual([]);
  });

  test.each([
    ["a page of HTML", { status: 200, body: "<!doctype html><title>Please log in</title>" }],
    ["nothing", { status: 200, body: "" }],
    [
      "a file that breaks off",
      {
        status: 200,
        body: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20270608T100000Z\r\n",
      },
    ],
  ])("that turns into %s keeps its last good state, and says so", async (_, instead) => {
    put("a", "20270608T100000Z");
    const { cursor } = await pull(null);
    server.instead = instead;
    await expect(pull(cursor)).rejects.toMatchObject({
      code: "INVALID_ICS_FORMAT",
      advice: { retry: "later" },
    });
    server.instead = null;
    expect((await pull(cursor)).changes).toEqual([]);
  });

  test.each([
    [404, "CALENDAR_NOT_FOUND", "never"],
    [401, "PERMISSION_DENIED", "never"],
    [429, "RATE_LIMIT_EXCEEDED", "later"],
    [500, "CALENDAR_API_ERROR", "later"],
  ])("whose server answers %i is an error, never an empty calendar", async (status, code, retry) => {
    server.instead = { status, body: "", headers: { "retry-after": "30" } };
    await expect(pull(null)).rejects.toMatchObject({ code, advice: { retry } });
  });

  test("comes packed, under webcal, in any zone, with floating times in its owner's", async () => {
    server.packed = true;
    put("a", "20270608T100000");
    const { changes } = await pull(null);
    expect(changes[0]).toMatchObject({
      event: { time: { start: "2027-06-08T08:00:00.000Z", timeZone: "Europe/Berlin" } },
    });
  });

  test("that is too large, packed or not, is refused", async () => {
    put("a", "20270608T100000Z", `DESCRIPTION:${"x".repeat(100_000)}`);
    const small = { allowedHosts: ["127.0.0.1"], maxFeedBytes: 10_000 };
    await expect(pull(null, serviceFor(server.url, small))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    server.packed = true;
    await expect(pull(null, serviceFor(server.url, small))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  test("at a private address, or over plain http, is not fetched unless the operator allows it", async () => {
    await expect(pull(null, serviceFor(server.url, {}))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(server.answers).toEqual([]);
    const https = server.url.replace("http:", "webcal:");
    await expect(pull(null, serviceFor(https, {}))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("that one redirects to is read, but not one in the private network", async () => {
    put("a", "20270608T100000Z");
    server.instead = { status: 302, body: "", headers: { location: "http://169.254.169.254/latest" } };
    await expect(pull(null)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("a cursor that nobody gave out is reported as expired", async () => {
    await expect(pull("not a cursor")).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });
});

describe("series in a feed", () => {
  test("that is cut more often than can be followed is told with its cuts as unreadable, and the rest of the feed is read", async () => {
    put("s", "20270601T080000Z", "RRULE:FREQ=DAILY;COUNT=200");
    put("t", "20270602T080000Z");
    for (let n = 0; n < 150; n++) {
      const at = `${new Date(Date.UTC(2027, 5, 2 + n)).toISOString().slice(0, 10).replaceAll("-", "")}T080000Z`;
      const lines = ["UID:s", `RECURRENCE-ID;RANGE=THISANDFUTURE:${at}`, `DTSTART:${at}`, "DURATION:PT2H"];
      server.events.set(`s${n}`, ["BEGIN:VEVENT", ...lines, "END:VEVENT"]);
    }
    const { changes } = await pull(null);
    expect(changes.flatMap((one) => (one.type === "upsert" ? [one.event.id] : []))).toEqual(["s", "t"]);
    expect(changes.filter(({ type }) => type === "unreadable")).toHaveLength(150);
  });

  test("come with their exceptions and holes, and an exception for all later occurrences is a series of its own", async () => {
    put("s", "20270601T080000Z", "RRULE:FREQ=DAILY;COUNT=20", "EXDATE:20270602T080000Z");
    server.events.set("s1", [
      "BEGIN:VEVENT",
      "UID:s",
      "RECURRENCE-ID:20270603T080000Z",
      "DTSTART:20270603T120000Z",
      "DURATION:PT1H",
      "END:VEVENT",
    ]);
    server.events.set("s2", [
      "BEGIN:VEVENT",
      "UID:s",
      "RECURRENCE-ID;RANGE=THISANDFUTURE:20270610T080000Z",
      "DTSTART:20270610T090000Z",
      "DURATION:PT1H",
      "END:VEVENT",
    ]);
    const { changes } = await pull(null);
    expect(says(changes)).toEqual([
      "s",
      "s#2027-06-03T08:00:00.000Z",
      "-s#2027-06-02T08:00:00.000Z",
      "s/2027-06-10T08:00:00.000Z",
    ]);
    const busy = await serviceFor().getFreeBusy(["feed"], {
      start: new Date("2027-06-01T00:00:00Z"),
      end: new Date("2027-06-12T00:00:00Z"),
    });
    expect(busy.map(({ start }) => start.toISOString().slice(8, 16))).toEqual([
      "01T08:00",
      "03T12:00",
      "04T08:00",
      "05T08:00",
      "06T08:00",
      "07T08:00",
      "08T08:00",
      "09T08:00",
      "10T09:00",
      "11T09:00",
    ]);
  });

  test("an exception that becomes an ordinary occurrence again goes by itself", async () => {
    put("s", "20270601T080000Z", "RRULE:FREQ=DAILY;COUNT=5");
    server.events.set("s1", [
      "BEGIN:VEVENT",
      "UID:s",
      "RECURRENCE-ID:20270603T080000Z",
      "DTSTART:20270603T120000Z",
      "END:VEVENT",
    ]);
    const first = await pull(null);
    server.events.delete("s1");
    const third = await pull((await pull(first.cursor)).cursor);
    expect(says(third.changes)).toEqual(["-s#2027-06-03T08:00:00.000Z"]);
  });
});

test("free and busy are those of the feed, and a calendar that is none of its is an error", async () => {
  put("a", "20270608T100000Z");
  put("b", "20270608T103000Z");
  put("c", "20270609T100000Z", "TRANSP:TRANSPARENT");
  const range = { start: new Date("2027-06-08T00:00:00Z"), end: new Date("2027-06-10T00:00:00Z") };
  expect(await serviceFor().getFreeBusy(["feed"], range)).toEqual([
    { calendarId: "feed", start: new Date("2027-06-08T10:00:00Z"), end: new Date("2027-06-08T11:30:00Z") },
  ]);
  await expect(serviceFor().getFreeBusy(["other"], range)).rejects.toMatchObject({
    code: "CALENDAR_NOT_FOUND",
  });
  expect(await serviceFor().getFreeBusy([], range)).toEqual([]);
});
