import { enqueueMany, handleJob, type JobRegistration, type ScheduledJob } from "@calsync/jobs";
import { createDeliverWebhookHandler } from "../jobs/deliver-webhook.handler.ts";
import { deliverWebhookJob } from "../jobs/deliver-webhook.job.ts";
import { tendWebhooksJob } from "../jobs/tend-webhooks.job.ts";
import { deleteOld, findForgotten } from "../repositories/DeliveryRepository.ts";
import { DEFAULT_WEBHOOK_SETTINGS, type WebhookDependencies } from "./dependencies.ts";

/** A delivery that is due for so long has lost its job. */
const FORGOTTEN_AFTER_MS = 30 * 60_000;
const BATCH = 1_000;
const DAY_MS = 24 * 3_600_000;

/** The webhooks' jobs with what runs them, for a worker. */
export function webhookJobs(deps: WebhookDependencies): JobRegistration[] {
  const { prisma, now } = deps;
  const { keepDays } = { ...DEFAULT_WEBHOOK_SETTINGS, ...deps.settings };
  return [
    handleJob(deliverWebhookJob, createDeliverWebhookHandler(deps)),
    handleJob(tendWebhooksJob, async (_payload, context) => {
      const at = now().getTime();
      const forgotten = await findForgotten(prisma, new Date(at - FORGOTTEN_AFTER_MS), BATCH);
      await enqueueMany(
        prisma,
        forgotten.map((deliveryId) => ({ job: deliverWebhookJob, payload: { deliveryId } })),
      );
      const deleted = await deleteOld(prisma, new Date(at - keepDays * DAY_MS), BATCH);
      context.log.debug({ forgotten: forgotten.length, deleted }, "webhooks tended");
    }),
  ];
}

/** What a worker enqueues by itself. */
export const webhookSchedule: ScheduledJob[] = [
  { name: "tend-webhooks", job: tendWebhooksJob, payload: {}, everyMs: 10 * 60_000 },
];
