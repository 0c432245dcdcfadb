import { startWorker } from "@calsync/jobs";
import { createContainer } from "./container.ts";
import { readEnv, stopOnSignals } from "./entrypoint.ts";
import { measuredJobs } from "./services/measured-jobs.ts";
import { startWorkerHealth } from "./services/worker-health.ts";

/** The process that runs jobs: pulls, pushes, subscriptions, mails, and the crons on their own schedule. */
const env = readEnv();
const container = createContainer(env, { name: "worker" });
const { log, metrics, now } = container;
const worker = await startWorker({
  url: env.DATABASE_URL,
  concurrency: env.WORKER_CONCURRENCY,
  handlers: measuredJobs(metrics, container.jobs),
  schedule: env.SCHEDULE_CRONS ? container.schedule : [],
  log,
  clock: now,
});
const health =
  env.WORKER_HEALTH_PORT === undefined
    ? null
    : await startWorkerHealth({ container, worker, host: env.API_HOST, port: env.WORKER_HEALTH_PORT });
stopOnSignals(log, async () => {
  await worker.stop();
  await health?.close();
  await container.close();
});
