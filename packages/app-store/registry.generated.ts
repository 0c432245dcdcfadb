// Written by scripts/generate-registry.mjs from the folders of this package. Do not edit.
import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
import { metadata as caldavcalendar } from "./caldavcalendar/metadata.ts";
import { metadata as googlecalendar } from "./googlecalendar/metadata.ts";
import { metadata as icsFeedcalendar } from "./ics-feedcalendar/metadata.ts";

/** One provider as the registry knows it: its description at hand, its code loaded when it is first needed. */
export interface RegisteredProvider {
  metadata: ProviderMetadata;
  load(): Promise<CalendarProvider>;
}

export const registry: Readonly<Record<string, RegisteredProvider>> = {
  caldavcalendar: {
    metadata: caldavcalendar,
    load: async () => (await import("./caldavcalendar/index.ts")).default,
  },
  googlecalendar: {
    metadata: googlecalendar,
    load: async () => (await import("./googlecalendar/index.ts")).default,
  },
  "ics-feedcalendar": {
    metadata: icsFeedcalendar,
    load: async () => (await import("./ics-feedcalendar/index.ts")).default,
  },
};
