import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Sends one mail of the outbox, or finds that a newer one to the same person has told it all. */
export const sendMailJob = defineJob({
  name: "send-mail",
  payload: z.object({ mailId: z.uuid() }),
  // Pauses double up to half an hour: tries go on for about half a day, longer than mail servers are usually down.
  maxAttempts: 30,
  backoff: { baseMs: 2_000, ceilingMs: 30 * 60_000 },
});
