import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/**
 * Sends one message to one webhook. The delivery's row knows how often it was tried and when it is due again; the job's own
 * attempts are for errors of ours. Behind everything that keeps calendars equal, because receivers may be slow.
 */
export const deliverWebhookJob = defineJob({
  name: "deliver-webhook",
  payload: z.object({ deliveryId: z.uuid() }),
  maxAttempts: 25,
  priority: 3,
  key: ({ deliveryId }) => deliveryId,
});
