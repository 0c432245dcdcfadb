import { type CaldavHabits, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { drain, hour, sampleEvent } from "@calsync/testing/contract";
import type { ChangePage, ExternalChange, ExternalEvent } from "@calsync/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { contractSubject } from "../test/dav-person.ts";

// Servers are processes and sockets: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: MemoryCaldavServer;
beforeEach(async () => {
  server = await MemoryCaldavServer.start();
});
afterEach(() => server.close());

async function subjectWith(habits: Partial<CaldavHabits> = {}) {
  Object.assign(server.habits, habits);
  return contractSubject(server);
}
const ids = (changes: readonly ExternalChange[]) =>
  changes.map((change) => (change.type === "upsert" ? change.event.id : `-${change.eventId}`)).sort();
const events = (changes: readonly ExternalChange[]): ExternalEvent[] =>
  changes.flatMap((change) => (change.type === "upsert" ? [change.event] : []));
const requestsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  server.requests.length = 0;
  await work();
  return server.requests.map((request) => request.split(" ")[0] ?? "");
};

describe("what a pull costs", () => {
  test("nothing changed is one request, and changes are one more per hundred", async () => {
    const { service, calendarId, person } = await subjectWith();
    const made = Array.from({ length: 120 }, (_, index) =>
      person.create({ title: `Event ${index}`, time: hour((index % 28) + 1) }),
    );
    await Promise.all(made);
    let cursor: string | null = null;
    expect(
      await requestsOf(async () => {
        ({ cursor } = await drain(service, calendarId, null));
      }),
    ).toEqual(["REPORT", "REPORT", "REPORT"]);
    expect(await requestsOf(() => drain(service, calendarId, cursor))).toEqual(["REPORT"]);
    await person.rename(await (made[7] ?? ""), "Renamed");
    expect(await requestsOf(() => drain(service, calendarId, cursor))).toEqual(["REPORT", "REPORT"]);
  });

  test("without sync-collection a look at the calendar's tag tells that nothing changed", async () => {
    const { service, calendarId, person } = await subjectWith({ syncCollection: false });
    const kept = await person.create({ title: "Kept", time: hour(7) });
    const gone = await person.create({ title: "Gone", time: hour(8) });
    const first = await drain(service, calendarId, null);
    expect(ids(first.changes)).toEqual([kept, gone].sort());
    expect(await requestsOf(() => drain(service, calendarId, first.cursor))).toEqual(["PROPFIND"]);
    await person.delete(gone);
    await person.rename(kept, "Renamed");
    const second = await drain(service, calendarId, first.cursor);
    expect(ids(second.changes)).toEqual([`-${gone}`, kept].sort());
  });
});

test("an event that speaks of an error is written like any other, where the server gives back its text", async () => {
  const { service, calendarId } = await subjectWith({ returnsText: true });
  const event = sampleEvent({ description: "What does <no-uid-conflict/> mean?" });
  const written = await service.createEvent(calendarId, event, "key");
  expect(written).toMatchObject({ existed: false, event: { description: event.description } });
});

test("a listing that the server cuts short (507) goes on with the token that came along, and loses nothing", async () => {
  const { service, calendarId, person } = await subjectWith({ pageSize: 3 });
  const made: string[] = [];
  for (let day = 1; day <= 8; day++) made.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
  const first = await drain(service, calendarId, null);
  expect(ids(first.changes)).toEqual(made.toSorted());
  expect(first.pages.map(({ complete }) => complete)).toEqual([false, false, true]);
  for (const name of made.slice(0, 4)) await person.rename(name, "Renamed");
  await person.delete(made[7] ?? "");
  const second = await drain(service, calendarId, first.cursor);
  expect(ids(second.changes)).toEqual([...made.slice(0, 4), `-${made[7]}`].toSorted());
  expect(second.pages.every(({ full }) => !full)).toBe(true);
});

test("a cut listing that broke off between two answers begins anew, or goes on, and loses nothing", async () => {
  const { service, calendarId, person } = await subjectWith({ pageSize: 2 });
  const made: string[] = [];
  for (let day = 1; day <= 5; day++) made.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
  const seen = new Set<string>();
  const window = { start: new Date("2027-01-01T00:00:00Z"), end: new Date("2028-01-01T00:00:00Z") };
  let cursor: string | null = null;
  for (let breaks = 0; breaks < 3; breaks++) {
    const page: ChangePage | undefined = (
      await service.onWatchedCalendarChange(calendarId, cursor, { window })[Symbol.asyncIterator]().next()
    ).value;
    for (const id of ids(page?.changes ?? [])) seen.add(id);
    cursor = page?.cursor ?? null;
    expect(page?.full).toBe(true);
  }
  const rest = await drain(service, calendarId, cursor);
  for (const id of ids(rest.changes)) seen.add(id);
  expect([...seen].sort()).toEqual(made.toSorted());
});

