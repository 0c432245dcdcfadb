import type { CalendarProvider } from "@calsync/types";
import { IcsFeedCalendarService } from "./lib/CalendarService.ts";
import { createFormFlow } from "./lib/connect.ts";
import { metadata } from "./metadata.ts";

export { credentialSchema, type IcsFeedCredential } from "./lib/credential-schema.ts";
export { type IcsFeedSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** A calendar that is published as a file at an address, behind the calendar contract. Read only. */
const icsFeedCalendar: CalendarProvider = {
  metadata,
  createService: (dependencies) => new IcsFeedCalendarService(dependencies),
  form: createFormFlow,
  parseNotification: () => ({ type: "refused", reason: "a feed sends no notifications" }),
};

export default icsFeedCalendar;
