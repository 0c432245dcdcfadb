import type { EndedCredential } from "@calsync/calendar-connections";
import type { Clock } from "@calsync/lib";
import { type HostNotice, type HostNoticeKind, queueHostMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import { queueWebhook, type WebhookDependencies } from "@calsync/webhooks";

/** Where everything that a host is to hear of goes through, in the transaction of what happened. */
export interface HostNews {
  /** One mail per incident, or fewer. Call it late in the transaction. */
  tellHosts(tx: PrismaTransaction, notices: readonly HostNotice[]): Promise<void>;
  /** An account needs to be connected again: a mail to its user, and what listens for CREDENTIAL_INVALID. */
  credentialEnded(tx: PrismaTransaction, ended: EndedCredential): Promise<void>;
  /** We switched a webhook off. */
  webhookDisabled: WebhookDependencies["tellDisabled"];
}

/** @param options `settleMs`: how long news of a kind waits for more of it, where that is not to be the usual time */
export function createHostNews({
  now,
  settleMs = {},
}: {
  now: Clock;
  settleMs?: Partial<Record<HostNoticeKind, number>>;
}): HostNews {
  const tellHosts: HostNews["tellHosts"] = (tx, notices) =>
    queueHostMails(tx, notices, { now: now(), settleMs });
  return {
    tellHosts,
    async credentialEnded(tx, { credentialId, userId, provider, accountEmail, reason, at }) {
      await tellHosts(tx, [
        {
          kind: "credential-invalid",
          userId,
          key: `credential:${credentialId}:${at.toISOString()}`,
          provider,
          account: accountEmail,
        },
      ]);
      const payload = {
        credential: { id: credentialId, provider, accountEmail },
        reason,
        since: at.toISOString(),
      };
      await queueWebhook(tx, { userId, event: "CREDENTIAL_INVALID", payload }, { now: at });
    },
    webhookDisabled: (tx, { id, url, userIds }, at) =>
      tellHosts(
        tx,
        userIds.map((userId) => ({
          kind: "webhook-disabled",
          userId,
          key: `webhook:${id}:${at.toISOString()}`,
          url,
        })),
      ),
  };
}

/** The page of the web app on which a host can do something about news of a kind. */
export function noticePath(kind: HostNoticeKind): string {
  switch (kind) {
    case "credential-invalid":
    case "calendar-deleted":
      return "/settings/calendars";
    case "mass-change":
    case "sync-conflict":
      return "/attention";
    case "sync-news":
      return "/changes";
    case "webhook-disabled":
      return "/settings/webhooks";
  }
}
