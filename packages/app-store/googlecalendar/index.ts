import type { CalendarProvider } from "@calsync/types";
import { GoogleCalendarService } from "./lib/CalendarService.ts";
import { createDelegationFlow } from "./lib/delegation.ts";
import { parseNotification } from "./lib/notification.ts";
import { createOAuthFlow } from "./lib/oauth.ts";
import { metadata } from "./metadata.ts";

export { credentialSchema, type GoogleCredential } from "./lib/credential-schema.ts";
export { type GoogleSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** Google Calendar behind the calendar contract. */
const googlecalendar: CalendarProvider = {
  metadata,
  createService: (dependencies) => new GoogleCalendarService(dependencies),
  oauth: createOAuthFlow,
  delegation: createDelegationFlow,
  parseNotification,
};

export default googlecalendar;
