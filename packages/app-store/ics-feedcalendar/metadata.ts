import type { ProviderMetadata } from "@calsync/types";

/** What people and the registry see of ICS feeds. Light: it loads no client. */
export const metadata: ProviderMetadata = {
  slug: "ics-feedcalendar",
  name: "ICS feed",
  auth: "url",
  form: {
    help:
      "A feed can only be read: its events make you busy. Whoever knows its address can read it too, so it is stored encrypted " +
      "and never shown again.",
    fields: [
      {
        name: "url",
        label: "Address of the feed",
        kind: "url",
        help: "It usually begins with https:// or webcal:// and ends in .ics.",
        placeholder: "https://calendar.example.com/team.ics",
        required: true,
        secret: true,
      },
    ],
    links: [],
  },
  website: "https://datatracker.ietf.org/doc/html/rfc5545",
  capabilities: {
    notifications: "none",
    changes: "snapshot",
    write: false,
    freeBusy: true,
    recurrence: true,
    attendees: true,
    preconditions: false,
    clientChosenIds: false,
    maxSubscriptionMs: null,
    minPollMs: 5 * 60_000,
  },
  // A feed is fetched as a whole, from a server that expects a few readers.
  limits: {
    account: { units: 10, perMs: 60_000, unasked: 2 },
    installation: { units: 5_000, perMs: 60_000 },
    costs: {},
  },
};
