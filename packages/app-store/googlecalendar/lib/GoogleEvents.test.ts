import type { Sandbox } from "@calsync/provider-sandbox";
import type { CalendarEvent } from "@calsync/types";
import { beforeEach, describe, expect, test } from "vitest";
import { onSandbox } from "../../common/test/on-sandbox.ts";
import { SAMPLE_EVENT as EVENT } from "../../common/test/sample-event.ts";
import { type ConnectedAccount, connectAccount } from "../test/google-sandbox.ts";
import { eventIdFor } from "./event-id.ts";

const KEY = "booking-0001";

let sandbox: Sandbox;
let host: ConnectedAccount;

onSandbox((started) => {
  sandbox = started;
});
beforeEach(() => {
  host = connectAccount(sandbox.google);
  sandbox.google.stats.reset();
});

const calls = () => sandbox.google.stats.calls;
const create = (event: CalendarEvent = EVENT, key = KEY) => host.service.createEvent(host.email, event, key);
const refTo = (eventId: string) => ({ calendarId: host.email, eventId });

describe("creating at Google", () => {
  test("the event's id comes from the key, its marker is private, and nobody is mailed", async () => {
    const guest = {
      email: "guest@people.example",
      name: null,
      response: "needs-action",
      optional: false,
    } as const;
    const { eventId } = await create({ ...EVENT, attendees: [guest] });
    expect(eventId).toBe(eventIdFor(KEY, 0));
    const held = sandbox.google.event(host.email, "primary", eventId);
    expect(held.extendedProperties).toEqual({ private: { calsync: "reference-1" } });
    expect(sandbox.google.guestMail).toEqual([]);
    expect(calls()).toEqual({ "calendar.events.insert": 1 });
  });

  test("a lost answer costs one repetition and one read, and no second event", async () => {
    sandbox.google.faults.add({ fault: "loseAnswer", account: host.email, times: 1 });
    expect(await create()).toMatchObject({ existed: true, event: { title: EVENT.title } });
    expect(calls()).toEqual({ "calendar.events.insert": 2, "calendar.events.get": 1 });
  });

  test("an id whose event was purged is burnt: the key's next id is taken, every time the same", async () => {
    sandbox.google.faults.set({ purgeDeletedAfterMs: 1 });
    const first = await create();
    await host.service.deleteEvent(refTo(first.eventId), null);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await host.service.getEvent(refTo(first.eventId))).toBeNull();
    const second = await create();
    expect(second).toMatchObject({ eventId: eventIdFor(KEY, 1), existed: false });
    expect(await create()).toMatchObject({ eventId: second.eventId, existed: true });
  });

  test("a calendar that may only be read refuses", async () => {
    const other = connectAccount(sandbox.google);
    sandbox.google.shareCalendar(other.email, host.email, "reader");
    const write = host.service.createEvent(other.email, EVENT, KEY);
    await expect(write).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });
});

