import { presetMetadata } from "../caldavcalendar/preset-metadata.ts";

/** What people and the registry see of iCloud's calendars. Light: it loads no client. */
export const metadata = presetMetadata({
  slug: "applecalendar",
  name: "Apple iCloud",
  website: "https://www.icloud.com/calendar",
  // Apple publishes no quotas: ten requests a second of one account.
  limits: {
    account: { units: 100, perMs: 10_000, unasked: 10 },
    installation: { units: 2_000, perMs: 10_000 },
    costs: { updateEvent: 2, listCalendars: 3, getFreeBusy: 4 },
  },
  help:
    "iCloud lets other programs in by an app-specific password only. Make one for calsync: sign in at account.apple.com, open " +
    "“Sign-In and Security”, then “App-Specific Passwords”. Two-factor authentication has to be on.",
  links: [
    { label: "Make an app-specific password", url: "https://account.apple.com/account/manage" },
    { label: "Apple's explanation", url: "https://support.apple.com/102654" },
  ],
  username: { label: "Apple Account", help: "The e-mail address that you sign in to iCloud with." },
  password: {
    label: "App-specific password",
    help: "Not the password of your Apple Account. All app-specific passwords end when that one is changed.",
    placeholder: "xxxx-xxxx-xxxx-xxxx",
  },
});
