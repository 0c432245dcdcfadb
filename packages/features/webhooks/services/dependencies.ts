import type { Clock, OutboundGuard, SecretBox } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

/** The times and sizes of webhooks; milliseconds unless the name says otherwise. */
export interface WebhookSettings {
  /** Tries per delivery, the first included. */
  maxTries: number;
  /** Pauses between tries double from the first to the second, with jitter. */
  backoffBaseMs: number;
  backoffCeilingMs: number;
  /** For a whole request. */
  timeoutMs: number;
  /** A webhook at which nothing has arrived for so long is switched off when one more delivery has failed for good. */
  disableAfterMs: number;
  /** How long the log is kept, in days. */
  keepDays: number;
}

/** 15 tries over about 12 hours; off after five days. */
export const DEFAULT_WEBHOOK_SETTINGS: WebhookSettings = {
  maxTries: 15,
  backoffBaseMs: 5_000,
  backoffCeilingMs: 4 * 3_600_000,
  timeoutMs: 10_000,
  disableAfterMs: 5 * 24 * 3_600_000,
  keepDays: 30,
};

/** What webhooks are handed. */
export interface WebhookDependencies {
  prisma: PrismaClient;
  /** Keeps the signing secrets. */
  secretBox: SecretBox;
  /** Which receivers may be called. */
  guard: OutboundGuard;
  now: Clock;
  settings?: Partial<WebhookSettings>;
  /** Tells the owners that we switched a webhook off, in the transaction that does it. */
  tellDisabled: (
    tx: PrismaTransaction,
    webhook: { id: string; url: string; userIds: readonly number[] },
    now: Date,
  ) => Promise<void>;
  /** From 0 (included) to 1 (excluded), for jitter; `Math.random` when left out. */
  random?: () => number;
}

/** What a webhook's secrets are bound to: copied to another row they do not open. */
export function secretBinding(webhookId: string): string {
  return `webhook:${webhookId}`;
}
