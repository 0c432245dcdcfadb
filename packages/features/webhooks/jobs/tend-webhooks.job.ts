import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Finds deliveries whose job was lost, and forgets old ones. */
export const tendWebhooksJob = defineJob({
  name: "tend-webhooks",
  payload: z.object({}),
  maxAttempts: 1,
  priority: 3,
  key: () => "all",
});
