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
  // Quota guide, 2026: 600 a minute per user and project, 10,000 a minute per project, in a sliding minute. Seven stretches of
  // ten seconds can touch one minute: 420 of an account, with room for what processes use unasked; 8,400 of the project.
  limits: {
    account: { units: 60, perMs: 10_000, unasked: 4 },
    installation: { units: 1_200, perMs: 10_000 },
    // An update reads the event first; a create that finds its event there already reads it after.
    costs: { createEvent: 2, updateEvent: 2 },
  },
};
