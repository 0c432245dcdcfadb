import type { FastifyRequest } from "fastify";
import plugin from "fastify-plugin";

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

/** The address without its query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
