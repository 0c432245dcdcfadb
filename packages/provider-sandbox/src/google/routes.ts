import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerBatch } from "./api/batch.ts";
import { GoogleApiError } from "./errors.ts";
import type { GoogleSandbox } from "./GoogleSandbox.ts";
import { registerAuthorize } from "./oauth/authorize.ts";
import { registerTokenEndpoints } from "./oauth/token.ts";

/** Serves the simulated Google: API, batch and OAuth. */
export function registerGoogle(app: FastifyInstance, google: GoogleSandbox): void {
  registerAuthorize(app, google.context);
  registerTokenEndpoints(app, google.context);
  // The API parses bodies itself: its answer to broken JSON is its own.
  void app.register(async (api) => {
    api.removeAllContentTypeParsers();
    api.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    api.route({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url: "/calendar/v3/*",
      handler: (request, reply) => answerCall(google, request, reply),
    });
    api.post("/batch/calendar/v3", (request, reply) => answerBatchCall(google, request, reply));
  });
}

async function answerCall(
  google: GoogleSandbox,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const text = typeof request.body === "string" ? request.body : "";
  const { method, url } = request;
  const answer = await google.dispatcher.answer({
    verb: method,
    target: url,
    headers: headersOf(request),
    text,
  });
  answer.afterwards?.();
  if (answer.cut) {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  reply.code(answer.status).header("cache-control", "no-cache, no-store, max-age=0, must-revalidate");
  if (answer.etag) reply.header("etag", answer.etag);
  return answer.body ? reply.send(answer.body) : reply.send();
}

async function answerBatchCall(
  google: GoogleSandbox,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const contentType = request.headers["content-type"] ?? "";
  const text = typeof request.body === "string" ? request.body : "";
  const { random } = google.context.store;
  try {
    const answer = await answerBatch(google.dispatcher, random, contentType, headersOf(request), text);
    return reply.type(answer.contentType).send(answer.text);
  } catch (error) {
    if (!(error instanceof GoogleApiError)) throw error;
    return reply.code(error.status).send(error.toBody());
  }
}

function headersOf(request: FastifyRequest): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
