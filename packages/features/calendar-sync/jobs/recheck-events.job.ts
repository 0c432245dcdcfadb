import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Reads events of one calendar directly, of which something else than its own listing has to be known (ADR 0010). */
export const recheckEventsJob = defineJob({
  name: "recheck-events",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 25,
  key: ({ calendarSyncId }) => calendarSyncId,
});
