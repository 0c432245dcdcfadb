import { presetMetadata } from "../caldavcalendar/preset-metadata.ts";

/** What people and the registry see of Fastmail's calendars. Light: it loads no client. */
export const metadata = presetMetadata({
  slug: "fastmailcalendar",
  name: "Fastmail",
  website: "https://www.fastmail.com/",
  // Fastmail publishes no quotas: ten requests a second of one account.
  limits: {
    account: { units: 100, perMs: 10_000, unasked: 10 },
    installation: { units: 2_000, perMs: 10_000 },
    costs: { updateEvent: 2, listCalendars: 3, getFreeBusy: 4 },
  },
  help:
    "Fastmail lets other programs in by an app password. Make one with access to calendars (CalDAV): Settings, “Privacy & Security”, " +
    "“Manage app passwords and access”.",
  links: [
    { label: "Make an app password", url: "https://app.fastmail.com/settings/security/apps" },
    { label: "Fastmail's explanation", url: "https://www.fastmail.help/hc/en-us/articles/360058752854" },
  ],
  username: { label: "Fastmail address", help: "With its domain, such as you@fastmail.com." },
  password: { label: "App password", help: "Not the password that you sign in with." },
});
