import { enqueueMany } from "@calsync/jobs";
import type { PrismaTransaction } from "@calsync/prisma";
import { deliverWebhookJob } from "../jobs/deliver-webhook.job.ts";
import type { WebhookData } from "../messages/webhook-message.ts";
import { findListeners, insertDeliveries, type NewDelivery } from "../repositories/QueueRepository.ts";

/** Something that happened to a user, to be told to their webhooks. Bookings have `queueBookingWebhooks`. */
export type WebhookNews = {
  [E in "SYNC_CONFLICT" | "CREDENTIAL_INVALID"]: {
    userId: number;
    event: E;
    /** The message's `data`; holds no secret. */
    payload: WebhookData<E>;
    /** The booking that it is about: then of all teams only the one whose event type was booked hears of it. */
    bookingId?: number;
  };
}["SYNC_CONFLICT" | "CREDENTIAL_INVALID"];

/**
 * Puts messages to the webhooks that listen into the queue, in the caller's transaction. One statement when nobody listens,
 * three otherwise, however many pieces of news. Call it at the end of the transaction.
 * @param now the time of what happened, and from when it is delivered
 */
export async function queueWebhook(
  tx: PrismaTransaction,
  news: WebhookNews | readonly WebhookNews[],
  { now }: { now: Date },
): Promise<void> {
  const list: readonly WebhookNews[] = "event" in news ? [news] : news;
  if (list.length === 0) return;
  const listeners = await findListeners(
    tx,
    list.map(({ userId, event, bookingId = null }, index) => ({ index, userId, event, bookingId })),
  );
  const deliveries = listeners.flatMap(({ index, webhookId }): NewDelivery[] => {
    const one = list[index];
    if (!one) return [];
    const { event, payload, bookingId = null } = one;
    return [{ webhookId, event, bookingId, payload, coalesceKey: null, nextAttemptAt: now }];
  });
  await enqueueDeliveries(tx, deliveries, now);
}

/** Stores deliveries and enqueues their jobs; two statements, none for an empty list. @returns their ids */
export async function enqueueDeliveries(
  tx: PrismaTransaction,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<string[]> {
  if (deliveries.length === 0) return [];
  const queued = await insertDeliveries(tx, deliveries, now);
  await enqueueMany(
    tx,
    queued.map(({ id, nextAttemptAt }) => ({
      job: deliverWebhookJob,
      payload: { deliveryId: id },
      // Without a time the database's clock decides, and it goes out at once.
      ...(nextAttemptAt > now ? { runAt: nextAttemptAt } : {}),
    })),
  );
  return queued.map(({ id }) => id);
}
