import type { ConnectionForm, ProviderMetadata } from "@calsync/types";

const form: ConnectionForm = {
  help: "Any server that speaks CalDAV, such as Radicale, Baïkal, SOGo or Zimbra.",
  fields: [
    {
      name: "serverUrl",
      label: "Server address",
      kind: "url",
      help: "As the server's provider gives it for CalDAV; a domain or your mail address will do where the domain names its server.",
      placeholder: "https://calendar.example.com",
      required: true,
      secret: false,
    },
    { name: "username", label: "User name", kind: "text", required: true, secret: false },
    {
      name: "password",
      label: "Password",
      kind: "password",
      help: "An app password, where the server has them.",
      required: true,
      secret: true,
    },
  ],
  links: [],
};

/** What people and the registry see of CalDAV. Light: it loads no client. */
export const metadata: ProviderMetadata = {
  slug: "caldavcalendar",
  name: "CalDAV",
  auth: "password",
  form,
  website: "https://datatracker.ietf.org/doc/html/rfc4791",
  capabilities: {
    // No server offers third parties a push channel that has been adopted; calendars are polled.
    notifications: "none",
    changes: "token",
    write: true,
    freeBusy: true,
    recurrence: true,
    attendees: true,
    preconditions: true,
    clientChosenIds: true,
    maxSubscriptionMs: null,
    minPollMs: 60_000,
    // RFC 6578 §3.5.2 wants it told; Xandikos compares states, in which it has left no trace.
    silentAboutShortLived: true,
    // As many as a session opens connections. There is no batch, and each write is a way there and back.
    writesAtOnce: 4,
    // LAST-MODIFIED and DTSTAMP know no smaller unit (RFC 5545 §3.3.5).
    clockGranularityMs: 1_000,
  },
  // A server of one's own takes what a desktop client makes when it starts; one that has a limit says so (429) and is left alone.
  limits: {
    account: { units: 400, perMs: 10_000, unasked: 10 },
    installation: { units: 5_000, perMs: 10_000 },
    // An update reads the object first; a listing of the account finds its way there.
    costs: { updateEvent: 2, listCalendars: 3, getFreeBusy: 4 },
  },
};
