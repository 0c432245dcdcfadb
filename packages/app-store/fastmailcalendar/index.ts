import { createCaldavProvider } from "../caldavcalendar/index.ts";
import { metadata } from "./metadata.ts";

export { metadata };

/** Fastmail's calendars: CalDAV at Fastmail's server. */
export default createCaldavProvider(metadata, {
  serverUrl: "https://caldav.fastmail.com/dav/",
  passwordHint: "Use an app password with access to calendars, and the whole address as user name.",
});