describe("a token that the server does not know", () => {
  test.each(["valid-sync-token", 409, 418, 500] as const)(
    "(%s) means pulling in full",
    async (unknownToken) => {
      const { service, calendarId, person } = await subjectWith({ unknownToken });
      await person.create({ title: "Old", time: hour(7) });
      const { cursor } = await drain(service, calendarId, null);
      server.expireTokens();
      await expect(drain(service, calendarId, cursor)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
      expect((await drain(service, calendarId, null)).changes).toHaveLength(1);
    },
  );

  test("(a list of everything) brings everything, and what has gone with the next full pull", async () => {
    const { service, calendarId, person } = await subjectWith({ unknownToken: "everything" });
    const old = await person.create({ title: "Old", time: hour(7) });
    const { cursor } = await drain(service, calendarId, null);
    server.expireTokens();
    const { changes, cursor: next } = await drain(service, calendarId, cursor);
    expect(ids(changes)).toEqual([old]);
    expect((await drain(service, calendarId, next)).changes).toEqual([]);
  });

  test("is not what a server that is out of order means by 500", async () => {
    const { service, calendarId, person } = await subjectWith({ unknownToken: 500 });
    await person.create({ title: "Old", time: hour(7) });
    const { cursor } = await drain(service, calendarId, null);
    server.breakDown();
    await expect(drain(service, calendarId, cursor)).rejects.toMatchObject({ code: "CALENDAR_API_ERROR" });
  });
});

describe.each([true, false])(
  "an event of ours that came and went (with sync-collection: %s)",
  (syncCollection) => {
    test("is told as gone although the listing keeps silent, and costs nothing when it does not", async () => {
      const { service, calendarId, person } = await subjectWith({ syncCollection, tellsShortLived: false });
      await person.create({ title: "Old", time: hour(7) });
      const { cursor } = await drain(service, calendarId, null);
      const kept = await service.createEvent(calendarId, sampleEvent(), "key-of-the-kept");
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), "key-of-the-short-lived");
      await person.delete(eventId);
      const { changes, cursor: next } = await drain(service, calendarId, cursor, {
        written: [kept.eventId, eventId],
      });
      expect(ids(changes)).toEqual([`-${eventId}`, kept.eventId].sort());
      expect((await drain(service, calendarId, next)).changes).toEqual([]);
      await service.updateEvent(
        { calendarId, eventId: kept.eventId },
        sampleEvent({ title: "Renamed" }),
        null,
      );
      const listing = () => drain(service, calendarId, next, { written: [kept.eventId] });
      expect((await requestsOf(listing)).filter((method) => method === "GET")).toEqual([]);
    });

    test("leaves a listing in which nothing else happened", async () => {
      const { service, calendarId, person } = await subjectWith({ syncCollection, tellsShortLived: false });
      const { cursor } = await drain(service, calendarId, null);
      const { eventId } = await service.createEvent(calendarId, sampleEvent(), "key-of-the-only-one");
      await person.delete(eventId);
      const { changes } = await drain(service, calendarId, cursor, { written: [eventId] });
      expect(ids(changes)).toEqual([`-${eventId}`]);
    });
  },
);

test("a password that is changed while a job runs is used from its first refusal on, and is not taken for a wrong one", async () => {
  const { service, calendarId, ownerEmail = "", credential } = await subjectWith();
  const store = (password: string) => {
    credential.secret = { ...credential.secret, password };
  };
  const { cursor } = await drain(service, calendarId, null);
  server.setPassword(ownerEmail, "a-new-one");
  store("a-new-one");
  expect((await drain(service, calendarId, cursor)).changes).toEqual([]);
  expect(credential.invalidReason).toBeNull();
  store("a-wrong-one");
  server.setPassword(ownerEmail, "yet-another-one");
  await expect(drain(service, calendarId, cursor)).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  expect(credential.invalidReason).not.toBeNull();
});

test("a collection that stands among its own changes is no event (iCloud)", async () => {
  const { service, calendarId, person } = await subjectWith({ listsItself: true });
  const made = await person.create({ title: "Only one", time: hour(7) });
  const { changes, cursor } = await drain(service, calendarId, null);
  expect(ids(changes)).toEqual([made]);
  expect((await drain(service, calendarId, cursor)).changes).toEqual([]);
});

