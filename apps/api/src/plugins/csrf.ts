import { AppError } from "@calsync/lib";
import type { FastifyRequest } from "fastify";
import plugin from "fastify-plugin";
import { bearerOf, sessionTokenOf } from "./auth.ts";

/** The header that only code of our own pages can send: another origin would need a CORS preflight, which is never granted. */
export const CSRF_HEADER = "x-calsync-csrf";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Keeps other sites from using a visitor's session: a request that changes something is refused when a browser says that
 * another site made it, and, with a session cookie, when our own header is missing. A request with a bearer key carries
 * no cookie's authority and passes.
 */
export const csrfPlugin = plugin(
  async (app, { ownOrigins }: { ownOrigins: readonly string[] }) => {
    app.addHook("onRequest", async (request) => {
      if (SAFE_METHODS.has(request.method) || bearerOf(request) !== null) return;
      if (request.headers["sec-fetch-site"] === "cross-site" || comesFromElsewhere(request, ownOrigins)) {
        throw new AppError("forbidden", "cross_site_request", "This request was made by another site.");
      }
      if (sessionTokenOf(request) !== null && request.headers[CSRF_HEADER] !== "1") {
        throw new AppError("forbidden", "csrf_header_missing", `The header ${CSRF_HEADER} is missing.`, {
          hint: `Send "${CSRF_HEADER}: 1" with every request that changes something.`,
        });
      }
    });
  },
  { name: "calsync-csrf", dependencies: ["calsync-auth"] },
);

/** The page's own host counts as ours however the server is called, so that 127.0.0.1 works where localhost is configured. */
function comesFromElsewhere(request: FastifyRequest, ownOrigins: readonly string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined || ownOrigins.includes(origin)) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.host;
}
