import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { inboxCommand } from "../commands/inbox.command.ts";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";
import { type MemoryMailbox, memoryMailbox } from "../test-support/memory-mailbox.ts";

const ADDRESS = "calendar@app.example";
const MIB = 1024 * 1024;

let world: ApiWorld;
let mailbox: MemoryMailbox;
let host: SignedIn;
let users = 0;
let mails = 0;

beforeAll(async () => {
  mailbox = memoryMailbox();
  const settings = { INBOX_URL: "imaps://calendar%40app.example:secret@mail.example", INBOX_MAX_MB: "1" };
  world = await createApiWorld(settings, () => ({}), { mailbox });
});
afterAll(() => world.close());
beforeEach(async () => {
  users += 1;
  host = await world.signUp(`host${users}`);
  await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
});

/** The day after tomorrow and those after it. */
const dayAt = (ahead: number) => new Date(Date.now() + (2 + ahead) * 86_400_000).toISOString().slice(0, 10);
const stamp = (ahead: number, time: string) => `${dayAt(ahead).replaceAll("-", "")}T${time}00Z`;

interface Letter {
  from: string;
  to: string;
  calendar?: string;
  id?: string;
}
function mail({ from, to, calendar, id }: Letter): string {
  mails += 1;
  const type = calendar === undefined ? "text/plain" : "text/calendar; charset=utf-8; method=REQUEST";
  return [`From: ${from}`, `To: ${to}`, `Message-ID: <${id ?? mails}@test>`, "Subject: About our appointment"]
    .concat(`Content-Type: ${type}`, "", calendar ?? "Can we talk?", "")
    .join("\r\n");
}
const message = (method: string, ...lines: string[]) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", `METHOD:${method}`, "BEGIN:VEVENT", "DTSTAMP:20260101T000000Z"]
    .concat(...lines, "END:VEVENT", "END:VCALENDAR", "")
    .join("\r\n");
const invitation = (to: string, more: string[] = [], method = "REQUEST") =>
  message(method, `UID:${to}`, "ORGANIZER:mailto:boss@other.test", `ATTENDEE:mailto:${to}`).replace(
    "END:VEVENT",
    [`DTSTART:${stamp(0, "0900")}`, `DTEND:${stamp(0, "1000")}`, "SUMMARY:Talk", ...more, "END:VEVENT"].join(
      "\r\n",
    ),
  );
const reply = (uid: string, partstat: string, from = "ann@guest.test", stampedAt = "20260102T000000Z") =>
  message("REPLY", `UID:${uid}`, `ATTENDEE;PARTSTAT=${partstat}:mailto:${from}`).replace(
    "20260101T000000Z",
    stampedAt,
  );

/** Reads the inbox as a worker does. @returns the outcomes of the jobs */
async function readInbox(): Promise<string[]> {
  const { inbox } = world.container.ics;
  const report = await inbox?.read({ log: world.container.log, signal: new AbortController().signal });
  return report ? [`${report.messages} read, ${report.handled} handled, ${report.setAside} set aside`] : [];
}
const inboxOf = async (user: SignedIn) => (await user.get("/v1/inbox")).json().inbox;
const importsOf = async (user: SignedIn) => (await user.get("/v1/imports")).json().imports;
async function freeAt(ahead: number, time: string): Promise<boolean> {
  const range = `from=${dayAt(ahead)}T00:00:00Z&to=${dayAt(ahead + 1)}T00:00:00Z&timeZone=UTC`;
  const answer = await world.app.inject({
    url: `/v1/slots?username=${host.username}&eventType=intro&${range}`,
  });
  return answer.body.includes(`T${time}:00`);
}
async function book(time: string, email = "ann@guest.test") {
  const start = `${dayAt(0)}T${time}:00.000Z`;
  const guest = { name: "Ann", email };
  const body = { username: host.username, eventType: "intro", start, timeZone: "UTC", guest };
  const booked = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
  const { uid } = booked.json().booking as { uid: string };
  return world.database.prisma.booking.findUniqueOrThrow({ where: { uid } });
}
const responseTo = async (bookingId: number) =>
  (await world.database.prisma.attendee.findFirstOrThrow({ where: { bookingId } })).response;

