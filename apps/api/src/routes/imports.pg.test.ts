import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;
let users = 0;

beforeAll(async () => {
  world = await createApiWorld({ ICS_MAX_MB: "1" });
});
afterAll(() => world.close());
beforeEach(async () => {
  users += 1;
  host = await world.signUp(`host${users}`);
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
});

/** The day after tomorrow and those after it, as iCalendar writes them. */
const dayAt = (ahead: number) => new Date(Date.now() + (2 + ahead) * 86_400_000).toISOString().slice(0, 10);
const stamp = (ahead: number, time: string) => `${dayAt(ahead).replaceAll("-", "")}T${time}00Z`;
const vevent = (...lines: string[]) => ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", ...lines, "END:VEVENT"];
const file = (...lines: string[]) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", ...lines, "END:VCALENDAR", ""].join("\r\n");
const busyAt = (uid: string, ahead: number, from: string, to: string, ...more: string[]) =>
  vevent(
    `UID:${uid}`,
    `DTSTART:${stamp(ahead, from)}`,
    `DTEND:${stamp(ahead, to)}`,
    "SUMMARY:Dentist",
    ...more,
  );

async function upload(content: string | Buffer, query = "", as = host) {
  return world.app.inject({
    method: "POST",
    url: `/v1/imports${query}`,
    headers: { cookie: as.cookie, "x-calsync-csrf": "1", "content-type": "text/calendar" },
    payload: content,
  });
}
async function imported(content: string, choice: object = {}) {
  const made = await upload(content);
  expect(made.statusCode, made.body).toBe(201);
  const applied = await host.send("POST", `/v1/imports/${made.json().import.id}/apply`, choice);
  expect(applied.statusCode, applied.body).toBe(200);
  return applied.json().import as { id: string; status: string; result: Record<string, number> };
}
async function slots(ahead: number): Promise<string[]> {
  const from = `${dayAt(ahead)}T00:00:00Z`;
  const to = `${dayAt(ahead + 1)}T00:00:00Z`;
  const answer = await world.app.inject({
    method: "GET",
    url: `/v1/slots?username=${host.username}&eventType=intro&from=${from}&to=${to}&timeZone=UTC`,
  });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer
    .json()
    .days.flatMap((day: { slots: { start: string }[] }) => day.slots.map(({ start }) => start.slice(11, 16)));
}
async function book(ahead: number, time: string) {
  const booked = await world.app.inject({
    method: "POST",
    url: "/v1/bookings",
    body: {
      username: host.username,
      eventType: "intro",
      start: `${dayAt(ahead)}T${time}:00.000Z`,
      timeZone: "UTC",
      guest: { name: "Ann", email: "ann@guest.test" },
    },
  });
  expect(booked.statusCode, booked.body).toBe(201);
  const { uid } = booked.json().booking as { uid: string };
  return world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
}

test("a file is shown with its problems and its conflicts before anything of it counts", async () => {
  await book(0, "10:00");
  const made = await upload(
    file(
      ...busyAt("one@x", 0, "0900", "1100"),
      ...busyAt("two@x", 1, "0900", "1000", "RRULE:FREQ=WEEKLY;BYDAY=XX"),
      ...vevent("UID:three@x", "SUMMARY:No start"),
      ...vevent(
        "UID:four@x",
        `DTSTART:${stamp(0, "1200")}`,
        `DTEND:${stamp(0, "1300")}`,
        "TRANSP:TRANSPARENT",
      ),
    ),
    "?fileName=Work.ics",
  );
  expect(made.json().import).toMatchObject({
    fileName: "Work.ics",
    status: "ready",
    events: 3,
    errors: 1,
    problems: [
      { line: 17, property: "RRULE", severity: "warning" },
      { line: 19, property: "DTSTART", severity: "error" },
    ],
    preview: {
      counts: { added: 3 },
      conflicts: [{ bookingTitle: expect.stringContaining("Intro"), title: "Dentist" }],
      freeTimes: 1,
      upcoming: [{ title: "Dentist" }, { title: "", free: true }, { title: "Dentist" }],
    },
  });
  expect(await slots(0)).toContain("09:00");
  const refused = await host.send("POST", `/v1/imports/${made.json().import.id}/apply`, {});
  expect(refused.json()).toMatchObject({ code: "import_has_errors", status: 409 });
  expect(await slots(0)).toContain("09:00");
  const { id } = made.json().import;
  expect((await host.send("POST", `/v1/imports/${id}/apply`, { leaveOut: true })).json().import.status).toBe(
    "applied",
  );
  const left = await slots(0);
  expect(left).not.toContain("09:30");
  expect(left).toContain("12:00");
});

