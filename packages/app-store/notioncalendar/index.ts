import type { CalendarProvider } from "@calsync/types";
import { NotionCalendarService } from "./lib/CalendarService.ts";
import { createFormFlow } from "./lib/connect.ts";
import { parseNotification } from "./lib/notification.ts";
import { createOAuthFlow } from "./lib/oauth.ts";
import { metadata } from "./metadata.ts";

export { credentialSchema, type NotionCredential } from "./lib/credential-schema.ts";
export { type NotionSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** Notion's databases behind the calendar contract. */
const notioncalendar: CalendarProvider = {
  metadata,
  createService: (dependencies) => new NotionCalendarService(dependencies),
  oauth: createOAuthFlow,
  form: createFormFlow,
  parseNotification,
};

export default notioncalendar;
