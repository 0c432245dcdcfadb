import { GiveUp, handleJob, type JobHandler, type JobRegistration } from "@calsync/jobs";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import { type BookingState, type MailActor, type Message, messageFor } from "../messages/booking-state.ts";
import {
  composeMail,
  firstOrganizer,
  type MailedBooking,
  type MailRecipient,
  type MailSettings,
  stateFor,
} from "../messages/compose-mail.ts";
import { composeSeriesMail, seriesStateFor } from "../messages/compose-series-mail.ts";
import {
  findBooking,
  findSeries,
  type MailedSeries,
  noteOrganizer,
  noteSeriesOrganizer,
} from "../repositories/MailSubjectRepository.ts";
import {
  lastTold,
  lockWaiting,
  markCovered,
  markSent,
  noteAttempt,
  noteFailure,
  type QueuedMail,
} from "../repositories/OutgoingMailRepository.ts";
import { MailDeliveryError, type MailTransport } from "../transport/MailTransport.ts";
import { createSendHostMailHandler, type HostMailSettings } from "./send-host-mail.handler.ts";
import { sendHostMailJob } from "./send-host-mail.job.ts";
import { sendMailJob } from "./send-mail.job.ts";

/** What sending mails needs. */
export interface NotificationDependencies extends MailSettings, HostMailSettings {
  prisma: PrismaClient;
  transport: MailTransport;
}

/** The notifications' jobs with what runs them, for a worker. */
export function notificationJobs(dependencies: NotificationDependencies): JobRegistration[] {
  return [
    handleJob(sendMailJob, createSendMailHandler(dependencies)),
    handleJob(sendHostMailJob, createSendHostMailHandler(dependencies)),
  ];
}

/** Longer than the mail server may be silent at each step of a delivery. */
const SENDING_LIMIT_MS = 90_000;

/**
 * Sends one mail. What waits for the same person about the same booking is locked while it goes out: the newest of them tells
 * how the booking is now, the others are covered by it. A mail may be repeated after a crash between the server's yes and our
 * commit, under the same Message-ID; none is lost.
 */
export function createSendMailHandler(
  dependencies: NotificationDependencies,
): JobHandler<{ mailId: string }> {
  const { prisma, transport } = dependencies;
  return async ({ mailId }, context) => {
    try {
      const attempted = await beginAttempt(dependencies, mailId);
      await prisma.$transaction(
        async (tx) => {
          const [newest, ...older] = await lockWaiting(tx, mailId);
          // Sent or covered already, or told by the newer one's job.
          if (newest?.id !== mailId) return;
          const waiting = [newest, ...older];
          const subject = await findSubject(tx, newest);
          const recipient = { role: newest.role, email: newest.recipient };
          const current = subject && stateOf(subject, recipient);
          if (!subject || !current) return;
          const kinds = waiting.map(({ kind }) => kind);
          // Whatever the recipient may know last must lead to how the booking is now.
          const known = [await lastTold(tx, newest), ...attempted];
          const [news] = known.flatMap((told) => {
            const message = messageFor(told, current, kinds);
            return message === null ? [] : [{ told, message }];
          });
          if (news === undefined) {
            await markCovered(tx, waiting, "told");
            context.log.debug({ mailId }, "the recipient knows all of this already");
            return;
          }
          const { told, message } = news;
          const now = context.now();
          const actor = actorOf(message, waiting);
          const notesToHost = waiting.flatMap(({ noteToHost }) => noteToHost ?? []).reverse();
          const content = { mailId, message, recipient, actor, current, told, settings: dependencies, now };
          await transport.send(
            "series" in subject
              ? composeSeriesMail({ ...content, ...subject })
              : composeMail({ ...content, ...subject, notesToHost }),
          );
          await markSent(tx, newest, older, current, now);
          context.log.info({ mailId, message, role: newest.role, covered: older.length }, "mail sent");
        },
        { timeout: SENDING_LIMIT_MS },
      );
    } catch (error) {
      if (!(error instanceof MailDeliveryError)) throw error;
      const final = error.permanent || context.lastAttempt;
      await noteFailure(prisma, mailId, { error: error.message, final });
      if (error.permanent) throw new GiveUp(error.message, { cause: error });
      throw error;
    }
  };
}

/**
 * Notes, in a transaction of its own, what is about to be told. If the process ends between the mail server's yes and our
 * commit, the next run knows that the recipient may have heard it, and does not take them to know an older state. With it goes
 * whom the invitation names as its organizer, so that all later ones name the same.
 *
 * @returns what earlier runs that were cut short were about to tell, the latest first
 */
function beginAttempt(dependencies: NotificationDependencies, mailId: string): Promise<BookingState[]> {
  return dependencies.prisma.$transaction(async (tx) => {
    const waiting = await lockWaiting(tx, mailId);
    const [newest] = waiting;
    const subject = newest?.id === mailId ? await findSubject(tx, newest) : null;
    const state = newest && subject && stateOf(subject, { role: newest.role, email: newest.recipient });
    if (!state) return [];
    if (newest.role === "guest") await settleOrganizer(tx, newest.bookingId, subject, dependencies);
    await noteAttempt(tx, mailId, state);
    return waiting.flatMap(({ attempted }) => attempted).reverse();
  });
}

async function settleOrganizer(
  tx: PrismaTransaction,
  bookingId: number,
  subject: Subject,
  settings: MailSettings,
): Promise<void> {
  const { host } = "series" in subject ? subject.series : subject.booking;
  const series = "series" in subject ? subject.series : subject.booking.series;
  const email = firstOrganizer(host, settings);
  if (series) {
    if (series.organizerEmail === null) await noteSeriesOrganizer(tx, series.id, email);
  } else if ("booking" in subject && subject.booking.organizerEmail === null) {
    await noteOrganizer(tx, bookingId, email);
  }
}

/** What a mail is about: one booking, or a series as a whole. */
type Subject = { booking: MailedBooking } | { series: MailedSeries };

async function findSubject(
  tx: PrismaTransaction,
  { bookingId, seriesId }: Pick<QueuedMail, "bookingId" | "seriesId">,
): Promise<Subject | null> {
  const series = seriesId === null ? null : await findSeries(tx, seriesId);
  if (series) return { series };
  const booking = await findBooking(tx, bookingId);
  return booking && { booking };
}

function stateOf(subject: Subject, recipient: MailRecipient): BookingState | null {
  return "series" in subject
    ? seriesStateFor(subject.series, recipient)
    : stateFor(subject.booking, recipient);
}

/** Who did what the mail is about: the newest change of its kind, else the newest one. */
function actorOf(message: Message, waiting: readonly QueuedMail[]): MailActor {
  const cause = waiting.find(({ kind }) => kind === message) ?? waiting[0];
  return cause?.actor ?? { by: "system", name: null, via: null };
}