describe("updating at Google", () => {
  test("an update is one read and one write, and none when nothing would change", async () => {
    const { eventId, version } = await create();
    sandbox.google.stats.reset();
    await host.service.updateEvent(refTo(eventId), EVENT, version);
    expect(calls()).toEqual({ "calendar.events.get": 1 });
    await host.service.updateEvent(refTo(eventId), { ...EVENT, title: "Renamed" }, version);
    expect(calls()).toEqual({ "calendar.events.get": 2, "calendar.events.update": 1 });
  });

  test("a version that went stale right after the write is a conflict, and works once read again", async () => {
    sandbox.google.faults.add({ fault: "touchAfterWrite", account: host.email, times: 1 });
    const written = await create();
    const renamed = { ...EVENT, title: "Renamed" };
    const update = host.service.updateEvent(refTo(written.eventId), renamed, written.version);
    await expect(update).rejects.toMatchObject({ code: "VERSION_CONFLICT", advice: { retry: "now" } });
    const read = await host.service.getEvent(refTo(written.eventId));
    expect(read?.version).not.toBe(written.version);
    const again = await host.service.updateEvent(refTo(written.eventId), renamed, read?.version ?? null);
    expect(again.event.title).toBe("Renamed");
  });

  test("an update whose answer is lost is found to have taken effect", async () => {
    const { eventId, version } = await create();
    sandbox.google.faults.add({ fault: "loseAnswer", method: "calendar.events.update", times: 1 });
    const written = await host.service.updateEvent(refTo(eventId), { ...EVENT, title: "Renamed" }, version);
    expect(written.event.title).toBe("Renamed");
    expect(written.version).toBe(sandbox.google.event(host.email, "primary", eventId).etag);
  });

  test("without a version, an update starts over when somebody else is quicker", async () => {
    const { eventId } = await create();
    const renames = [1, 2, 3].map((n) =>
      host.service.updateEvent(refTo(eventId), { ...EVENT, title: `Title ${n}`, marker: `m-${n}` }, null),
    );
    expect(await Promise.all(renames)).toHaveLength(3);
    const { summary, extendedProperties } = sandbox.google.event(host.email, "primary", eventId);
    expect(extendedProperties?.private?.["calsync"]).toBe(summary?.replace("Title ", "m-"));
  });

  test("what a person changes between our read and our write is kept", async () => {
    const { eventId } = await create();
    sandbox.google.faults.add({ fault: "delay", method: "calendar.events.update", delayMs: 60, times: 1 });
    const update = host.service.updateEvent(refTo(eventId), { ...EVENT, title: "Renamed" }, null);
    while (calls()["calendar.events.update"] !== 1) await new Promise((resolve) => setTimeout(resolve, 2));
    sandbox.google.patchEvent(host.email, "primary", eventId, { colorId: "7" });
    await update;
    expect(sandbox.google.event(host.email, "primary", eventId)).toMatchObject({
      summary: "Renamed",
      colorId: "7",
    });
    expect(calls()).toMatchObject({ "calendar.events.get": 2, "calendar.events.update": 2 });
  });

  test("an invitation names its organizer and our answer, and can be edited in our copy", async () => {
    const boss = connectAccount(sandbox.google);
    const { id = "" } = sandbox.google.putEvent(boss.email, "primary", {
      summary: "Theirs",
      start: { dateTime: EVENT.time.start, timeZone: "UTC" },
      end: { dateTime: EVENT.time.end, timeZone: "UTC" },
      guestsCanInviteOthers: false,
      attendees: [{ email: host.email }],
    });
    const ref = refTo(id ?? "");
    const read = await host.service.getEvent(ref);
    expect(read).toMatchObject({
      organizer: { email: boss.email, self: false },
      selfResponse: "needs-action",
    });
    const ours = { ...EVENT, title: "Our name for it", attendees: read?.attendees ?? [] };
    expect((await host.service.updateEvent(ref, ours, null)).event.title).toBe("Our name for it");
    expect(sandbox.google.event(boss.email, "primary", ref.eventId).summary).toBe("Theirs");
  });

  test("a deleted event that Google does not give back is gone for good", async () => {
    sandbox.google.faults.set({ restoreDeleted: "forbidden" });
    const { eventId } = await create();
    await host.service.deleteEvent(refTo(eventId), null);
    const update = host.service.updateEvent(refTo(eventId), EVENT, null);
    await expect(update).rejects.toMatchObject({ code: "EVENT_NOT_FOUND" });
  });

  test("a formatted description is kept when only the title changes", async () => {
    const { eventId } = await create({ ...EVENT, description: "Bring papers" });
    const description = "<p>Bring <b>papers</b></p>";
    sandbox.google.patchEvent(host.email, "primary", eventId, { description });
    const wanted = { ...EVENT, title: "Renamed", description: "Bring papers" };
    await host.service.updateEvent(refTo(eventId), wanted, null);
    expect(sandbox.google.event(host.email, "primary", eventId)).toMatchObject({
      summary: "Renamed",
      description,
    });
  });
});

describe("deleting at Google", () => {
  test("a second delete that is refused with 403 is a success", async () => {
    sandbox.google.faults.set({ secondDelete: 403 });
    const { eventId } = await create();
    await host.service.deleteEvent(refTo(eventId), null);
    await host.service.deleteEvent(refTo(eventId), null);
  });

  test("a delete that may not be is no success", async () => {
    const other = connectAccount(sandbox.google);
    sandbox.google.shareCalendar(other.email, host.email, "reader");
    const theirs = sandbox.google.putEvent(other.email, "primary", {
      start: { date: "2027-06-08" },
      end: { date: "2027-06-09" },
    });
    const ref = { calendarId: other.email, eventId: theirs.id ?? "" };
    await expect(host.service.deleteEvent(ref, null)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("a delete on an old version of an event that is deleted already is a success", async () => {
    const { eventId, version } = await create();
    sandbox.google.deleteEvent(host.email, "primary", eventId);
    await host.service.deleteEvent(refTo(eventId), version);
  });

  test("in a calendar that is gone, nothing can be said to be deleted", async () => {
    const calendarId = sandbox.google.createCalendar({ email: host.email, summary: "Short-lived" });
    const { eventId } = await host.service.createEvent(calendarId, EVENT, KEY);
    sandbox.google.deleteCalendar(calendarId);
    const deletion = host.service.deleteEvent({ calendarId, eventId }, null);
    await expect(deletion).rejects.toMatchObject({ code: "CALENDAR_NOT_FOUND" });
  });
});
