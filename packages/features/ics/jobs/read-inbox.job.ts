import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Reads what has come to the inbox since it was last read. */
export const readInboxJob = defineJob({
  name: "read-inbox",
  payload: z.object({}),
  maxAttempts: 3,
  priority: 1,
  key: () => "all",
});
