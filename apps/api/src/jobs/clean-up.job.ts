import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Deletes what is over its time; see docs/operations/queue.md. */
export const cleanUpJob = defineJob({
  name: "clean-up",
  payload: z.object({}),
  maxAttempts: 3,
  priority: 5,
  key: () => "all",
});
