import { presetMetadata } from "../caldavcalendar/preset-metadata.ts";

/** What people and the registry see of Nextcloud's calendars. Light: it loads no client. */
export const metadata = presetMetadata({
  slug: "nextcloudcalendar",
  name: "Nextcloud",
  website: "https://nextcloud.com/",
  help:
    "Make an app password for calsync: in Nextcloud open your settings, then “Security”, then “Devices & sessions”. With two-factor " +
    "authentication there is no other way.",
  links: [
    {
      label: "Nextcloud's explanation",
      url: "https://docs.nextcloud.com/server/latest/user_manual/en/session_management.html",
    },
  ],
  serverUrl: {
    label: "Address of your Nextcloud",
    help: "As it stands in the browser; the part of the calendars is found from there.",
    placeholder: "https://cloud.example.com",
  },
  password: { label: "App password", help: "Not the password that you sign in with." },
});
