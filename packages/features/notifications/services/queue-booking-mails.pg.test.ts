import { runJobsUntilEmpty } from "@calsync/jobs";
import { onQuery } from "@calsync/prisma";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { notificationJobs } from "../jobs/send-mail.handler.ts";
import type { BookingMail, MailActor } from "../messages/booking-state.ts";
import { type MailServer, startMailServer } from "../test-support/mail-server.ts";
import type { MailTransport } from "../transport/MailTransport.ts";
import { createSmtpTransport } from "../transport/SmtpTransport.ts";
import { queueBookingMails } from "./queue-booking-mails.ts";

const byHost: MailActor = {
  by: "host",
  name: null,
  via: { calendarName: "Work", provider: "googlecalendar" },
};
const byGuest: MailActor = { by: "guest", name: "Ann Guest", via: null };
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let server: MailServer;
let now: Date;
let nextId = 1;

beforeAll(async () => {
  [database, server] = await Promise.all([createTestDatabase(), startMailServer()]);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});
beforeEach(async () => {
  now = new Date("2026-06-01T08:00:00Z");
  server.mails.length = 0;
  server.refuseWith = null;
  server.onMail = null;
  await database.prisma.$executeRawUnsafe(`DELETE FROM graphile_worker._private_jobs`);
});

async function makeBooking(changes: { seats?: number; guests?: string[] } = {}) {
  const id = nextId++;
  const { guests = ["Ann Guest"], seats = 1 } = changes;
  const start = new Date(Date.parse("2026-06-03T07:00:00Z") + id * 24 * HOUR_MS);
  const end = new Date(start.getTime() + HOUR_MS / 2);
  return database.prisma.booking.create({
    data: {
      title: "30 min intro",
      timeZone: "Europe/Berlin",
      startTime: start,
      endTime: end,
      occupiedStart: start,
      occupiedEnd: end,
      iCalUid: `${id}@calsync.test`,
      seats,
      seatsTaken: guests.length,
      host: {
        create: {
          name: "Dana Demo",
          username: `dana${id}`,
          email: `dana${id}@example.test`,
          timeZone: "Europe/Berlin",
        },
      },
      attendees: {
        create: guests.map((name, index) => ({
          name,
          email: `guest${index}.${id}@example.test`,
          timeZone: "America/New_York",
        })),
      },
    },
    include: { attendees: true, host: true },
  });
}

async function queue(...mails: BookingMail[]): Promise<void> {
  await database.prisma.$transaction((tx) => queueBookingMails(tx, mails, { now }));
}

function smtp(): MailTransport {
  return createSmtpTransport({
    url: server.url,
    from: "calsync <no-reply@calsync.test>",
    timeoutMs: 5_000,
  });
}

function run(transport: MailTransport = smtp(), answerAddress: string | null = null) {
  return runJobsUntilEmpty(
    database.prisma,
    notificationJobs({
      prisma: database.prisma,
      transport,
      manageUrl: ({ uid }, { role }) => `https://calsync.test/${role}/${uid}`,
      providerName: () => "Google Calendar",
      noticeUrl: (kind) => `https://calsync.test/${kind}`,
      messageIdDomain: "calsync.test",
      answerAddress: answerAddress === null ? null : () => answerAddress,
    }),
    { clock: () => now },
  );
}

async function move(id: number, hours: number) {
  const { startTime, endTime } = await database.prisma.booking.findUniqueOrThrow({ where: { id } });
  const times = {
    startTime: new Date(startTime.getTime() + hours * HOUR_MS),
    endTime: new Date(endTime.getTime() + hours * HOUR_MS),
  };
  const { sequence } = await database.prisma.booking.update({
    where: { id },
    data: {
      ...times,
      occupiedStart: times.startTime,
      occupiedEnd: times.endTime,
      sequence: { increment: 1 },
    },
  });
  await queue({ bookingId: id, kind: "rescheduled", sequence, actor: byHost });
}

async function setStatus(id: number, status: "ACCEPTED" | "CANCELLED") {
  const { sequence } = await database.prisma.booking.update({
    where: { id },
    data: { status, sequence: { increment: 1 } },
  });
  const kind = status === "ACCEPTED" ? "restored" : "cancelled";
  await queue({ bookingId: id, kind, sequence, actor: byHost });
}

