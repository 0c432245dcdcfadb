import { createCaldavProvider } from "../caldavcalendar/index.ts";
import { metadata } from "./metadata.ts";

export { metadata };

/** iCloud's calendars: CalDAV at Apple's server, which leads each account on to its own. */
export default createCaldavProvider(metadata, {
  serverUrl: "https://caldav.icloud.com/",
  passwordHint: "Use an app-specific password, not the one of the Apple Account; it may have been revoked.",
});