test("an invitation by mail makes its host busy, a cancellation frees them, and both can be taken back", async () => {
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  expect(await readInbox()).toEqual(["1 read, 1 handled, 0 set aside"]);
  expect(await freeAt(0, "09:00")).toBe(false);
  expect(await importsOf(host)).toMatchObject([
    {
      status: "applied",
      method: "REQUEST",
      fileName: "About our appointment",
      mail: { from: "boss@other.test", subject: "About our appointment", setAside: null },
    },
  ]);
  const cancelled = invitation(host.email, ["SEQUENCE:1", "STATUS:CANCELLED"], "CANCEL");
  mailbox.deliver(
    mail({ from: "boss@other.test", to: `Host <${host.email.toUpperCase()}>`, calendar: cancelled }),
  );
  await readInbox();
  expect(await freeAt(0, "09:00")).toBe(true);
  const [newest] = await importsOf(host);
  await host.send("POST", `/v1/imports/${newest.id}/take-back`);
  expect(await freeAt(0, "09:00")).toBe(false);
});

test("an answer to our invitation goes to the host's address of the inbox, which the invitation names, and changes the booking once", async () => {
  const booking = await book("10:00");
  const { address } = await inboxOf(host);
  const { uid } = (await host.get("/v1/me")).json().user;
  expect(address).toBe(`calendar+${uid.replaceAll("-", "")}@app.example`);
  const letter = { from: "Ann <ann@guest.test>", to: address, calendar: reply(booking.iCalUid, "DECLINED") };
  mailbox.deliver(mail({ ...letter, id: "same" }));
  mailbox.deliver(mail({ ...letter, id: "same" }));
  mailbox.deliver(mail({ ...letter, id: "other" }));
  expect(await readInbox()).toEqual(["3 read, 2 handled, 0 set aside"]);
  expect(await responseTo(booking.id)).toBe("DECLINED");
  const records = { where: { bookingId: booking.id, reason: "answer-received" } };
  expect(await world.database.prisma.changeRecord.count(records)).toBe(1);
  const record = await world.database.prisma.changeRecord.findFirstOrThrow(records);
  expect((await host.send("POST", `/v1/changes/${record.id}/undo`)).statusCode).toBe(200);
  expect(await responseTo(booking.id)).toBe("ACCEPTED");
});

test("where the host prefers that, the last guest who declines by mail cancels the booking; an answer to the plain address finds it too", async () => {
  await host.send("PATCH", "/v1/preferences", { allDeclined: "CANCEL" });
  const booking = await book("11:00");
  mailbox.deliver(
    mail({ from: "ann@guest.test", to: ADDRESS, calendar: reply(booking.iCalUid, "DECLINED") }),
  );
  await readInbox();
  const { status } = await world.database.prisma.booking.findUniqueOrThrow({ where: { id: booking.id } });
  expect(status).toBe("CANCELLED");
});

test("what is not to be believed waits with its reason, and does what it says once its host applies it", async () => {
  mailbox.deliver(mail({ from: "eve@evil.test", to: host.email, calendar: invitation(host.email) }));
  expect(await readInbox()).toEqual(["1 read, 0 handled, 1 set aside"]);
  expect(await freeAt(0, "09:00")).toBe(true);
  const [waiting] = await importsOf(host);
  expect(waiting).toMatchObject({
    status: "ready",
    mail: { from: "eve@evil.test", setAside: "other-sender" },
  });
  // Nobody else sees it, and the daily clean-up leaves it.
  const other = await world.signUp(`other${users}`);
  expect(await importsOf(other)).toEqual([]);
  await world.container.ics.imports.forgetUnused(new Date(Date.now() + 86_400_000));
  await host.send("POST", `/v1/imports/${waiting.id}/apply`, {});
  expect(await freeAt(0, "09:00")).toBe(false);
});

