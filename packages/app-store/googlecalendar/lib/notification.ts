import type { NotificationRequest, ParsedNotification } from "@calsync/types";

/**
 * Reads a message of a Google channel. It has no body and names no event: everything is in its headers (push guide).
 * `sync` confirms a new channel; any other state is a hint to pull, which also finds out when a calendar is gone.
 */
export function parseNotification({ method, headers }: NotificationRequest): ParsedNotification {
  if (method.toUpperCase() !== "POST")
    return { type: "refused", reason: "Google sends notifications by POST" };
  const providerSubscriptionId = headers["x-goog-channel-id"];
  if (!providerSubscriptionId) return { type: "refused", reason: "the header X-Goog-Channel-ID is missing" };
  const state = headers["x-goog-resource-state"];
  if (!state) return { type: "refused", reason: "the header X-Goog-Resource-State is missing" };
  const secret = headers["x-goog-channel-token"] ?? null;
  const kind = state.toLowerCase() === "sync" ? "confirmation" : "change";
  return { type: "notifications", notifications: [{ providerSubscriptionId, secret, kind }] };
}
