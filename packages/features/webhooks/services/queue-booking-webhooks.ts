import type { PrismaTransaction } from "@calsync/prisma";
import type { WebhookData } from "../messages/webhook-message.ts";
import { findBookingListeners, type NewDelivery } from "../repositories/QueueRepository.ts";
import { enqueueDeliveries } from "./queue-webhook.ts";

/** What happened to a booking. */
export interface BookingNews {
  bookingId: number;
  happened: "booked" | "rescheduled" | "cancelled" | "restored";
  actor: WebhookData<"BOOKING_CREATED">["actor"];
  /** Addresses of the guests whom it concerns, when it does not concern the whole appointment. */
  guests?: readonly string[] | undefined;
  /** When the booking was before it was moved; ISO instants. */
  previous?: { start: string; end: string } | undefined;
  /** How long to wait for further changes before it is told, in milliseconds. */
  settleMs: number;
}

const EVENTS = {
  booked: "BOOKING_CREATED",
  restored: "BOOKING_CREATED",
  rescheduled: "BOOKING_RESCHEDULED",
  cancelled: "BOOKING_CANCELLED",
} as const;

/**
 * Puts a message about each booking to each webhook that listens into the queue, in the caller's transaction, with the booking
 * as it is there. Moves of one booking that follow each other within the settle time are one message about where they ended
 * (ADR 0015). One statement when nobody listens, three otherwise, however many bookings.
 */
export async function queueBookingWebhooks(
  tx: PrismaTransaction,
  news: readonly BookingNews[],
  { now }: { now: Date },
): Promise<void> {
  if (news.length === 0) return;
  const listeners = await findBookingListeners(
    tx,
    news.map(({ bookingId, happened }, index) => ({ index, bookingId, event: EVENTS[happened] })),
  );
  const deliveries = new Map<string, NewDelivery>();
  for (const { index, webhookId, booking } of listeners) {
    const one = news[index];
    if (!one) continue;
    const { bookingId, happened, actor, guests, previous, settleMs } = one;
    const base = { booking, actor, guests: guests ? [...guests] : null };
    const moved = happened === "rescheduled";
    const coalesceKey = moved ? `moved:${bookingId}` : null;
    deliveries.set(`${webhookId} ${coalesceKey ?? index}`, {
      webhookId,
      event: EVENTS[happened],
      bookingId,
      payload: moved
        ? { ...base, previous: previous ?? null }
        : happened === "cancelled"
          ? base
          : { ...base, restored: happened === "restored" },
      coalesceKey,
      nextAttemptAt: new Date(now.getTime() + settleMs),
    });
  }
  await enqueueDeliveries(tx, [...deliveries.values()], now);
}
