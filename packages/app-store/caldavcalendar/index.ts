import type { CalendarProvider } from "@calsync/types";
import { CaldavCalendarService } from "./lib/CalendarService.ts";
import { metadata } from "./metadata.ts";

export { type CaldavCredential, credentialSchema } from "./lib/credential-schema.ts";
export { type CaldavSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** Any CalDAV server behind the calendar contract. */
const caldavcalendar: CalendarProvider = {
  metadata,
  createService: (dependencies) => new CaldavCalendarService(dependencies),
  parseNotification: () => ({ type: "refused", reason: "CalDAV servers send no notifications" }),
};

export default caldavcalendar;
