import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Container } from "../container.ts";

/** Some providers' messages have no body; others list what has changed in it, of several calendars at once. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Providers' notifications: hand the request to the engine as it came, answer what it says. The body stays bytes, because
 * signatures are over bytes, and nothing of the request is logged, because its headers are secrets.
 */
export function notificationRoutes({ sync, metrics }: Container): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );

    app.route<{ Params: { provider: string } }>({
      // Handshakes of some providers arrive as GET.
      method: ["GET", "POST"],
      url: "/v1/notifications/:provider",
      exposeHeadRoute: false,
      schema: { hide: true },
      bodyLimit: MAX_BODY_BYTES,
      logLevel: "warn",
      handler: async (request, reply) => {
        const { provider } = request.params;
        const answer = await sync.handleNotification(provider, {
          method: request.method,
          headers: singleValues(request.headers),
          query: singleValues(request.query as Record<string, string | string[] | undefined>),
          body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(),
        });
        metrics.notifications.inc({ provider: labelOf(provider, answer), outcome: answer.type });
        reply.code(answer.status);
        if (answer.type === "handshake") return reply.type(answer.contentType).send(answer.body);
        return reply.send();
      },
    });
  };
}

/** Strangers may call any name; only names that are providers become label values. */
function labelOf(provider: string, answer: { type: string; status: number }): string {
  return answer.type === "refused" && answer.status === 404 ? "unknown" : provider;
}

function singleValues(values: FastifyRequest["headers"]): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}
