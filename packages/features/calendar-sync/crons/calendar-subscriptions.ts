import { enqueueMany } from "@calsync/jobs";
import { maintainSubscriptionJob } from "../jobs/maintain-subscription.job.ts";
import type { CronDependencies, CronReport } from "./cron.ts";

/** A subscription whose job is lost comes back after this pause. */
const CLAIM_MS = 5 * 60_000;

/**
 * The cron of push channels: every row says when it next needs work (activation, retry, renewal, stop, expiry); a tick
 * takes the rows that are due and gives each to a job of its own, so that one slow provider delays nobody else.
 */
export async function runCalendarSubscriptionsCron({
  prisma,
  subscriptions,
  settings,
  now,
}: CronDependencies): Promise<CronReport> {
  const at = now();
  const due = await subscriptions.takeDue(
    prisma,
    at,
    new Date(at.getTime() + CLAIM_MS),
    settings.cronBatchSize,
  );
  await enqueueMany(
    prisma,
    due.map((id) => ({ job: maintainSubscriptionJob, payload: { subscriptionId: id } })),
  );
  return { subscriptionsTaken: due.length };
}
