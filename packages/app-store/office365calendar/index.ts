import type { CalendarProvider } from "@calsync/types";
import { Office365CalendarService } from "./lib/CalendarService.ts";
import { createDelegationFlow } from "./lib/delegation.ts";
import { parseNotification } from "./lib/notification.ts";
import { createOAuthFlow } from "./lib/oauth.ts";
import { metadata } from "./metadata.ts";

export { credentialSchema, type MicrosoftCredential } from "./lib/credential-schema.ts";
export { type MicrosoftSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** Outlook and Microsoft 365 behind the calendar contract. */
const office365calendar: CalendarProvider = {
  metadata,
  createService: (dependencies) => new Office365CalendarService(dependencies),
  oauth: createOAuthFlow,
  delegation: createDelegationFlow,
  parseNotification,
};

export default office365calendar;
