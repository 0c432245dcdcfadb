import type { ProviderMetadata } from "@calsync/types";

/** What people and the registry see of Google Calendar. Light: it loads nothing of Google's client. */
export const metadata: ProviderMetadata = {
  slug: "googlecalendar",
  name: "Google Calendar",
  auth: "oauth",
  website: "https://calendar.google.com/",
  capabilities: {
    notifications: "channel",
    changes: "token",
    write: true,
    freeBusy: true,
    recurrence: true,
    attendees: true,
    preconditions: true,
    clientChosenIds: true,
    // No maximum is published; seven days is the documented default (push guide, `params.ttl`), so we ask for no more.
    maxSubscriptionMs: 7 * 86_400_000,
    minPollMs: 60_000,
  },
};