test("letters, damaged calendars and oversized mails are set aside and stop nothing; their host clears them away", async () => {
  const { address } = await inboxOf(host);
  mailbox.seen.length = 0;
  mailbox.deliver(mail({ from: "ann@guest.test", to: address }));
  mailbox.deliver(
    mail({ from: "ann@guest.test", to: address, calendar: "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x" }),
  );
  mailbox.deliver(mail({ from: "boss@other.test", to: address, calendar: `X-LARGE:${"x".repeat(MIB)}` }));
  mailbox.deliver(Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x0d]));
  mailbox.deliver("");
  const broken = invitation(address).replace(
    "END:VCALENDAR",
    "BEGIN:VEVENT\r\nUID:y\r\nSUMMARY:No start\r\nEND:VEVENT\r\nEND:VCALENDAR",
  );
  mailbox.deliver(
    mail({
      from: "boss@other.test",
      to: address,
      calendar: broken.replace("UID:y", "UID:y\r\nORGANIZER:mailto:boss@other.test"),
    }),
  );
  const last = mailbox.deliver(mail({ from: "boss@other.test", to: address, calendar: invitation(address) }));
  expect(await readInbox()).toEqual(["7 read, 1 handled, 6 set aside"]);
  expect(mailbox.seen).toEqual([last]);
  const { setAside } = await inboxOf(host);
  expect(setAside.map(({ reason }: { reason: string }) => reason).sort()).toEqual([
    "no-calendar",
    "too-large",
    "unreadable",
  ]);
  expect(await importsOf(host)).toMatchObject([
    { status: "applied" },
    { status: "ready", mail: { setAside: "has-errors" } },
  ]);
  expect(await world.database.prisma.inboxMessage.count({ where: { userId: null } })).toBe(2);
  for (const { id } of setAside)
    expect((await host.send("DELETE", `/v1/inbox/messages/${id}`)).statusCode).toBe(204);
  expect((await inboxOf(host)).setAside).toEqual([]);
  expect((await host.send("DELETE", `/v1/inbox/messages/${setAside[0].id}`)).json().code).toBe(
    "unknown_mail",
  );
});

test("an invitation that Outlook has packed in its own form is told as such", async () => {
  const { address } = await inboxOf(host);
  const parts = ["--b", "Content-Type: application/ms-tnef; name=winmail.dat", "", "x", "--b--", ""];
  const letter = mail({ from: "boss@other.test", to: address, calendar: parts.join("\r\n") });
  mailbox.deliver(
    letter.replace(/Content-Type: text\/calendar.*/, 'Content-Type: multipart/mixed; boundary="b"'),
  );
  expect(await readInbox()).toEqual(["1 read, 0 handled, 1 set aside"]);
  expect((await inboxOf(host)).setAside).toMatchObject([{ reason: "packed", sender: "boss@other.test" }]);
});

test("mails that name no account are counted, listed and cleared away by operators, and shown to nobody else", async () => {
  await world.container.ics.dismissUnnamed(null);
  mailbox.deliver(mail({ from: "a@other.test", to: ADDRESS, calendar: invitation("nobody@else.test") }));
  mailbox.deliver(mail({ from: "b@other.test", to: ADDRESS }));
  await readInbox();
  const calsync = async (...words: string[]) => {
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    await inboxCommand.run({ env: world.container.env, words, options: {}, print });
    return lines.join("\n");
  };
  const listed = await calsync();
  expect(listed).toMatch(/last read 2.*\nMails that name no account: 2\n/);
  expect(listed).toMatch(/a@other\.test .*unknown-recipient/);
  expect((await inboxOf(host)).setAside).toEqual([]);
  const [, id = ""] = /([0-9a-f-]{36}) .*b@other\.test/.exec(listed) ?? [];
  expect(await calsync("dismiss", id)).toBe("1 mail was cleared away.");
  expect(await calsync()).toContain("Mails that name no account: 1\n");
});

