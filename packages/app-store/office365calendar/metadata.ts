import type { ProviderMetadata } from "@calsync/types";

/** What people and the registry see of Outlook. Light: it loads nothing of Microsoft's client. */
export const metadata: ProviderMetadata = {
  slug: "office365calendar",
  name: "Outlook Calendar",
  auth: "oauth",
  website: "https://outlook.live.com/calendar/",
  capabilities: {
    notifications: "subscription",
    changes: "token",
    write: true,
    freeBusy: true,
    recurrence: true,
    // Exchange mails everybody who is put on an event, and no parameter prevents it; invitations are ours to send.
    attendees: "read",
    preconditions: true,
    // A transaction id makes a repeated create find the first one, but the event's id is Exchange's.
    clientChosenIds: false,
    // Under seven days (subscription reference, 2026); an hour less, for clocks that differ.
    maxSubscriptionMs: (10_080 - 60) * 60_000,
    minPollMs: 60_000,
    // Graph takes an occurrence out of its series by deleting it, and knows no way back.
    deletedDatesStay: true,
  },
  // Throttling limits, 2026: 10,000 requests in ten minutes for each app and mailbox, in a window that slides; 130,000 in ten
  // seconds for an app. Two stretches of five minutes can touch ten minutes thrice: 9,000 at the most.
  limits: {
    account: { units: 3_000, perMs: 300_000, unasked: 20 },
    installation: { units: 50_000, perMs: 10_000 },
    // A create reads what it has made, an update reads first; a pull reads what it was told of.
    costs: { createEvent: 2, updateEvent: 2, deleteEvent: 2, onWatchedCalendarChange: 3, watchCalendar: 2 },
  },
};