const mailsTo = (email: string) => server.mails.filter(({ envelopeTo }) => envelopeTo === email);
const calendarPart = (mail: MailServer["mails"][number]) => {
  const part = mail.attachments.find(({ mimeType }) => mimeType === "text/calendar");
  if (!part) throw new Error("the mail has no text/calendar part");
  const content = typeof part.content === "string" ? part.content : new TextDecoder().decode(part.content);
  return { method: part.method, content: content.replaceAll(/\r?\n /g, "").replaceAll("\r", "") };
};

describe("mails about bookings", () => {
  test("reach host and guest over SMTP with an invitation of the same UID", async () => {
    const booking = await makeBooking();
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    expect(server.mails.map(({ envelopeTo }) => envelopeTo).sort()).toEqual(
      [booking.attendees[0]!.email, booking.host.email].sort(),
    );
    for (const mail of server.mails) {
      const { method, content } = calendarPart(mail);
      expect(method).toBe("REQUEST");
      expect(content).toContain(`UID:${booking.iCalUid}\n`);
      expect(content).toContain("SEQUENCE:0\n");
      expect(content).toMatch(/ATTENDEE;CN=Ann Guest;.*PARTSTAT=ACCEPTED.*:mailto:guest0/);
      expect(mail.attachments.some(({ filename }) => filename === "invite.ics")).toBe(true);
      expect(mail.html).toContain("https://calsync.test/");
    }
    const [guestMail] = mailsTo(booking.attendees[0]!.email);
    expect(guestMail!.text).toContain("(America/New_York, GMT-4)");
    expect(guestMail!.text).toContain("You booked it.");
    expect(guestMail!.text).toContain(`https://calsync.test/guest/${booking.uid}`);
    expect(guestMail!.replyTo?.[0]?.address).toBe(booking.host.email);
  });

  test("name the organizer whom the first one named, when an inbox comes or goes between them", async () => {
    const [before, after] = [await makeBooking(), await makeBooking()];
    const organizers = (email: string) =>
      mailsTo(email).map((mail) => /ORGANIZER.*:mailto:(.*)/.exec(calendarPart(mail).content)?.[1]);
    await queue({ bookingId: before.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await move(before.id, 1);
    now = new Date(now.getTime() + 10_000);
    await queue({ bookingId: after.id, kind: "booked", sequence: 0, actor: byGuest });
    await run(smtp(), "calendar+dana@calsync.test");
    await setStatus(after.id, "CANCELLED");
    await run();
    expect(organizers(before.attendees[0]!.email)).toEqual([before.host.email, before.host.email]);
    expect(organizers(after.attendees[0]!.email)).toEqual(Array(2).fill("calendar+dana@calsync.test"));
    expect(organizers(after.host.email)).toEqual([after.host.email, after.host.email]);
  });

  test("of a series name one organizer too, about all of it and about single dates", async () => {
    const [first, second] = [await makeBooking(), await makeBooking()];
    const { email } = first.attendees[0]!;
    const { id: seriesId } = await database.prisma.bookingSeries.create({
      data: {
        hostId: first.hostId,
        title: first.title,
        startTime: first.startTime,
        endTime: first.endTime,
        timeZone: "Europe/Berlin",
        recurrence: ["RRULE:FREQ=DAILY;COUNT=2"],
        iCalUid: `series-${first.iCalUid}`,
      },
    });
    for (const { id, startTime } of [first, second]) {
      const attendees = { updateMany: { where: {}, data: { email } } };
      const data = { recurringGroup: seriesId, originalStart: startTime.toISOString(), hostId: first.hostId };
      await database.prisma.booking.update({ where: { id }, data: { ...data, attendees } });
    }
    await queue({ bookingId: first.id, kind: "booked", sequence: 0, actor: byGuest, seriesId });
    await run(smtp(), "calendar+dana@calsync.test");
    await move(second.id, 1);
    now = new Date(now.getTime() + 10_000);
    await run();
    const contents = mailsTo(email).map((mail) => calendarPart(mail).content);
    expect(contents).toHaveLength(2);
    for (const content of contents) {
      expect(content).toContain(`UID:series-${first.iCalUid}\n`);
      expect(content).toMatch(/ORGANIZER.*:mailto:calendar\+dana@calsync\.test\n/);
    }
  });

  test("are queued once for a change, however often it is asked for, and sent once", async () => {
    const booking = await makeBooking();
    const mail: BookingMail = { bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest };
    await queue(mail);
    await queue(mail, mail);
    await run();
    await run();
    expect(server.mails).toHaveLength(2);
  });

  test("are queued with three statements while no webhook listens, however many bookings change", async () => {
    const bookings = [await makeBooking(), await makeBooking(), await makeBooking()];
    const mails = bookings.map(
      ({ id }): BookingMail => ({ bookingId: id, kind: "booked", sequence: 0, actor: byGuest }),
    );
    const statements: string[] = [];
    const stop = onQuery(database.prisma, ({ sql }) => statements.push(sql));
    await queue(...mails);
    stop();
    expect(statements.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql))).toHaveLength(3);
    expect(await run()).toHaveLength(6);
  });

  test("leave nothing behind when the change is rolled back", async () => {
    const booking = await makeBooking();
    const mail: BookingMail = { bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest };
    await expect(
      database.prisma.$transaction(async (tx) => {
        await queueBookingMails(tx, [mail], { now });
        throw new Error("the change fails");
      }),
    ).rejects.toThrow("the change fails");
    expect(await run()).toEqual([]);
    expect(await database.prisma.outgoingMail.count({ where: { bookingId: booking.id } })).toBe(0);
  });

  test("tell one new time for a flurry of moves, after it has settled, with who moved it where", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    for (const hours of [1, 2, 3]) {
      await move(booking.id, hours);
      await run(); // not settled yet
    }
    expect(mailsTo(guest)).toHaveLength(1);
    now = new Date(now.getTime() + 3_000);
    await run();
    expect(mailsTo(guest)).toHaveLength(2);
    const last = mailsTo(guest)[1]!;
    expect(last.subject).toMatch(/^New time: /);
    expect(last.text).toContain("Dana Demo moved it in Google Calendar.");
    expect(last.text).toMatch(/When: .*, 09:00 – 09:30 \(America\/New_York/); // six hours later
    expect(last.text).toMatch(/Before: .*, 03:00 – 03:30 \(America\/New_York/);
    expect(calendarPart(last).content).toContain("SEQUENCE:3\n");
    const waiting = await database.prisma.outgoingMail.count({
      where: { bookingId: booking.id, status: "QUEUED" },
    });
    expect(waiting).toBe(0);
  });

  test("tell of a cancellation at once, also when a new time was still to be told", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await move(booking.id, 1);
    await setStatus(booking.id, "CANCELLED");
    await run();
    now = new Date(now.getTime() + 3_000);
    await run();
    const [, cancelled, ...more] = mailsTo(guest);
    expect(more).toEqual([]);
    expect(cancelled!.subject).toMatch(/^Cancelled: /);
    expect(calendarPart(cancelled!)).toMatchObject({ method: "CANCEL" });
    expect(calendarPart(cancelled!).content).toContain("STATUS:CANCELLED\n");
  });

  test("say that a cancelled booking takes place after all, and never end in an untruth", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await setStatus(booking.id, "CANCELLED");
    await run();
    await setStatus(booking.id, "ACCEPTED");
    now = new Date(now.getTime() + 3_000);
    await run();
    expect(mailsTo(guest).map(({ subject }) => subject?.split(":")[0])).toEqual([
      "Confirmed",
      "Cancelled",
      "Takes place after all",
    ]);
    expect(calendarPart(mailsTo(guest)[2]!).method).toBe("REQUEST");
  });

  test("say nothing when a booking was cancelled and brought back before anybody was told", async () => {
    const booking = await makeBooking();
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await setStatus(booking.id, "CANCELLED");
    await setStatus(booking.id, "ACCEPTED");
    now = new Date(now.getTime() + 3_000);
    await run();
    expect(server.mails).toHaveLength(2);
  });

  test("go to the named guest and the host alone when a guest leaves a shared appointment", async () => {
    const booking = await makeBooking({ seats: 5, guests: ["Ann Guest", "Bob Guest"] });
    const [ann, bob] = booking.attendees.map(({ email }) => email);
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await database.prisma.attendee.updateMany({
      where: { email: ann! },
      data: { seat: false, expected: false, response: "DECLINED" },
    });
    await database.prisma.booking.update({ where: { id: booking.id }, data: { sequence: 1 } });
    await queue({ bookingId: booking.id, kind: "cancelled", sequence: 1, actor: byGuest, guests: [ann!] });
    await run();
    expect(mailsTo(bob!)).toHaveLength(1);
    expect(mailsTo(bob!)[0]!.raw).not.toContain(ann!);
    const annsLast = mailsTo(ann!)[1]!;
    expect(annsLast.subject).toMatch(/^Cancelled: /);
    expect(calendarPart(annsLast).method).toBe("CANCEL");
    expect(calendarPart(annsLast).content).not.toContain("STATUS:");
    const hostsLast = mailsTo(booking.host.email)[1]!;
    expect(hostsLast.subject).toMatch(/^Guests changed: /);
    expect(hostsLast.text).toContain("Guests: Bob Guest");
  });

  test("are tried again under the same Message-ID when the server fails, and told as they are by then", async () => {
    const booking = await makeBooking();
    server.refuseWith = 451;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    const runs = await run();
    expect(runs.map(({ outcome }) => outcome.kind)).not.toContain("done");
    const waiting = await database.prisma.outgoingMail.findMany({ where: { bookingId: booking.id } });
    expect(waiting.map(({ status, error }) => [status, error])).toEqual([
      ["QUEUED", "The mail server did not take the mail (SMTP 451)."],
      ["QUEUED", "The mail server did not take the mail (SMTP 451)."],
    ]);
    server.refuseWith = null;
    await database.prisma.booking.update({ where: { id: booking.id }, data: { location: "Room 9" } });
    now = new Date(now.getTime() + HOUR_MS);
    await run();
    expect(server.mails).toHaveLength(2);
    for (const mail of server.mails) expect(mail.text).toContain("Where: Room 9");
    expect(server.mails.map(({ messageId }) => messageId).sort()).toEqual(
      waiting.map(({ id }) => `<${id}@calsync.test>`).sort(),
    );
  });

  test("are given up, and kept as failed, when the server refuses the recipient for good", async () => {
    const booking = await makeBooking();
    server.refuseWith = 550;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    const mails = await database.prisma.outgoingMail.findMany({ where: { bookingId: booking.id } });
    expect(mails.map(({ status }) => status)).toEqual(["FAILED", "FAILED"]);
    server.refuseWith = null;
    now = new Date(now.getTime() + 24 * HOUR_MS);
    await run();
    expect(server.mails).toEqual([]);
  });

  test("end in the truth when a worker dies after the server took a mail and the booking goes back to where it was", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    await run();
    await move(booking.id, 2);
    now = new Date(now.getTime() + 3_000);
    await run({
      async send(message) {
        await smtp().send(message);
        throw new Error("the process died here");
      },
    });
    expect(mailsTo(guest).at(-1)!.subject).toMatch(/^New time: /);
    await move(booking.id, -2);
    now = new Date(now.getTime() + HOUR_MS);
    await run();
    const stamp = booking.startTime.toISOString().replace(/[-:]|\.000/g, "");
    expect(calendarPart(mailsTo(guest).at(-1)!).content).toContain(stamp);
  });

  test("tell each person once when two workers take the jobs of one flurry at the same time", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    for (const hours of [1, 2, 3, 4]) await move(booking.id, hours);
    now = new Date(now.getTime() + 3_000);
    server.onMail = () => new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([run(), run(), run(), run()]);
    expect(mailsTo(guest)).toHaveLength(1);
    expect(calendarPart(mailsTo(guest)[0]!).content).toContain("SEQUENCE:4\n");
  });

  test("tell a change that comes while the mail before it is on its way", async () => {
    const booking = await makeBooking();
    const guest = booking.attendees[0]!.email;
    await queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: byGuest });
    let moved: Promise<void> | null = null;
    server.onMail = async () => {
      moved ??= move(booking.id, 1);
      await moved;
    };
    await run();
    now = new Date(now.getTime() + 3_000);
    await run();
    const subjects = mailsTo(guest).map(({ subject }) => subject?.split(":")[0]);
    const last = mailsTo(guest).at(-1)!;
    expect(subjects).toContain("Confirmed");
    expect(calendarPart(last).content).toContain(
      `DTSTART:${(await startOf(booking.id)).toISOString().replace(/[-:]|\.000/g, "")}`,
    );
  });
});

async function startOf(id: number): Promise<Date> {
  return (await database.prisma.booking.findUniqueOrThrow({ where: { id } })).startTime;
}
