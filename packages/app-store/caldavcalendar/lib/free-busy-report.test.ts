import { type CaldavHabits, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { hour } from "@calsync/testing/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { contractSubject, WITH_ADDED_DATE } from "../test/dav-person.ts";

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
const requestsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  server.requests.length = 0;
  await work();
  return server.requests.map((request) => request.split(" ")[0] ?? "");
};

describe("busy times", () => {
  const range = { start: new Date("2027-06-01T00:00:00Z"), end: new Date("2027-06-20T00:00:00Z") };
  const report = (...lines: string[]) =>
    [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      "BEGIN:VFREEBUSY",
      ...lines,
      "END:VFREEBUSY",
      "END:VCALENDAR",
      "",
    ].join("\r\n");

  test("are the server's own where it reckons them by the book, at three requests however many events there are", async () => {
    const text = report(
      "DTSTART:20270601T000000Z",
      "FREEBUSY:20270608T100000Z/20270608T110000Z,20270531T220000Z/PT3H",
      "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270608T103000Z/PT1H",
      "FREEBUSY;FBTYPE=FREE:20270609T100000Z/PT1H",
    );
    const { service, calendarId } = await subjectWith({
      freeBusy: { type: "text/calendar; charset=utf-8", text },
    });
    const asked = await requestsOf(async () => {
      expect(await service.getFreeBusy([calendarId], range)).toEqual([
        { calendarId, start: range.start, end: new Date("2027-06-01T01:00:00Z") },
        { calendarId, start: new Date("2027-06-08T10:00:00Z"), end: new Date("2027-06-08T11:30:00Z") },
      ]);
    });
    expect(asked).toEqual(["PROPFIND", "REPORT", "REPORT"]);
  });

  test("are nobody's to doubt where the server says that there are none", async () => {
    const { service, calendarId } = await subjectWith({
      freeBusy: { type: "text/calendar", text: report() },
    });
    expect(await requestsOf(() => service.getFreeBusy([calendarId], range))).toEqual(["PROPFIND", "REPORT"]);
  });

  test("come from the events where the server counts what its owner has declined (Cyrus)", async () => {
    const text = report("FREEBUSY:20270608T100000Z/PT1H,20270609T100000Z/PT1H");
    const { service, calendarId, person } = await subjectWith({ freeBusy: { type: "text/calendar", text } });
    await person.create({ title: "Declined", time: hour(8), declinedByOwner: true });
    await person.create({
      title: "Kept",
      time: hour(9),
      attendees: [{ email: "guest@people.example", response: "declined" }],
    });
    expect(await service.getFreeBusy([calendarId], range)).toMatchObject([
      { start: new Date(hour(9).start), end: new Date(hour(9).end) },
    ]);
  });

  test("come from the events on SabreDAV and its children, which leave out added dates and rarer rules", async () => {
    const { service, calendarId, put } = await subjectWith({
      freeBusy: { type: "text/calendar", text: report() },
      isSabre: true,
    });
    await put("added.ics", WITH_ADDED_DATE);
    const asked = await requestsOf(async () => {
      expect(await service.getFreeBusy([calendarId], range)).toHaveLength(2);
    });
    expect(asked).toEqual(["PROPFIND", "REPORT", "REPORT"]);
  });

  test.each([
    ["that does not call itself a calendar (Xandikos)", "application/octet-stream", report()],
    ["without a VFREEBUSY", "text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"],
    ["that is a page", "text/calendar", "<html>"],
    ["with a time in no zone", "text/calendar", report("FREEBUSY:20270608T100000/PT1H")],
  ])("come from the events after an answer %s", async (_, type, text) => {
    const { service, calendarId, person } = await subjectWith({ freeBusy: { type, text } });
    await person.create({ title: "Weekly", time: hour(8), recurrence: ["RRULE:FREQ=WEEKLY;COUNT=2"] });
    expect(await service.getFreeBusy([calendarId], range)).toHaveLength(2);
  });
});
