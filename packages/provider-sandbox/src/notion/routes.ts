import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { NotionApiError } from "./errors.ts";
import type { NotionSandbox } from "./NotionSandbox.ts";
import { registerNotionAuthorize } from "./oauth/authorize.ts";
import { answerOAuth } from "./oauth/token.ts";

/** Serves the simulated Notion under `/v1`: API and OAuth. */
export function registerNotion(app: FastifyInstance, notion: NotionSandbox): void {
  registerNotionAuthorize(app, notion.context);
  // The API parses bodies itself: its answer to broken JSON is its own.
  void app.register(async (api) => {
    api.removeAllContentTypeParsers();
    api.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    api.post<{ Params: { endpoint: string } }>("/v1/oauth/:endpoint", (request, reply) =>
      answerTokenCall(notion, request.params.endpoint, request, reply),
    );
    api.route({
      method: ["GET", "POST", "PATCH", "DELETE"],
      url: "/v1/*",
      handler: (request, reply) => answerCall(notion, request, reply),
    });
  });
}

async function answerCall(
  notion: NotionSandbox,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const answer = await notion.dispatcher.answer({
    verb: request.method,
    target: request.url.slice("/v1/".length),
    headers: headersOf(request),
    text: typeof request.body === "string" ? request.body : "",
  });
  if (answer.cut) {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  return reply.code(answer.status).headers(answer.headers).type(answer.contentType).send(answer.body);
}

function answerTokenCall(
  notion: NotionSandbox,
  endpoint: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { faults, calls } = notion.context;
  const method = `oauth.${endpoint}`;
  calls.set(method, (calls.get(method) ?? 0) + 1);
  try {
    const failing = faults.strikes("serverError", { method });
    if (failing)
      throw new NotionApiError(failing.status ?? 500, "internal_server_error", "Unexpected error occurred.");
    const limited = faults.strikes("rateLimit", { method });
    if (limited)
      throw new NotionApiError(429, "rate_limited", "You have been rate limited.", {
        headers: { "retry-after": "1" },
      });
    const body = readJson(typeof request.body === "string" ? request.body : "");
    const answer = answerOAuth(notion.context, endpoint, request.headers.authorization, body);
    if (faults.strikes("loseAnswer", { method })) {
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    return reply.send(answer);
  } catch (error) {
    if (!(error instanceof NotionApiError)) throw error;
    const body =
      faults.behaviours.oauthErrors === "error"
        ? { error: error.code, error_description: error.message }
        : error.toBody();
    return reply.code(error.status).headers(error.headers).send(body);
  }
}

function readJson(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // Forms are not JSON either: Notion wants JSON.
  }
  throw new NotionApiError(400, "invalid_json", "Error parsing JSON body.");
}

function headersOf(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
}
