import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Does what one push channel needs now: activation, retry, renewal, stop, expiry. */
export const maintainSubscriptionJob = defineJob({
  name: "maintain-subscription",
  payload: z.object({ subscriptionId: z.uuid() }),
  maxAttempts: 5,
  priority: 1,
  key: ({ subscriptionId }) => subscriptionId,
});
