import type { RemoteFault } from "./RemoteCalendars.ts";

/** How the simulators of Google and of Microsoft both call what goes wrong. */
export const SANDBOX_FAULTS = {
  "server-error": "serverError",
  network: "dropConnection",
  "lost-answer": "loseAnswer",
  "rate-limit": "rateLimit",
  "touch-after-write": "touchAfterWrite",
  "empty-page": "emptyPage",
  "drop-notification": "dropNotification",
  "double-notification": "duplicateNotification",
  "reorder-notification": "reorderNotification",
} as const satisfies Record<RemoteFault["fault"], string>;
