import { defineJob } from "@calsync/jobs";
import { z } from "zod";
import { type HostNoticeKind, NOTICE_SETTLE_MS } from "../messages/host-notice.ts";

const KINDS = Object.keys(NOTICE_SETTLE_MS) as [HostNoticeKind, ...HostNoticeKind[]];

/** Sends a host everything of one kind that waits, in one mail. */
export const sendHostMailJob = defineJob({
  name: "send-host-mail",
  payload: z.object({ userId: z.int(), kind: z.enum(KINDS) }),
  // As for mails about bookings: tries go on for about half a day.
  maxAttempts: 30,
  backoff: { baseMs: 2_000, ceilingMs: 30 * 60_000 },
  key: ({ userId, kind }) => `${userId}:${kind}`,
  // The first of a flock decides when it is told; later ones join it and do not put it off.
  keyMode: "preserve_run_at",
});
