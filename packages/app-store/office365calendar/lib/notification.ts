import type {
  ChannelNotification,
  NotificationKind,
  NotificationRequest,
  ParsedNotification,
} from "@calsync/types";
import { z } from "zod";
import { parseJson } from "../../common/parse-json.ts";

/** One post may carry notifications of several subscriptions, of changes and of their own life (webhooks and lifecycle guides). */
const collectionSchema = z.object({
  value: z
    .array(
      z.object({
        subscriptionId: z.string().min(1),
        clientState: z.string().nullish(),
        lifecycleEvent: z.string().nullish(),
      }),
    )
    .min(1),
});

/** Longest validation token that is echoed: real ones are a few hundred characters. */
const MAX_TOKEN = 4_096;

const LIFE: Readonly<Record<string, NotificationKind>> = {
  reauthorizationrequired: "reauthorize",
  subscriptionremoved: "removed",
  missed: "missed",
};

/**
 * Reads what Graph posts. While a subscription is being made it asks whether the address is ours, with a `validationToken` in the
 * query that is to be echoed as plain text; the subscription's id is not known by then. Everything else is a
 * list of hints to pull: which event changed is not taken from it.
 */
export function parseNotification({ method, query, body }: NotificationRequest): ParsedNotification {
  if (method.toUpperCase() !== "POST") {
    return { type: "refused", reason: "Microsoft Graph sends notifications by POST" };
  }
  const token = query["validationToken"];
  if (token !== undefined) {
    if (token === "" || token.length > MAX_TOKEN) {
      return { type: "refused", reason: "the validation token is empty or too long" };
    }
    return { type: "handshake", status: 200, contentType: "text/plain; charset=utf-8", body: token };
  }
  const parsed = collectionSchema.safeParse(parseJson(new TextDecoder().decode(body)));
  if (!parsed.success) return { type: "refused", reason: "the body is no list of notifications" };
  return { type: "notifications", notifications: parsed.data.value.map(toNotification) };
}

function toNotification({
  subscriptionId,
  clientState,
  lifecycleEvent,
}: z.output<typeof collectionSchema>["value"][number]): ChannelNotification {
  return {
    providerSubscriptionId: subscriptionId,
    secret: clientState ?? null,
    // A lifecycle event that is newer than this code is a reason to look, like any change.
    kind: lifecycleEvent ? (LIFE[lifecycleEvent.toLowerCase()] ?? "missed") : "change",
  };
}
