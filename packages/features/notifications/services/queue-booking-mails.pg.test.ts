import { onQuery } from "@calsync/prisma";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BookingMail } from "../messages/booking-state.ts";
import { BY_GUEST, calendarPart, HOUR_MS, MailWorld } from "../test-support/mail-world.ts";

import { queueBookingMails } from "./queue-booking-mails.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await MailWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.reset());

describe("mails about bookings", () => {
  test("reach host and guest over SMTP with an invitation of the same UID", async () => {
    const booking = await world.makeBooking();
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    expect(world.server.mails.map(({ envelopeTo }) => envelopeTo).sort()).toEqual(
      [booking.attendees[0]!.email, booking.host.email].sort(),
    );
    for (const mail of world.server.mails) {
      const { method, content } = calendarPart(mail);
      expect(method).toBe("REQUEST");
      expect(content).toContain(`UID:${booking.iCalUid}\n`);
      expect(content).toContain("SEQUENCE:0\n");
      expect(content).toMatch(/ATTENDEE;CN=Ann Guest;.*PARTSTAT=ACCEPTED.*:mailto:guest0/);
      expect(mail.attachments.some(({ filename }) => filename === "invite.ics")).toBe(true);
      expect(mail.html).toContain("https://calsync.test/");
    }
    const [guestMail] = world.mailsTo(booking.attendees[0]!.email);
    expect(guestMail!.text).toContain("(America/New_York, GMT-4)");
    expect(guestMail!.text).toContain("You booked it.");
    expect(guestMail!.text).toContain(`https://calsync.test/guest/${booking.uid}`);
    expect(guestMail!.replyTo?.[0]?.address).toBe(booking.host.email);
  });

  test("are queued once for a change, however often it is asked for, and sent once", async () => {
    const booking = await world.makeBooking();
    const mail: BookingMail = { bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST };
    await world.queue(mail);
    await world.queue(mail, mail);
    await world.run();
    await world.run();
    expect(world.server.mails).toHaveLength(2);
  });

  test("are queued with three statements while no webhook listens, however many bookings change", async () => {
    const bookings = [await world.makeBooking(), await world.makeBooking(), await world.makeBooking()];
    const mails = bookings.map(
      ({ id }): BookingMail => ({ bookingId: id, kind: "booked", sequence: 0, actor: BY_GUEST }),
    );
    const statements: string[] = [];
    const stop = onQuery(world.database.prisma, ({ sql }) => statements.push(sql));
    await world.queue(...mails);
    stop();
    expect(statements.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql))).toHaveLength(3);
    expect(await world.run()).toHaveLength(6);
  });

  test("leave nothing behind when the change is rolled back", async () => {
    const booking = await world.makeBooking();
    const mail: BookingMail = { bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST };
    await expect(
      world.database.prisma.$transaction(async (tx) => {
        await queueBookingMails(tx, [mail], { now: world.now });
        throw new Error("the change fails");
      }),
    ).rejects.toThrow("the change fails");
    expect(await world.run()).toEqual([]);
    expect(await world.database.prisma.outgoingMail.count({ where: { bookingId: booking.id } })).toBe(0);
  });

  test("tell one new time for a flurry of moves, after it has settled, with who moved it where", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    for (const hours of [1, 2, 3]) {
      await world.move(booking.id, hours);
      await world.run(); // not settled yet
    }
    expect(world.mailsTo(guest)).toHaveLength(1);
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run();
    expect(world.mailsTo(guest)).toHaveLength(2);
    const last = world.mailsTo(guest)[1]!;
    expect(last.subject).toMatch(/^New time: /);
    expect(last.text).toContain("Dana Demo moved it in Google Calendar.");
    expect(last.text).toMatch(/When: .*, 09:00 – 09:30 \(America\/New_York/); // six hours later
    expect(last.text).toMatch(/Before: .*, 03:00 – 03:30 \(America\/New_York/);
    expect(calendarPart(last).content).toContain("SEQUENCE:3\n");
    const waiting = await world.database.prisma.outgoingMail.count({
      where: { bookingId: booking.id, status: "QUEUED" },
    });
    expect(waiting).toBe(0);
  });

  test("tell of a cancellation at once, also when a new time was still to be told", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.move(booking.id, 1);
    await world.setStatus(booking.id, "CANCELLED");
    await world.run();
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run();
    const [, cancelled, ...more] = world.mailsTo(guest);
    expect(more).toEqual([]);
    expect(cancelled!.subject).toMatch(/^Cancelled: /);
    expect(calendarPart(cancelled!)).toMatchObject({ method: "CANCEL" });
    expect(calendarPart(cancelled!).content).toContain("STATUS:CANCELLED\n");
  });

  test("say that a cancelled booking takes place after all, and never end in an untruth", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.setStatus(booking.id, "CANCELLED");
    await world.run();
    await world.setStatus(booking.id, "ACCEPTED");
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run();
    expect(world.mailsTo(guest).map(({ subject }) => subject?.split(":")[0])).toEqual([
      "Confirmed",
      "Cancelled",
      "Takes place after all",
    ]);
    expect(calendarPart(world.mailsTo(guest)[2]!).method).toBe("REQUEST");
  });

  test("say nothing when a booking was cancelled and brought back before anybody was told", async () => {
    const booking = await world.makeBooking();
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.setStatus(booking.id, "CANCELLED");
    await world.setStatus(booking.id, "ACCEPTED");
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run();
    expect(world.server.mails).toHaveLength(2);
  });

  test("go to the named guest and the host alone when a guest leaves a shared appointment", async () => {
    const booking = await world.makeBooking({ seats: 5, guests: ["Ann Guest", "Bob Guest"] });
    const [ann, bob] = booking.attendees.map(({ email }) => email);
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.database.prisma.attendee.updateMany({
      where: { email: ann! },
      data: { seat: false, expected: false, response: "DECLINED" },
    });
    await world.database.prisma.booking.update({ where: { id: booking.id }, data: { sequence: 1 } });
    await world.queue({
      bookingId: booking.id,
      kind: "cancelled",
      sequence: 1,
      actor: BY_GUEST,
      guests: [ann!],
    });
    await world.run();
    expect(world.mailsTo(bob!)).toHaveLength(1);
    expect(world.mailsTo(bob!)[0]!.raw).not.toContain(ann!);
    const annsLast = world.mailsTo(ann!)[1]!;
    expect(annsLast.subject).toMatch(/^Cancelled: /);
    expect(calendarPart(annsLast).method).toBe("CANCEL");
    expect(calendarPart(annsLast).content).not.toContain("STATUS:");
    const hostsLast = world.mailsTo(booking.host.email)[1]!;
    expect(hostsLast.subject).toMatch(/^Guests changed: /);
    expect(hostsLast.text).toContain("Guests: Bob Guest");
  });

  test("are tried again under the same Message-ID when the server fails, and told as they are by then", async () => {
    const booking = await world.makeBooking();
    world.server.refuseWith = 451;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    const runs = await world.run();
    expect(runs.map(({ outcome }) => outcome.kind)).not.toContain("done");
    const waiting = await world.database.prisma.outgoingMail.findMany({ where: { bookingId: booking.id } });
    expect(waiting.map(({ status, error }) => [status, error])).toEqual([
      ["QUEUED", "The mail server did not take the mail (SMTP 451)."],
      ["QUEUED", "The mail server did not take the mail (SMTP 451)."],
    ]);
    world.server.refuseWith = null;
    await world.database.prisma.booking.update({ where: { id: booking.id }, data: { location: "Room 9" } });
    world.now = new Date(world.now.getTime() + HOUR_MS);
    await world.run();
    expect(world.server.mails).toHaveLength(2);
    for (const mail of world.server.mails) expect(mail.text).toContain("Where: Room 9");
    expect(world.server.mails.map(({ messageId }) => messageId).sort()).toEqual(
      waiting.map(({ id }) => `<${id}@calsync.test>`).sort(),
    );
  });

  test("are given up, and kept as failed, when the server refuses the recipient for good", async () => {
    const booking = await world.makeBooking();
    world.server.refuseWith = 550;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    const mails = await world.database.prisma.outgoingMail.findMany({ where: { bookingId: booking.id } });
    expect(mails.map(({ status }) => status)).toEqual(["FAILED", "FAILED"]);
    world.server.refuseWith = null;
    world.now = new Date(world.now.getTime() + 24 * HOUR_MS);
    await world.run();
    expect(world.server.mails).toEqual([]);
  });

  test("end in the truth when a worker dies after the server took a mail and the booking goes back to where it was", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.move(booking.id, 2);
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run({
      async send(message) {
        await world.smtp().send(message);
        throw new Error("the process died here");
      },
    });
    expect(world.mailsTo(guest).at(-1)!.subject).toMatch(/^New time: /);
    await world.move(booking.id, -2);
    world.now = new Date(world.now.getTime() + HOUR_MS);
    await world.run();
    const stamp = booking.startTime.toISOString().replace(/[-:]|\.000/g, "");
    expect(calendarPart(world.mailsTo(guest).at(-1)!).content).toContain(stamp);
  });

  test("tell each person once when two workers take the jobs of one flurry at the same time", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    for (const hours of [1, 2, 3, 4]) await world.move(booking.id, hours);
    world.now = new Date(world.now.getTime() + 3_000);
    world.server.onMail = () => new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([world.run(), world.run(), world.run(), world.run()]);
    expect(world.mailsTo(guest)).toHaveLength(1);
    expect(calendarPart(world.mailsTo(guest)[0]!).content).toContain("SEQUENCE:4\n");
  });

  test("tell a change that comes while the mail before it is on its way", async () => {
    const booking = await world.makeBooking();
    const guest = booking.attendees[0]!.email;
    await world.queue({ bookingId: booking.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    let moved: Promise<void> | null = null;
    world.server.onMail = async () => {
      moved ??= world.move(booking.id, 1);
      await moved;
    };
    await world.run();
    world.now = new Date(world.now.getTime() + 3_000);
    await world.run();
    const subjects = world.mailsTo(guest).map(({ subject }) => subject?.split(":")[0]);
    const last = world.mailsTo(guest).at(-1)!;
    expect(subjects).toContain("Confirmed");
    expect(calendarPart(last).content).toContain(
      `DTSTART:${(await startOf(booking.id)).toISOString().replace(/[-:]|\.000/g, "")}`,
    );
  });
});

async function startOf(id: number): Promise<Date> {
  return (await world.database.prisma.booking.findUniqueOrThrow({ where: { id } })).startTime;
}