test("our own invitation that the host's mailbox passes on changes nothing and waits for nobody", async () => {
  const booking = await book("12:00");
  const own = message(
    "REQUEST",
    `UID:${booking.iCalUid}`,
    `ORGANIZER:mailto:${host.email}`,
    `ATTENDEE:mailto:ann@guest.test`,
  );
  mailbox.deliver(
    mail({
      from: "bookings@app.example",
      to: host.email,
      calendar: own.replace("END:VEVENT", `DTSTART:${stamp(0, "1200")}\r\nEND:VEVENT`),
    }),
  );
  expect(await readInbox()).toEqual(["1 read, 1 handled, 0 set aside"]);
  expect(await importsOf(host)).toEqual([]);
});

test("a process that ends between taking a mail and noting where it was changes nothing twice, nor does a mailbox that is numbered anew", async () => {
  const booking = await book("13:00");
  mailbox.deliver(
    mail({ from: "ann@guest.test", to: ADDRESS, calendar: reply(booking.iCalUid, "DECLINED") }),
  );
  await readInbox();
  const { prisma } = world.database;
  await prisma.inbox.updateMany({ data: { lastUid: 0 } });
  const [again] = await readInbox();
  expect(again).toMatch(/read, 0 handled, 0 set aside$/);
  mailbox.renumber();
  expect(await readInbox()).toEqual([again]);
  expect(
    await prisma.changeRecord.count({ where: { bookingId: booking.id, reason: "answer-received" } }),
  ).toBe(1);
  expect(await readInbox()).toEqual(["0 read, 0 handled, 0 set aside"]);
});

test("a mail whose upload was cut off is taken from its beginning, and leaves one import", async () => {
  const { prisma } = world.database;
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  await readInbox();
  // As if the process had ended before it was applied and noted.
  await prisma.inboxMessage.deleteMany({ where: { userId: host.userId } });
  await prisma.calendarImport.updateMany({
    where: { userId: host.userId },
    data: { status: "READY", appliedAt: null },
  });
  await prisma.inbox.updateMany({ data: { lastUid: 0 } });
  await readInbox();
  expect(await importsOf(host)).toMatchObject([{ status: "applied", result: { added: 1 } }]);
});

test("a message whose taking fails again and again is set aside, and the next ones are taken", async () => {
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  const { imports } = world.container.ics;
  const upload = imports.upload;
  imports.upload = () => Promise.reject(new Error("out of memory"));
  try {
    for (let run = 0; run < 3; run++) {
      await expect(readInbox()).rejects.toThrow("out of memory");
      // Not due before its pause is over.
      expect(await readInbox()).toEqual([]);
      await world.database.prisma.inbox.updateMany({ data: { nextReadAt: null } });
    }
  } finally {
    imports.upload = upload;
  }
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  expect(await readInbox()).toEqual(["2 read, 1 handled, 1 set aside"]);
});

test("a mailbox that cannot be read is shown, waits before the next try, and goes on where it was", async () => {
  mailbox.broken = "The mail server refuses the login.";
  expect(await readInbox()).toEqual([]);
  expect(await inboxOf(host)).toMatchObject({ lastError: mailbox.broken, nextReadAt: expect.any(String) });
  mailbox.broken = null;
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  expect(await readInbox()).toEqual([]);
  await world.database.prisma.inbox.updateMany({ data: { nextReadAt: null } });
  expect(await readInbox()).toEqual(["1 read, 1 handled, 0 set aside"]);
  expect(await inboxOf(host)).toMatchObject({ lastError: null, lastReadAt: expect.any(String) });
});

test("the worker's own schedule reads the inbox, and two workers never at once", async () => {
  mailbox.deliver(mail({ from: "boss@other.test", to: host.email, calendar: invitation(host.email) }));
  const { schedule, jobs } = world.container;
  const entry = schedule.find(({ name }) => name === "read-inbox");
  expect(entry).toMatchObject({ everyMs: 60_000 });
  const both = await Promise.all([readInbox(), readInbox()]);
  expect(both.filter((one) => one.length > 0)).toHaveLength(1);
  expect(jobs.some(({ job }) => job.name === "read-inbox")).toBe(true);
});