test("the same file again changes nothing, a later version replaces, an earlier one does not", async () => {
  const first = file(...busyAt("one@x", 0, "0900", "1000", "SEQUENCE:1"));
  expect((await imported(first)).result).toMatchObject({ added: 1 });
  expect((await imported(first)).result).toMatchObject({ added: 0, unchanged: 1 });
  expect(await slots(0)).not.toContain("09:00");
  const moved = file(...busyAt("one@x", 0, "1400", "1500", "SEQUENCE:2"));
  expect((await imported(moved)).result).toMatchObject({ changed: 1 });
  expect((await imported(first)).result).toMatchObject({ outdated: 1 });
  const now = await slots(0);
  expect(now).toContain("09:00");
  expect(now).not.toContain("14:00");
});

test("an import is taken back: what it added goes, what it had changed is as before", async () => {
  await imported(file(...busyAt("one@x", 0, "0900", "1000")));
  const second = await imported(
    file(...busyAt("one@x", 0, "1100", "1200", "SEQUENCE:1"), ...busyAt("two@x", 0, "1500", "1600")),
  );
  expect(await slots(0)).not.toContain("15:00");
  const back = await host.send("POST", `/v1/imports/${second.id}/take-back`);
  expect(back.json().import.status).toBe("taken_back");
  const now = await slots(0);
  expect(now).not.toContain("09:00");
  expect(now).toContain("11:00");
  expect(now).toContain("15:00");
  expect((await host.send("POST", `/v1/imports/${second.id}/take-back`)).statusCode).toBe(200);
  expect((await host.send("POST", `/v1/imports/${second.id}/apply`, {})).json().code).toBe("import_state");
  expect((await host.send("DELETE", `/v1/imports/${second.id}`)).json().code).toBe("import_state");
});

