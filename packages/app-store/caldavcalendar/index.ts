import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
import { CaldavCalendarService } from "./lib/CalendarService.ts";
import { type CaldavPreset, createFormFlow } from "./lib/connect.ts";
import { metadata } from "./metadata.ts";

export { type CaldavCredential, credentialSchema } from "./lib/credential-schema.ts";
export { type CaldavSettings, settingsSchema } from "./lib/settings.ts";
export { metadata };

/** A provider on CalDAV. @param metadata has a form with the fields `username`, `password`, and `serverUrl` unless it is fixed */
export function createCaldavProvider(metadata: ProviderMetadata, preset: CaldavPreset): CalendarProvider {
  return {
    metadata,
    createService: (dependencies) => new CaldavCalendarService(dependencies),
    form: (dependencies) => createFormFlow(preset, dependencies),
    parseNotification: () => ({ type: "refused", reason: "CalDAV servers send no notifications" }),
  };
}

/** Any CalDAV server behind the calendar contract. */
export default createCaldavProvider(metadata, {
  serverUrl: null,
  passwordHint:
    "Look at both again. Where the server has app passwords, make one for calsync and use it here.",
});
