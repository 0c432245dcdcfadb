import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/**
 * Makes the events of one calendar equal to their bookings: works off all references that wait for a push. One job per
 * calendar rather than per reference, because one at a time works on a calendar anyway (ADR 0006).
 */
export const pushCalendarJob = defineJob({
  name: "push-calendar",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 25,
  priority: -1,
  key: ({ calendarSyncId }) => calendarSyncId,
});
