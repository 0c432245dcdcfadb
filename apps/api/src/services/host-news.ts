import type { EndedCredential } from "@calsync/calendar-connections";
import type { Clock } from "@calsync/lib";
import { type HostNotice, type HostNoticeKind, queueHostMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";

/** Where everything that a host is to hear of goes through, in the transaction of what happened. */
export interface HostNews {
  /** One mail per incident, or fewer. Call it late in the transaction. */
  tellHosts(tx: PrismaTransaction, notices: readonly HostNotice[]): Promise<void>;
  /** An account needs to be connected again. */
  credentialEnded(tx: PrismaTransaction, ended: EndedCredential): Promise<void>;
}

export function createHostNews({ now }: { now: Clock }): HostNews {
  const tellHosts: HostNews["tellHosts"] = (tx, notices) => queueHostMails(tx, notices, { now: now() });
  return {
    tellHosts,
    credentialEnded: (tx, { credentialId, userId, provider, accountEmail, at }) =>
      tellHosts(tx, [
        {
          kind: "credential-invalid",
          userId,
          key: `credential:${credentialId}:${at.toISOString()}`,
          provider,
          account: accountEmail,
        },
      ]),
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