test.each([true, false])(
  "an inbox is no calendar, whether it calls itself one (%s: DAViCal) or not",
  async (inboxIsCalendar) => {
    const { service, calendarId } = await subjectWith({ inboxIsCalendar });
    expect((await service.listCalendars()).map(({ id }) => id)).toEqual([calendarId]);
  },
);

test("one object that cannot be read is set aside alone", async () => {
  const { service, calendarId, person, put } = await subjectWith();
  const good = await person.create({ title: "Good", time: hour(7) });
  await put(
    "broken.ics",
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:not a time\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
  );
  const { changes } = await drain(service, calendarId, null);
  expect(ids(changes)).toEqual(["-broken.ics", good].sort());
  expect(changes.find(({ type }) => type === "unreadable")).toMatchObject({ eventId: "broken.ics" });
});

describe("times that name no zone", () => {
  const floating = (uid: string, ...more: string[]) =>
    ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//other//EN", "BEGIN:VEVENT", `UID:${uid}`]
      .concat("DTSTAMP:20270101T000000Z", "DTSTART:20270608T100000", "DURATION:PT1H", ...more)
      .concat("END:VEVENT", "END:VCALENDAR", "")
      .join("\r\n");

  test("are in the calendar's own, else in that of the account's owner, which costs one question", async () => {
    const { service, calendarId, put } = await subjectWith({ timeZone: "America/New_York" });
    await put("a.ics", floating("a"));
    await put("b.ics", floating("b", "RRULE:FREQ=DAILY;COUNT=2", "RDATE:20270620T100000"));
    let found: ExternalChange[] = [];
    const asked = await requestsOf(async () => {
      found = (await drain(service, calendarId, null)).changes;
    });
    expect(asked).toEqual(["REPORT", "REPORT", "PROPFIND"]);
    for (const { time } of events(found))
      expect(time).toMatchObject({ start: "2027-06-08T14:00:00.000Z", timeZone: "America/New_York" });
    const other = await subjectWith({ timeZone: null });
    other.credential.secret = { ...other.credential.secret, timeZone: "Asia/Tokyo" };
    await other.put("a.ics", floating("a"));
    const read = await other.service.getEvent({ calendarId: other.calendarId, eventId: "a.ics" });
    expect(read?.time).toMatchObject({ start: "2027-06-08T01:00:00.000Z", timeZone: "Asia/Tokyo" });
  });

  test("are whole days too, when it is asked what is busy", async () => {
    const { service, calendarId, person } = await subjectWith({ timeZone: "Asia/Tokyo" });
    await person.create({ title: "Day", time: { allDay: true, start: "2027-06-08", end: "2027-06-09" } });
    const range = { start: new Date("2027-06-01T00:00:00Z"), end: new Date("2027-06-20T00:00:00Z") };
    expect(await service.getFreeBusy([calendarId], range)).toMatchObject([
      { start: new Date("2027-06-07T15:00:00Z"), end: new Date("2027-06-08T15:00:00Z") },
    ]);
  });
});

test.each(["of-one", "of-all"] as const)(
  "an object that goes between the listing and the reading takes nothing else along (said %s that are read)",
  async (missingObject) => {
    const { service, calendarId, person } = await subjectWith({ missingObject });
    const made: string[] = [];
    for (let day = 7; day <= 11; day++)
      made.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
    const gone = made.splice(2, 1)[0] ?? "";
    server.vanishing.add(gone);
    const { changes, cursor } = await drain(service, calendarId, null);
    expect(ids(changes)).toEqual(made);
    await person.delete(gone);
    expect(ids((await drain(service, calendarId, cursor)).changes)).toEqual([`-${gone}`]);
  },
);

test("one object over which the server fails is set aside alone, and a server that fails over many is out of order", async () => {
  const { service, calendarId, person } = await subjectWith();
  const made: string[] = [];
  for (let day = 1; day <= 9; day++) made.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
  const [bad = ""] = made;
  server.poisonous.add(bad);
  const { changes } = await drain(service, calendarId, null);
  expect(changes.filter(({ type }) => type === "unreadable")).toMatchObject([{ eventId: bad }]);
  expect(ids(events(changes).map((event) => ({ type: "upsert", event })))).toEqual(made.slice(1).toSorted());
  for (const name of made) server.poisonous.add(name);
  await expect(drain(service, calendarId, null)).rejects.toMatchObject({ code: "CALENDAR_API_ERROR" });
});

