import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { queueBookingWebhooks } from "@calsync/webhooks";
import { sendMailJob } from "../jobs/send-mail.job.ts";
import type { BookingMail, MailKind } from "../messages/booking-state.ts";
import { insertMails } from "../repositories/OutgoingMailRepository.ts";

/** When mails of bookings are sent. */
export interface QueueMailsOptions {
  now: Date;
  /** How long to wait for further changes before a mail of a kind is sent. Defaults: {@link DEFAULT_SETTLE_MS}. */
  settleMs?: Partial<Record<MailKind, number>>;
}

/** Bookings and cancellations are told at once; who moves a booking often moves it again. */
export const DEFAULT_SETTLE_MS: Readonly<Record<MailKind, number>> = {
  booked: 0,
  cancelled: 0,
  rescheduled: 2_000,
  restored: 2_000,
  changed: 2_000,
  invited: 2_000,
  uninvited: 2_000,
};

/**
 * Puts a mail to the host and to each guest into the outbox, with a job to send it, in the caller's transaction, and the same
 * news to the webhooks that listen. Three statements while no webhook listens and five otherwise, however many bookings. What a
 * mail says is decided when it is sent, from the booking as it is then; a webhook is told the booking as it is now.
 */
export async function queueBookingMails(
  tx: PrismaTransaction,
  mails: readonly BookingMail[],
  { now, settleMs }: QueueMailsOptions,
): Promise<void> {
  if (mails.length === 0) return;
  const waitFor = (kind: MailKind) => settleMs?.[kind] ?? DEFAULT_SETTLE_MS[kind];
  const queued = await insertMails(tx, onePerSeries(mails));
  await enqueueMany(
    tx,
    queued.map(({ id, kind }) => {
      const wait = waitFor(kind);
      return {
        job: sendMailJob,
        payload: { mailId: id },
        // Without a time the database's clock decides, and the mail goes out at once.
        ...(wait > 0 ? { runAt: new Date(now.getTime() + wait) } : {}),
      };
    }),
  );
  await queueBookingWebhooks(
    tx,
    mails.flatMap(({ kind, bookingId, actor, guests, previousTime }) =>
      kind === "changed" || kind === "invited" || kind === "uninvited"
        ? []
        : [
            {
              bookingId,
              happened: kind,
              actor,
              guests,
              previous: previousTime,
              settleMs: waitFor(kind),
            },
          ],
    ),
    { now },
  );
}

/** Of the mails about a series as a whole, one; it tells all of them. */
function onePerSeries(mails: readonly BookingMail[]): BookingMail[] {
  const seen = new Set<string>();
  return mails.filter(({ seriesId, kind }) => {
    if (seriesId === undefined) return true;
    const subject = `${seriesId} ${kind}`;
    return !seen.has(subject) && seen.add(subject);
  });
}
