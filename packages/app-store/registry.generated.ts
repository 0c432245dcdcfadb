// Written by scripts/generate-registry.mjs from the folders of this package. Do not edit.
import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
import { metadata as applecalendar } from "./applecalendar/metadata.ts";
import { metadata as caldavcalendar } from "./caldavcalendar/metadata.ts";
import { metadata as fastmailcalendar } from "./fastmailcalendar/metadata.ts";
import { metadata as googlecalendar } from "./googlecalendar/metadata.ts";
import { metadata as icsFeedcalendar } from "./ics-feedcalendar/metadata.ts";
import { metadata as nextcloudcalendar } from "./nextcloudcalendar/metadata.ts";
import { metadata as notioncalendar } from "./notioncalendar/metadata.ts";
import { metadata as office365calendar } from "./office365calendar/metadata.ts";

/** One provider as the registry knows it: its description at hand, its code loaded when it is first needed. */
export interface RegisteredProvider {
  metadata: ProviderMetadata;
  load(): Promise<CalendarProvider>;
}

export const registry: Readonly<Record<string, RegisteredProvider>> = {
  applecalendar: {
    metadata: applecalendar,
    load: async () => (await import("./applecalendar/index.ts")).default,
  },
  caldavcalendar: {
    metadata: caldavcalendar,
    load: async () => (await import("./caldavcalendar/index.ts")).default,
  },
  fastmailcalendar: {
    metadata: fastmailcalendar,
    load: async () => (await import("./fastmailcalendar/index.ts")).default,
  },
  googlecalendar: {
    metadata: googlecalendar,
    load: async () => (await import("./googlecalendar/index.ts")).default,
  },
  "ics-feedcalendar": {
    metadata: icsFeedcalendar,
    load: async () => (await import("./ics-feedcalendar/index.ts")).default,
  },
  nextcloudcalendar: {
    metadata: nextcloudcalendar,
    load: async () => (await import("./nextcloudcalendar/index.ts")).default,
  },
  notioncalendar: {
    metadata: notioncalendar,
    load: async () => (await import("./notioncalendar/index.ts")).default,
  },
  office365calendar: {
    metadata: office365calendar,
    load: async () => (await import("./office365calendar/index.ts")).default,
  },
};
