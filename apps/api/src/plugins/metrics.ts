import { timingSafeEqual } from "node:crypto";
import { AppError, hashToken } from "@calsync/lib";
import plugin from "fastify-plugin";
import type { Metrics } from "../services/metrics.ts";
import { bearerOf } from "./auth.ts";

/** Measures every request, and serves `/metrics` in the Prometheus text format. */
export const metricsPlugin = plugin(
  async (app, { metrics, token }: { metrics: Metrics; token: string | undefined }) => {
    app.addHook("onResponse", async (request, reply) => {
      metrics.httpDuration.observe(
        // The route's pattern, not the address: ids must not become label values.
        {
          method: request.method,
          route: request.routeOptions.url ?? "none",
          status: String(reply.statusCode),
        },
        reply.elapsedTime / 1_000,
      );
    });
    app.get("/metrics", { schema: { hide: true }, logLevel: "warn" }, async (request, reply) => {
      if (token !== undefined) requireSecret(bearerOf(request), token);
      reply.type(metrics.registry.contentType);
      return metrics.registry.metrics();
    });
  },
  { name: "calsync-metrics", dependencies: ["calsync-auth"] },
);

/**
 * Compares in constant time, whatever the lengths.
 * @throws AppError `wrong_secret`
 */
export function requireSecret(given: string | null, expected: string): void {
  if (given !== null && timingSafeEqual(hashToken(given), hashToken(expected))) return;
  throw new AppError("unauthorized", "wrong_secret", "The bearer secret is missing or wrong.");
}
