import type { FastifyRequest } from "fastify";
import plugin from "fastify-plugin";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A part of the address is a secret: logs show the route in its place. */
    secretInPath?: boolean;
  }
}

/**
 * One line per request, when it has been answered. Without the query: it may hold an OAuth code, its state or a guest's
 * token.
 */
export const requestLogPlugin = plugin(
  async (app) => {
    app.addHook("onResponse", async (request, reply) => {
      const { method, viewer, ip } = request;
      request.log.info(
        {
          method,
          path: pathOf(request),
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          ip,
          ...(viewer ? { userId: viewer.user.id, via: viewer.via } : {}),
        },
        "request",
      );
    });
  },
  { name: "calsync-request-log", dependencies: ["calsync-auth"] },
);

/** The address without its query, and without a secret. */
export function pathOf(request: FastifyRequest): string {
  const { config, url } = request.routeOptions;
  if (config.secretInPath) return url ?? "/";
  return request.url.split("?", 1)[0] ?? "/";
}
