import type { ProviderMetadata } from "@calsync/types";

/** What people and the registry see of Notion. Light: it loads nothing of Notion's client. */
export const metadata: ProviderMetadata = {
  slug: "notioncalendar",
  name: "Notion",
  auth: "oauth",
  form: {
    help: "For an integration of your own: make an internal integration, give it the capabilities to read, update and insert content, and share your databases with it.",
    fields: [
      {
        name: "token",
        label: "Internal integration secret",
        kind: "password",
        help: "It begins with ntn_ or secret_.",
        required: true,
        secret: true,
      },
    ],
    links: [{ label: "Your integrations", url: "https://www.notion.so/profile/integrations" }],
  },
  website: "https://www.notion.so/",
  capabilities: {
    notifications: "integration",
    changes: "watermark",
    write: true,
    freeBusy: true,
    // A row is one event: there is no rule that it could follow, and nobody who is invited to it.
    recurrence: false,
    attendees: false,
    // By comparing what a row holds before it is written; Notion itself takes every write.
    preconditions: true,
    clientChosenIds: false,
    maxSubscriptionMs: null,
    minPollMs: 120_000,
    // Three requests of 180 in a minute.
    maxPollMs: 120_000,
    tables: true,
    clockGranularityMs: 60_000,
  },
  // Request limits, 2026: 180 requests of a connection in a fixed minute (600 on larger plans), in one burst if need be. Three
  // stretches of half a minute can touch one minute: 165, with room for what processes use unasked. The workspace's own limit is
  // not published.
  limits: {
    account: { units: 55, perMs: 30_000, unasked: 2 },
    installation: { units: 2_000, perMs: 10_000 },
    // Reading the columns comes first in each of them; a creation looks its key up.
    costs: {
      listCalendars: 2,
      getFreeBusy: 3,
      createEvent: 3,
      updateEvent: 3,
      deleteEvent: 3,
      getEvent: 2,
      watchCalendar: 1,
      onWatchedCalendarChange: 3,
    },
  },
};
