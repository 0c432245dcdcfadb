import { defineJob } from "@calsync/jobs";
import { z } from "zod";
import { CRON_NAMES } from "../crons/cron.ts";

/** One tick of a cron, on the worker's own schedule. */
export const runCronJob = defineJob({
  name: "run-cron",
  payload: z.object({ name: z.enum(CRON_NAMES) }),
  maxAttempts: 1,
  key: ({ name }) => name,
});
