import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/**
 * Looks again at series whose bookings dropped out of their rule, once they have been waited for: asks for a pull, at whose
 * end those that have not turned up elsewhere are cancelled.
 */
export const settleSeriesJob = defineJob({
  name: "settle-series",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 25,
});
