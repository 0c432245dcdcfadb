import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Does what a run that somebody asked for wants of one calendar. */
export const syncRunJob = defineJob({
  name: "sync-run",
  payload: z.object({ runId: z.uuid(), calendarSyncId: z.uuid() }),
  maxAttempts: 10,
  priority: -1,
  key: ({ runId, calendarSyncId }) => `${runId}:${calendarSyncId}`,
});
