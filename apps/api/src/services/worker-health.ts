import type { RunningWorker } from "@calsync/jobs";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Container } from "../container.ts";
import { authPlugin } from "../plugins/auth.ts";
import { metricsPlugin } from "../plugins/metrics.ts";
import { problemPlugin } from "../plugins/problem.ts";

/** Answers `/healthz`, `/readyz` and `/metrics` for a worker process, and nothing else. */
export async function startWorkerHealth(options: {
  container: Container;
  worker: RunningWorker;
  host: string;
  port: number;
}): Promise<FastifyInstance> {
  const { container, worker, host, port } = options;
  const { log, auth, metrics, env, secureCookie, readiness } = container;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
  });
  await app.register(problemPlugin);
  await app.register(authPlugin, { auth, secureCookie });
  await app.register(metricsPlugin, { metrics, token: env.METRICS_TOKEN });
  app.get("/healthz", async () => ({ ok: true }));
  app.get("/readyz", async (_request, reply) => {
    const state = await readiness();
    const { connected, ...stats } = worker.stats();
    const ok = state.ok && connected;
    return reply
      .code(ok ? 200 : 503)
      .send({ ok, checks: { ...state.checks, queue: { ok: connected } }, worker: stats });
  });
  await app.listen({ host, port });
  return app;
}