test("free events become availability when the host says so, outside of the schedule too", async () => {
  const free = file(...busyAt("free@x", 0, "2000", "2100", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"));
  const ignored = await imported(free);
  expect(await slots(0)).not.toContain("20:00");
  await host.send("POST", `/v1/imports/${ignored.id}/take-back`);
  await imported(free, { freeEvents: "availability" });
  expect((await slots(0)).slice(-2)).toEqual(["20:00", "20:30"]);
  await book(0, "20:00");
  expect((await slots(0)).slice(-1)).toEqual(["20:30"]);
});

test("invitations and cancellations from outside: busy, moved for one date, and gone", async () => {
  const message = (method: string, ...lines: string[]) => file(`METHOD:${method}`, ...vevent(...lines));
  const people = ["ORGANIZER:mailto:boss@other.test", `ATTENDEE:mailto:${host.email}`];
  await imported(
    message(
      "REQUEST",
      "UID:invite@other",
      ...people,
      `DTSTART:${stamp(0, "0900")}`,
      `DTEND:${stamp(0, "1000")}`,
      "RRULE:FREQ=DAILY;COUNT=3",
    ),
  );
  expect(await slots(1)).not.toContain("09:00");
  const one = message(
    "CANCEL",
    "UID:invite@other",
    ...people,
    `RECURRENCE-ID:${stamp(1, "0900")}`,
    "SEQUENCE:1",
    "STATUS:CANCELLED",
  );
  await imported(one);
  expect(await slots(1)).toContain("09:00");
  expect(await slots(2)).not.toContain("09:00");
  // Somebody else was taken off: that is not our cancellation.
  const others = message(
    "CANCEL",
    "UID:invite@other",
    "ORGANIZER:mailto:boss@other.test",
    "ATTENDEE:mailto:else@other.test",
    `DTSTART:${stamp(0, "0900")}`,
    `DTEND:${stamp(0, "1000")}`,
    "RRULE:FREQ=DAILY;COUNT=3",
    "SEQUENCE:2",
  );
  await imported(others);
  expect(await slots(2)).not.toContain("09:00");
  await imported(message("CANCEL", "UID:invite@other", ...people, "SEQUENCE:3"));
  expect(await slots(0)).toContain("09:00");
  expect(await slots(2)).toContain("09:00");
});

test("an answer to our own invitation changes that attendee's answer, once, and not from an earlier state", async () => {
  const booking = await book(0, "10:00");
  const reply = (partstat: string, stampedAt: string, ...more: string[]) =>
    ["BEGIN:VCALENDAR", "METHOD:REPLY", "BEGIN:VEVENT"]
      .concat(`UID:${booking.iCalUid}`, `DTSTAMP:${stampedAt}`, "ORGANIZER:mailto:host@example.com")
      .concat(`ATTENDEE;PARTSTAT=${partstat}:mailto:Ann@guest.test`, ...more, "END:VEVENT", "END:VCALENDAR")
      .join("\r\n");
  const response = async () =>
    (await world.database.prisma.attendee.findFirstOrThrow({ where: { bookingId: booking.id } })).response;
  const made = await upload(reply("DECLINED", "20260102T000000Z"));
  expect(made.json().import.preview).toMatchObject({
    conflicts: [],
    answers: [
      { email: "ann@guest.test", response: "declined", verdict: "changes", booking: { uid: booking.uid } },
    ],
  });
  expect(await response()).toBe("ACCEPTED");
  expect((await imported(reply("DECLINED", "20260102T000000Z"))).result).toMatchObject({ changed: 1 });
  expect(await response()).toBe("DECLINED");
  expect((await imported(reply("TENTATIVE", "20260101T000000Z"))).result).toMatchObject({ changed: 0 });
  expect((await imported(reply("ACCEPTED", "20260103T000000Z", "SEQUENCE:0"))).result).toMatchObject({
    changed: 1,
  });
  expect(await response()).toBe("ACCEPTED");
  const record = await world.database.prisma.changeRecord.findFirst({
    where: { bookingId: booking.id, reason: "answer-received" },
  });
  expect(record).toMatchObject({ action: "change-attendees", result: "APPLIED" });
  const undone = await host.send("POST", `/v1/changes/${record?.id}/undo`);
  expect(undone.json().code).toBe("changed_since");
  const stranger = reply("DECLINED", "20260104T000000Z").replace("Ann@guest.test", "eve@guest.test");
  expect((await upload(stranger)).json().import.preview.answers).toMatchObject([{ verdict: "not-invited" }]);
  expect(
    (await upload(file(...busyAt(booking.iCalUid, 0, "1000", "1030")))).json().import.preview,
  ).toMatchObject({
    counts: { own: 1 },
    conflicts: [],
  });
});

test("what is no calendar, breaks off or is too large is refused with its lines, and nothing of it is kept", async () => {
  const whole = file(...busyAt("one@x", 0, "0900", "1000"));
  const refusals: [string | Buffer, RegExp][] = [
    ["<!doctype html><title>Sign in</title>", /no iCalendar file/],
    [whole.slice(0, -30), /not a whole one/],
    [file(), /no events/],
    [whole.replace("VERSION:2.0", "METHOD:COUNTER"), /COUNTER/],
    [Buffer.alloc(1_200_000, "X-LINE:padding padding\r\n"), /larger than 1 MB/],
  ];
  for (const [content, message] of refusals) {
    const answer = await upload(content);
    expect(answer.statusCode, String(content).slice(0, 80)).toBe(400);
    expect(answer.json()).toMatchObject({ code: "ics_unusable", detail: expect.stringMatching(message) });
  }
  const broken = await upload(whole.slice(0, -30));
  expect(broken.json().errors).toMatchObject([
    { path: expect.stringMatching(/^line \d+ VEVENT|^line \d+ VCALENDAR/) },
  ]);
  expect((await upload(whole, "?timeZone=Mars/Olympus")).json().code).toBe("unknown_time_zone");
  expect((await host.get("/v1/imports")).json().imports).toEqual([]);
  expect(await world.database.prisma.calendarImport.count({ where: { userId: host.userId } })).toBe(0);
});

test("an import is its owner's alone, and needs somebody signed in", async () => {
  const made = await upload(file(...busyAt("one@x", 0, "0900", "1000")));
  const { id } = made.json().import;
  const other = await world.signUp(`other${users}`);
  expect((await other.get(`/v1/imports/${id}`)).json().code).toBe("unknown_import");
  expect((await other.send("POST", `/v1/imports/${id}/apply`, {})).json().code).toBe("unknown_import");
  expect((await other.send("POST", `/v1/imports/${id}/take-back`)).json().code).toBe("unknown_import");
  expect((await other.send("DELETE", `/v1/imports/${id}`)).json().code).toBe("unknown_import");
  expect((await world.app.inject({ method: "POST", url: "/v1/imports" })).statusCode).toBe(401);
  expect((await host.send("DELETE", `/v1/imports/${id}`)).statusCode).toBe(204);
});

test("imported events stand in the host's calendar, and their series are worked out further as time goes on", async () => {
  await imported(file("X-WR-CALNAME:Private", ...busyAt("one@x", 0, "0900", "1000", "RRULE:FREQ=DAILY")));
  const from = `${dayAt(0)}T00:00:00Z`;
  const view = await host.get(`/v1/calendar?from=${from}&to=${dayAt(1)}T00:00:00Z`);
  expect(view.json().imported).toMatchObject([{ title: "Dentist", source: "Private", free: false }]);
  const { prisma } = world.database;
  const event = await prisma.importedEvent.findFirstOrThrow({
    where: { userId: host.userId, current: true },
  });
  const before = await prisma.importedTime.count({ where: { eventId: event.id } });
  await prisma.importedEvent.update({ where: { id: event.id }, data: { expandedUntil: new Date() } });
  await prisma.$executeRaw`DELETE FROM "ImportedTime" WHERE "eventId" = ${event.id} AND lower("during") > now() + interval '30 days'`;
  expect(await world.container.ics.imports.extend()).toBe(1);
  expect(await prisma.importedTime.count({ where: { eventId: event.id } })).toBe(before);
  expect(await world.container.ics.imports.extend()).toBe(0);
});
