import type { Tone } from "@calsync/ui";
import type { Webhook, WebhookDelivery } from "../api/types.ts";

type EventName = Webhook["events"][number];

/** What a webhook can be told of, in words. */
export const EVENT_WORDS: Record<EventName, string> = {
  BOOKING_CREATED: "A booking was made",
  BOOKING_RESCHEDULED: "A booking was moved",
  BOOKING_CANCELLED: "A booking was cancelled",
  SYNC_CONFLICT: "Both sides changed a booking",
  CREDENTIAL_INVALID: "An account has to be connected again",
};

export const EVENT_NAMES = Object.keys(EVENT_WORDS) as EventName[];

/** An event's name in words; that of a newer version as it is. */
export function wordsOf(event: WebhookDelivery["event"]): string {
  return event === "PING" ? "Test message" : (EVENT_WORDS[event] ?? event);
}

/** How a webhook stands. */
export function lookOfWebhook({ active, disabledReason, failingSince }: Webhook): {
  tone: Tone;
  text: string;
} {
  if (disabledReason === "gone") return { tone: "bad", text: "Switched off: the receiver is gone" };
  if (disabledReason === "failing") return { tone: "bad", text: "Switched off: nothing arrived" };
  if (!active) return { tone: "neutral", text: "Switched off" };
  return failingSince ? { tone: "warn", text: "Failing" } : { tone: "good", text: "Active" };
}

/** How one message fared. */
export function lookOfDelivery({ status, attempts }: Pick<WebhookDelivery, "status" | "attempts">): {
  tone: Tone;
  text: string;
} {
  switch (status) {
    case "delivered":
      return { tone: "good", text: "Delivered" };
    case "failed":
      return { tone: "bad", text: "Given up" };
    case "superseded":
      return { tone: "neutral", text: "Left out: later news said more" };
    default:
      return attempts > 0 ? { tone: "warn", text: "Trying again" } : { tone: "accent", text: "On its way" };
  }
}
