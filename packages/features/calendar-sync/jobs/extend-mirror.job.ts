import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Expands the external series of one calendar further into the future, as time goes on. */
export const extendMirrorJob = defineJob({
  name: "extend-mirror",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 10,
  priority: 2,
  key: ({ calendarSyncId }) => calendarSyncId,
});