test("a server that gives back what it now holds is not asked again", async () => {
  const { service, calendarId } = await subjectWith({ etagOnPut: false, returnsText: true });
  const asked = await requestsOf(() => service.createEvent(calendarId, sampleEvent(), "key-with-text"));
  expect(asked).toEqual(["PUT"]);
});

test("a server that gives no ETag for what was written is asked what it holds now", async () => {
  const { service, calendarId } = await subjectWith({ etagOnPut: false });
  const { eventId, version } = await service.createEvent(calendarId, sampleEvent(), "key-without-etag");
  expect(version).toBe((await service.getEvent({ calendarId, eventId }))?.version);
});

test.each(["no-uid-conflict", "unique-scheduling-object-resource"] as const)(
  "where a UID is taken once in the account (%s), a second calendar holds the booking under another one",
  async (uidPerAccount) => {
    const first = await subjectWith({ uidPerAccount });
    const event = sampleEvent();
    const one = await first.service.createEvent(first.calendarId, event, "key-in-calendar-1");
    const second = await first.makeCalendar("second");
    const two = await first.service.createEvent(second, event, "key-in-calendar-2");
    expect(one.iCalUid).toBe(event.iCalUid);
    expect(two.iCalUid).not.toBe(event.iCalUid);
    expect(two.event.title).toBe(event.title);
  },
);

test("an event that the server refuses for what is in it is said to be refused for that, not for want of rights", async () => {
  const { service, calendarId } = await subjectWith({ refuses: "allowed-attendee-scheduling-object-change" });
  await expect(service.createEvent(calendarId, sampleEvent(), "a-key")).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    providerReason: "allowed-attendee-scheduling-object-change",
  });
});

test("a server that sends invitations by itself sends none for our events: its guests get ours", async () => {
  const { service, calendarId } = await subjectWith({ schedules: true });
  const guest = (email: string) => ({
    email,
    name: null,
    response: "needs-action" as const,
    optional: false,
  });
  const event = sampleEvent({ attendees: [guest("a@people.example")] });
  const { eventId } = await service.createEvent(calendarId, event, "key-with-guests");
  const more = { ...event, attendees: [...event.attendees, guest("b@people.example")] };
  await service.updateEvent({ calendarId, eventId }, more, null);
  expect((await service.getEvent({ calendarId, eventId }))?.attendees).toHaveLength(2);
  expect(server.invited).toEqual([]);
});

describe("an exception of a series", () => {
  const SECOND = hour(15).start;
  async function series() {
    const subject = await subjectWith();
    const seriesId = await subject.person.create({
      title: "Weekly",
      time: hour(8),
      recurrence: ["RRULE:FREQ=WEEKLY;COUNT=4"],
    });
    await subject.person.moveInstance(seriesId, SECOND, hour(16, "15:00"));
    const { cursor, changes } = await drain(subject.service, subject.calendarId, null);
    expect(ids(changes)).toEqual([seriesId, `${seriesId}#${SECOND}`]);
    return { ...subject, seriesId, cursor };
  }

  test("that a person turns back into an ordinary occurrence is told where it is now", async () => {
    const { service, calendarId, seriesId, cursor, dropExceptions } = await series();
    await dropExceptions(seriesId);
    const { changes, cursor: next } = await drain(service, calendarId, cursor);
    const instance = events(changes).find(({ originalStart }) => originalStart === SECOND);
    expect(instance).toMatchObject({ seriesId, time: hour(15), title: "Weekly", status: "confirmed" });
    expect(ids((await drain(service, calendarId, next)).changes)).toEqual([]);
  });

  test("whose date its series has not any more has gone", async () => {
    const { service, calendarId, seriesId, cursor, dropExceptions } = await series();
    await dropExceptions(seriesId, "RRULE:FREQ=WEEKLY;COUNT=1");
    const { changes } = await drain(service, calendarId, cursor);
    expect(changes.filter(({ type }) => type === "delete")).toEqual([
      {
        type: "delete",
        eventId: `${seriesId}#${SECOND}`,
        seriesId: null,
        originalStart: null,
        version: null,
      },
    ]);
  });

  test("is told by the ETags too, where there is no sync-collection", async () => {
    server.habits.syncCollection = false;
    const { service, calendarId, cursor, seriesId, dropExceptions } = await series();
    await dropExceptions(seriesId);
    const { changes } = await drain(service, calendarId, cursor);
    expect(events(changes).find(({ originalStart }) => originalStart === SECOND)?.time).toEqual(hour(15));
  });
});
