import { GiveUp, type JobHandler } from "@calsync/jobs";
import type { PrismaClient } from "@calsync/prisma";
import type { HostNoticeKind } from "../messages/host-notice.ts";
import { renderNotice } from "../messages/render-notice.ts";
import {
  beginBatch,
  type HostMailBatch,
  lockBatch,
  markBatchSent,
  noteBatchFailure,
} from "../repositories/HostMailRepository.ts";
import { MailDeliveryError, type MailMessage, type MailTransport } from "../transport/MailTransport.ts";

/** What mails to hosts need beside the outbox. */
export interface HostMailSettings {
  /** The page on which a host can do something about news of a kind. */
  noticeUrl(kind: HostNoticeKind): string;
  providerName(provider: string): string;
  messageIdDomain: string;
}

interface HostMailDependencies extends HostMailSettings {
  prisma: PrismaClient;
  transport: MailTransport;
}

/** Longer than the mail server may be silent at each step of a delivery. */
const SENDING_LIMIT_MS = 90_000;

/**
 * Sends what waits of one kind for one host. What a mail tells is settled before it is handed over, and locked meanwhile: two
 * workers send it once, and a repetition after a crash tells the same under the same Message-ID.
 */
export function createSendHostMailHandler(
  dependencies: HostMailDependencies,
): JobHandler<{ userId: number; kind: HostNoticeKind }> {
  const { prisma, transport } = dependencies;
  return async ({ userId, kind }, context) => {
    for (;;) {
      const batchId = await prisma.$transaction((tx) => beginBatch(tx, userId, kind));
      if (batchId === null) return;
      try {
        await prisma.$transaction(
          async (tx) => {
            const batch = await lockBatch(tx, batchId);
            if (!batch) return;
            await transport.send(compose(batch, dependencies));
            await markBatchSent(tx, batchId, context.now());
            context.log.info({ kind, notices: batch.notices.length }, "mail to a host sent");
          },
          { timeout: SENDING_LIMIT_MS },
        );
      } catch (error) {
        if (!(error instanceof MailDeliveryError)) throw error;
        const final = error.permanent || context.lastAttempt;
        await noteBatchFailure(prisma, batchId, { error: error.message, final });
        if (error.permanent) throw new GiveUp(error.message, { cause: error });
        throw error;
      }
    }
  };
}

function compose({ id, kind, recipient, notices }: HostMailBatch, settings: HostMailSettings): MailMessage {
  const { providerName, messageIdDomain, noticeUrl } = settings;
  const { name, email } = recipient;
  return {
    messageId: `<${id}@${messageIdDomain}>`,
    references: `<${kind}@${messageIdDomain}>`,
    to: { name, address: email },
    replyTo: null,
    ...renderNotice({ kind, notices, name, url: noticeUrl(kind), providerName }),
    invitation: null,
  };
}
