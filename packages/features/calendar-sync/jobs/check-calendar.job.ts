import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Compares one calendar with its bookings, and heals what it may. */
export const checkCalendarJob = defineJob({
  name: "check-calendar",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 5,
  priority: 4,
  key: ({ calendarSyncId }) => calendarSyncId,
});
