import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RawAnswer } from "./api/GraphDispatcher.ts";
import type { GraphSandbox } from "./GraphSandbox.ts";
import { registerSignIn } from "./oauth/authorize.ts";
import { registerTokens } from "./oauth/token.ts";

/** Where the identity platform is below the sandbox' address. */
export const LOGIN_PREFIX = "/microsoft";
/** Where the sandbox' own page reaches Graph without TLS; it takes tokens of that page only. */
const PAGE_PREFIX = "/sandbox/graph";

/** Serves the identity platform, and Graph for the sandbox' own page. */
export function registerIdentityPlatform(app: FastifyInstance, graph: GraphSandbox): void {
  registerSignIn(app, graph.context, LOGIN_PREFIX);
  registerTokens(app, graph.context, LOGIN_PREFIX);
  void app.register(async (api) => {
    takeBodiesAsText(api);
    api.route({
      method: ["GET", "POST", "PATCH", "DELETE"],
      url: `${PAGE_PREFIX}/v1.0/*`,
      handler: async (request, reply) => {
        const token = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
        if (!graph.context.store.identity.accessToken(token)?.page) {
          const message = `Graph is served over TLS at ${graph.url}/v1.0; this address is for the sandbox' page.`;
          return reply.code(403).send({ error: { code: "ErrorAccessDenied", message } });
        }
        return answerCall(graph, request.url.slice(PAGE_PREFIX.length), request, reply);
      },
    });
  });
}

/** Serves Graph itself; the app is to listen over TLS. */
export function registerGraph(app: FastifyInstance, graph: GraphSandbox): void {
  takeBodiesAsText(app);
  app.route({
    method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    url: "/*",
    handler: (request, reply) => answerCall(graph, request.url, request, reply),
  });
}

/** The API parses bodies itself: its answer to broken JSON is its own. */
function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
}

async function answerCall(
  graph: GraphSandbox,
  target: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const text = typeof request.body === "string" ? request.body : "";
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const answer: RawAnswer = await graph.answer({ verb: request.method, target, headers, text });
  answer.afterwards?.();
  if (answer.cut) {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  reply.code(answer.status).header("cache-control", "private");
  for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
  if (!answer.body) return reply.send();
  return reply
    .type(
      "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
    )
    .send(JSON.stringify(answer.body));
}
