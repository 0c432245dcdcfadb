import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Lists what changed in one calendar and applies it. A burst of notifications is one job: they share its key. */
export const pullCalendarJob = defineJob({
  name: "pull-calendar",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 25,
  key: ({ calendarSyncId }) => calendarSyncId,
});
