import { runJobsUntilEmpty } from "@calsync/jobs";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { notificationJobs } from "../jobs/send-mail.handler.ts";
import type { BookingMail, MailActor } from "../messages/booking-state.ts";
import { queueBookingMails } from "../services/queue-booking-mails.ts";
import type { MailTransport } from "../transport/MailTransport.ts";
import { createSmtpTransport } from "../transport/SmtpTransport.ts";
import { type MailServer, startMailServer } from "./mail-server.ts";

/** A host whose calendar has the change. */
const BY_HOST: MailActor = {
  by: "host",
  name: null,
  via: { calendarName: "Work", provider: "googlecalendar" },
};
/** The guest of each booking that is made here. */
export const BY_GUEST: MailActor = { by: "guest", name: "Ann Guest", via: null };
export const HOUR_MS = 3_600_000;

/** Bookings on a database of their own, and a mail server that tells their people. */
export class MailWorld {
  readonly database: TestDatabase;
  readonly server: MailServer;
  now = new Date(0);
  #nextId = 1;

  private constructor(database: TestDatabase, server: MailServer) {
    this.database = database;
    this.server = server;
  }

  static async open(): Promise<MailWorld> {
    const [database, server] = await Promise.all([createTestDatabase(), startMailServer()]);
    return new MailWorld(database, server);
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.database.drop();
  }

  /** Forgets mails and jobs, and sets the clock to the morning of 1 June 2026. */
  async reset(): Promise<void> {
    this.now = new Date("2026-06-01T08:00:00Z");
    this.server.mails.length = 0;
    this.server.refuseWith = null;
    this.server.onMail = null;
    await this.database.prisma.$executeRawUnsafe(`DELETE FROM graphile_worker._private_jobs`);
  }

  /** A booking of half an hour, each with a host of its own and on a day of its own. */
  async makeBooking(changes: { seats?: number; guests?: string[] } = {}) {
    const id = this.#nextId++;
    const { guests = ["Ann Guest"], seats = 1 } = changes;
    const start = new Date(Date.parse("2026-06-03T07:00:00Z") + id * 24 * HOUR_MS);
    const end = new Date(start.getTime() + HOUR_MS / 2);
    return this.database.prisma.booking.create({
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

  async queue(...mails: BookingMail[]): Promise<void> {
    const { now } = this;
    await this.database.prisma.$transaction((tx) => queueBookingMails(tx, mails, { now }));
  }

  smtp(): MailTransport {
    return createSmtpTransport({
      url: this.server.url,
      from: "calsync <no-reply@calsync.test>",
      timeoutMs: 5_000,
    });
  }

  /** Runs what is due. @param answerAddress the inbox that answers go to, null without one */
  run(transport: MailTransport = this.smtp(), answerAddress: string | null = null) {
    return runJobsUntilEmpty(
      this.database.prisma,
      notificationJobs({
        prisma: this.database.prisma,
        transport,
        manageUrl: ({ uid }, { role }) => `https://calsync.test/${role}/${uid}`,
        providerName: () => "Google Calendar",
        noticeUrl: (kind) => `https://calsync.test/${kind}`,
        messageIdDomain: "calsync.test",
        answerAddress: answerAddress === null ? null : () => answerAddress,
      }),
      { clock: () => this.now },
    );
  }

  /** Moves a booking as its calendar would, and has its people told. */
  async move(id: number, hours: number) {
    const { startTime, endTime } = await this.database.prisma.booking.findUniqueOrThrow({ where: { id } });
    const times = {
      startTime: new Date(startTime.getTime() + hours * HOUR_MS),
      endTime: new Date(endTime.getTime() + hours * HOUR_MS),
    };
    const { sequence } = await this.database.prisma.booking.update({
      where: { id },
      data: {
        ...times,
        occupiedStart: times.startTime,
        occupiedEnd: times.endTime,
        sequence: { increment: 1 },
      },
    });
    await this.queue({ bookingId: id, kind: "rescheduled", sequence, actor: BY_HOST });
  }

  /** Calls a booking off, or has it take place after all, and has its people told. */
  async setStatus(id: number, status: "ACCEPTED" | "CANCELLED") {
    const { sequence } = await this.database.prisma.booking.update({
      where: { id },
      data: { status, sequence: { increment: 1 } },
    });
    const kind = status === "ACCEPTED" ? "restored" : "cancelled";
    await this.queue({ bookingId: id, kind, sequence, actor: BY_HOST });
  }

  mailsTo(email: string): MailServer["mails"] {
    return this.server.mails.filter(({ envelopeTo }) => envelopeTo === email);
  }
}

/** The calendar in a mail, unfolded. */
export function calendarPart(mail: MailServer["mails"][number]): { method: unknown; content: string } {
  const part = mail.attachments.find(({ mimeType }) => mimeType === "text/calendar");
  if (!part) throw new Error("the mail has no text/calendar part");
  const content = typeof part.content === "string" ? part.content : new TextDecoder().decode(part.content);
  return { method: part.method, content: content.replaceAll(/\r?\n /g, "").replaceAll("\r", "") };
}
