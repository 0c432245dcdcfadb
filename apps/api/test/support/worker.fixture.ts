import { flushCompileCache } from "node:module";
import { startWorker } from "@calsync/jobs";
import { createContainer } from "../../src/container.ts";
import { readEnv } from "../../src/entrypoint.ts";

/*
 * The worker's process with short times: a killed worker's jobs and leases are free again within about three seconds, so that
 * a test can kill many of them. It loads everything first, and begins to work when its parent says so: the next worker is
 * ready at once when the one before it was killed.
 */
const env = readEnv();
// Node.js writes its cache of compiled code at exit, which a killed process never reaches.
flushCompileCache();
process.once("disconnect", () => process.exit());
await new Promise((resolve) => process.once("message", resolve));
const container = createContainer(env, {
  name: "worker",
  syncSettings: { leaseTtlMs: 1_500, leaseHeartbeatMs: 300, backoffBaseMs: 200, backoffCeilingMs: 2_000 },
  hostNewsSettleMs: { "mass-change": 300, "sync-conflict": 300, "sync-news": 300 },
});
await startWorker({
  url: env.DATABASE_URL,
  concurrency: env.WORKER_CONCURRENCY,
  handlers: container.jobs,
  schedule: container.schedule,
  log: container.log,
  timings: {
    beatMs: 400,
    lostAfterMs: 1_500,
    unseenMs: 2_500,
    serverGivesUpAfterMs: 3_000,
    sweepMs: 500,
    pollMs: 200,
  },
});
process.send?.("started");
