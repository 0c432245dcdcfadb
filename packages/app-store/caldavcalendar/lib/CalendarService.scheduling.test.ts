import {
  type CaldavTestServer,
  InstalledCaldavServer,
  installedServers,
  MemoryCaldavServer,
} from "@calsync/testing/caldav-server";
import { drain, hour, sampleEvent } from "@calsync/testing/contract";
import type { EventAttendee, ExternalChange } from "@calsync/types";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { contractSubject } from "../test/dav-person.ts";

/*
 * On a server that keeps to the books: invitations of its own (RFC 6638), listings that it cuts short (RFC 6578 §3.6), one UID in
 * an account. Cyrus where the machine has it, else the server in memory with the same habits; DAViCal, which invites in another way,
 * beside it.
 */

// Servers are processes and sockets: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: InstalledCaldavServer | MemoryCaldavServer;
beforeAll(async () => {
  server =
    installedServers(["cyrus"]).length > 0
      ? await InstalledCaldavServer.start("cyrus")
      : await MemoryCaldavServer.start({
          schedules: true,
          returnsText: true,
          uidPerAccount: "no-uid-conflict",
        });
});
afterAll(() => server.close());
beforeEach(() => {
  if (server.kind !== "memory") server.cutListingsAt = null;
});

const guest = (email: string): EventAttendee => ({
  email,
  name: null,
  response: "needs-action",
  optional: false,
});

async function guestsHearNothing(from: CaldavTestServer): Promise<void> {
  const { service, calendarId } = await contractSubject(from);
  const local = await contractSubject(from);
  const before = from.invited.length;
  const attendees = [guest("a@elsewhere.example"), guest(local.ownerEmail ?? "")];
  const { eventId } = await service.createEvent(calendarId, sampleEvent({ attendees }), "key-of-the-invited");
  const more = { attendees: [...attendees, guest("b@elsewhere.example")], time: hour(9), sequence: 1 };
  await service.updateEvent({ calendarId, eventId }, sampleEvent(more), null);
  expect((await service.getEvent({ calendarId, eventId }))?.attendees).toHaveLength(3);
  await service.deleteEvent({ calendarId, eventId }, null);
  expect(from.invited.slice(before)).toEqual([]);
  for (const { id } of await local.service.listCalendars()) {
    expect((await drain(local.service, id, null)).changes).toEqual([]);
  }
}

test("the guests of our events hear nothing from the server, whether they have an account there or not", () =>
  guestsHearNothing(server));

test("a guest whom a person invites there is known as invited, and stays so when we write the event again", async () => {
  const { service, calendarId, person } = await contractSubject(server);
  const before = server.invited.length;
  const attendees = [{ email: "c@elsewhere.example" }];
  const eventId = await person.create({ title: "Theirs", time: hour(10), attendees });
  expect(server.invited.slice(before)).toEqual(["c@elsewhere.example"]);
  const invited = [{ email: "c@elsewhere.example", invitedByCalendar: true }];
  const read = await service.getEvent({ calendarId, eventId });
  expect(read?.attendees).toMatchObject(invited);
  const wanted = sampleEvent({
    title: "Ours",
    time: hour(10),
    attendees: [guest("c@elsewhere.example"), guest("d@elsewhere.example")],
  });
  await service.updateEvent({ calendarId, eventId }, wanted, null);
  const written = await service.getEvent({ calendarId, eventId });
  expect(written?.attendees.find(({ email }) => email.startsWith("c"))).toMatchObject(invited[0] ?? {});
  expect(server.invited).not.toContain("d@elsewhere.example");
});

test("an event with guests is written in one request", async () => {
  const { service, calendarId } = await contractSubject(server);
  const asked = server.requests.length;
  const event = sampleEvent({ attendees: [guest("a@elsewhere.example")] });
  const { version } = await service.createEvent(calendarId, event, "key-in-one-request");
  expect(server.requests.slice(asked).map((request) => request.split(" ")[0])).toEqual(["PUT"]);
  expect(version).not.toBeNull();
});

test("a booking stands in two calendars of one account, under two UIDs", async () => {
  const { service, calendarId, makeCalendar } = await contractSubject(server);
  const event = sampleEvent({ attendees: [guest("a@elsewhere.example")] });
  const one = await service.createEvent(calendarId, event, "key-in-the-first");
  const two = await service.createEvent(await makeCalendar("second"), event, "key-in-the-second");
  expect(one.iCalUid).toBe(event.iCalUid);
  expect(two.iCalUid).not.toBe(event.iCalUid);
});

test("a listing that is cut short (507) goes on with the token that came along, and loses nothing", async () => {
  const { service, calendarId, person } = await contractSubject(server);
  const made: string[] = [];
  for (let day = 1; day <= 7; day++) made.push(await person.create({ title: `Day ${day}`, time: hour(day) }));
  if (server.kind === "memory") server.habits.pageSize = 3;
  else server.cutListingsAt = 3;
  const first = await drain(service, calendarId, null);
  expect(first.changes.map((change) => change.type === "upsert" && change.event.id).sort()).toEqual(made);
  expect(first.pages.length).toBeGreaterThanOrEqual(3);
  for (const name of made.slice(0, 4)) await person.rename(name, "Renamed");
  await person.delete(made[6] ?? "");
  const second = await drain(service, calendarId, first.cursor);
  expect(second.pages.length).toBeGreaterThanOrEqual(2);
  expect(second.changes.filter(({ type }) => type === "upsert")).toHaveLength(4);
  expect(second.changes).toContainEqual(expect.objectContaining({ type: "delete", eventId: made[6] }));
  expect((await drain(service, calendarId, second.cursor)).changes).toEqual([]);
});

for (const kind of installedServers(["davical"])) {
  describe(`on ${kind}, which tells those alone who have an account there`, () => {
    let davical: InstalledCaldavServer;
    beforeAll(async () => {
      davical = await InstalledCaldavServer.start(kind);
    });
    afterAll(() => davical.close());

    test("the guests of our events hear nothing from the server", () => guestsHearNothing(davical));

    test("a guest whom a person adds is known as invited when the server has told them, and is ours to tell when it could not", async () => {
      const { service, calendarId, person } = await contractSubject(davical);
      const local = await contractSubject(davical);
      const { length: before } = await local.service.listCalendars();
      const attendees = [{ email: local.ownerEmail ?? "" }, { email: "e@elsewhere.example" }];
      const eventId = await person.create({ title: "Theirs", time: hour(10), attendees });
      const read = await service.getEvent({ calendarId, eventId });
      expect(
        read?.attendees.map(({ email, invitedByCalendar = false }) => [email, invitedByCalendar]),
      ).toEqual([
        [local.ownerEmail, true],
        ["e@elsewhere.example", false],
      ]);
      // Once, in one calendar: the inbox, which calls itself a calendar too, is none.
      const found: ExternalChange[] = [];
      const calendars = await local.service.listCalendars();
      for (const { id } of calendars) found.push(...(await drain(local.service, id, null)).changes);
      expect(found).toHaveLength(1);
      expect(calendars).toHaveLength(before);
    });
  });
}
