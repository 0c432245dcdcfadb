import { CalendarError } from "@calsync/lib";
import { beforeEach, describe, expect, test } from "vitest";
import { drain, testCalendarService } from "../contract/index.ts";
import { hour, sampleEvent, sampleKey } from "../contract/samples.ts";
import type { ContractNotification } from "../contract/subject.ts";
import {
  MEMORY_CAPABILITIES,
  MemoryCalendar,
  MemoryCalendarServer,
  memoryCalendarProvider,
  toNotificationRequest,
} from "./index.ts";

const OWNER = "host@memory.example";

testCalendarService("memorycalendar", {
  capabilities: MEMORY_CAPABILITIES,
  async create() {
    const received: ContractNotification[] = [];
    const server = new MemoryCalendarServer({
      now: () => new Date(),
      onNotification(notification) {
        const parsed = memoryCalendarProvider(server).parseNotification(toNotificationRequest(notification));
        if (parsed.type === "notifications") received.push(...parsed.notifications);
      },
    });
    server.renewable = true;
    const calendarId = server.addCalendar(OWNER);
    const { person } = server;
    return {
      service: new MemoryCalendar(server, OWNER),
      calendarId,
      ownerEmail: OWNER,
      person: {
        create: async ({ declinedByOwner, attendees, ...fields }) =>
          person.create(calendarId, {
            ...fields,
            attendees: (attendees ?? []).map(({ email, response }) => ({
              email,
              name: null,
              response: response ?? "needs-action",
              optional: false,
            })),
            selfResponse: declinedByOwner ? "declined" : null,
          }),
        move: async (eventId, time) => person.move(calendarId, eventId, time),
        rename: async (eventId, title) => person.edit(calendarId, eventId, { title }),
        delete: async (eventId) => person.delete(calendarId, eventId),
        respond: async (eventId, email, response) => person.respond(calendarId, eventId, email, response),
        moveInstance: async (seriesId, start, time) => {
          person.moveInstance(calendarId, seriesId, start, time);
        },
        cancelInstance: async (seriesId, start) => {
          person.cancelInstance(calendarId, seriesId, start);
        },
        setForeign: async (eventId) => person.setForeign(calendarId, eventId, "reminder", "30 minutes"),
        foreign: async (eventId) => person.foreign(calendarId, eventId),
        count: async () => server.events(calendarId).filter((event) => event.seriesId === null).length,
      },
      faults: {
        loseNextAnswer: () => server.faults.next("any", { kind: "lost-answer" }),
        breakDown: () => {
          server.faults.next("any", { kind: "server-error" }, 100);
          return () => server.faults.clear();
        },
        expireCursors: () => server.expireCursors(),
      },
      receiver: {
        address: "https://calsync.example/notifications",
        received: () => received,
        unwatchableCalendarId: server.addCalendar(OWNER, { watchable: false }),
      },
    };
  },
});

describe("MemoryCalendarServer", () => {
  let now: Date;
  let notified: string[];
  let server: MemoryCalendarServer;
  let calendarId: string;
  let calendar: MemoryCalendar;

  beforeEach(() => {
    now = new Date("2027-06-01T00:00:00.000Z");
    notified = [];
    server = new MemoryCalendarServer({
      now: () => now,
      onNotification: ({ providerSubscriptionId, kind }) =>
        notified.push(`${providerSubscriptionId} ${kind}`),
    });
    calendarId = server.addCalendar(OWNER);
    calendar = new MemoryCalendar(server, OWNER);
  });

  async function watch(id: string): Promise<void> {
    const request = { id, address: "https://calsync.example", secret: "s", lifetimeMs: 60_000 };
    await calendar.watchCalendar(calendarId, request);
    notified = [];
  }

  test("a calendar of another account is not there", async () => {
    const stranger = new MemoryCalendar(server, "stranger@memory.example");
    await expect(drain(stranger, calendarId, null)).rejects.toMatchObject({ code: "CALENDAR_NOT_FOUND" });
  });

  test("an expired channel falls silent", async () => {
    await watch("short");
    server.person.create(calendarId, { time: hour(9) });
    now = new Date(now.getTime() + 60_001);
    server.person.create(calendarId, { time: hour(10) });
    expect(notified).toEqual(["short change"]);
  });

  test("notifications can be dropped and doubled", async () => {
    await watch("w");
    server.faults.dropNotifications();
    server.faults.duplicateNotifications();
    server.person.create(calendarId, { time: hour(9) });
    expect(notified).toEqual([]);
    server.person.create(calendarId, { time: hour(10) });
    expect(notified).toEqual(["w change", "w change"]);
  });

  test("a rate limit strikes before the call and says how long to wait", async () => {
    server.faults.next("createEvent", { kind: "rate-limit", retryAfterMs: 1_500 });
    const error = await calendar.createEvent(calendarId, sampleEvent(), sampleKey()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CalendarError);
    expect(error).toMatchObject({ code: "RATE_LIMIT_EXCEEDED", advice: { retry: "later", afterMs: 1_500 } });
    expect(server.events(calendarId)).toEqual([]);
  });

  test("the hook sees a call before and after its effect, and can lose its answer", async () => {
    const seen: string[] = [];
    server.faults.hook = ({ method, phase }) => {
      seen.push(`${method} ${phase} ${server.events(calendarId).length}`);
      if (phase === "answer") throw new CalendarError("NETWORK_ERROR", "lost");
    };
    const write = calendar.createEvent(calendarId, sampleEvent(), sampleKey());
    await expect(write).rejects.toMatchObject({ code: "NETWORK_ERROR" });
    expect(seen).toEqual(["createEvent request 0", "createEvent answer 1"]);
  });

  test("a server that touches events after a write makes the answer's version stale", async () => {
    server.faults.touchAfterWrite = true;
    const written = await calendar.createEvent(calendarId, sampleEvent(), sampleKey());
    const ref = { calendarId, eventId: written.eventId };
    const update = calendar.updateEvent(ref, sampleEvent({ title: "Ours" }), written.version);
    await expect(update).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  });

  test("a purged event is forgotten", async () => {
    const eventId = server.person.create(calendarId, { time: hour(9) });
    server.person.delete(calendarId, eventId);
    server.purge(calendarId, eventId);
    expect(await calendar.getEvent({ calendarId, eventId })).toBeNull();
  });

  test("what is handed out can be changed without changing the calendar", async () => {
    const { eventId, event } = await calendar.createEvent(calendarId, sampleEvent(), sampleKey());
    event.title = "scribbled";
    event.time.start = "scribbled";
    expect(server.event(calendarId, eventId)).toMatchObject({ title: "Consultation", time: hour(8) });
  });

  test("calls are counted by method, pages one by one", async () => {
    for (let day = 1; day <= 5; day++) server.person.create(calendarId, { time: hour(day) });
    await drain(calendar, calendarId, null, { pageSize: 2 });
    expect(server.callCount("onWatchedCalendarChange")).toBe(3);
    expect(server.callCount()).toBe(3);
    server.resetCalls();
    expect(server.callCount()).toBe(0);
  });
});
