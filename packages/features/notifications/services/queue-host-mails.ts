import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { sendHostMailJob } from "../jobs/send-host-mail.job.ts";
import { type HostNotice, type HostNoticeKind, NOTICE_SETTLE_MS } from "../messages/host-notice.ts";
import { insertNotices } from "../repositories/HostMailRepository.ts";

/** When hosts are told. */
export interface QueueHostMailsOptions {
  now: Date;
  /** How long news of a kind waits for more of it, in milliseconds. Defaults: {@link NOTICE_SETTLE_MS}. */
  settleMs?: Partial<Record<HostNoticeKind, number>>;
}

/**
 * Puts news for hosts into the outbox, with a job to send it, in the caller's transaction: call it last. Two statements,
 * however much news. News of one kind and key is told once; what comes of one kind within its settle time is one mail.
 */
export async function queueHostMails(
  tx: PrismaTransaction,
  notices: readonly HostNotice[],
  { now, settleMs }: QueueHostMailsOptions,
): Promise<void> {
  if (notices.length === 0) return;
  const fresh = await insertNotices(tx, notices);
  await enqueueMany(
    tx,
    fresh.map(({ userId, kind }) => {
      const wait = settleMs?.[kind] ?? NOTICE_SETTLE_MS[kind];
      return {
        job: sendHostMailJob,
        payload: { userId, kind },
        ...(wait > 0 ? { runAt: new Date(now.getTime() + wait) } : {}),
      };
    }),
  );
}
