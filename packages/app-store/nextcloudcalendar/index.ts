import { createCaldavProvider } from "../caldavcalendar/index.ts";
import { metadata } from "./metadata.ts";

export { metadata };

/** Nextcloud's calendars: CalDAV below `remote.php/dav` of an installation, wherever that is. */
export default createCaldavProvider(metadata, {
  serverUrl: null,
  paths: ["remote.php/dav/"],
  passwordHint:
    "Make an app password in Nextcloud's settings and use it here; the user name is the one shown there.",
});
