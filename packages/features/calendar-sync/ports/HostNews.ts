import type { HostNotice } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { WebhookNews } from "@calsync/webhooks";

/**
 * Tells hosts what needs them or what they may not expect, in the transaction of what happened; call it late in it. News of one
 * kind and key is told once, and a flock of it is one mail, so callers need not hold back.
 */
export type TellHosts = (tx: PrismaTransaction, notices: readonly HostNotice[]) => Promise<void>;

/**
 * Tells the webhooks of users of what sync asks them, in the transaction of what happened; call it late in it.
 */
export type TellWebhooks = (tx: PrismaTransaction, news: readonly WebhookNews[]) => Promise<void>;
