import { requestHeaders, responseHeaders, takesFiles, targetOf } from "../../../modules/api/forward.ts";
import { readSettings } from "../../../modules/api/settings.ts";

export const dynamic = "force-dynamic";

/** What the API takes at most; it would end the connection in the middle of a larger body. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Hands requests of the browser on to the API, whose address only this process knows, and its answers back as they come: a
 * stream of events flows unbuffered, and ends at the API when the browser leaves. (A rewrite would fix the address at build time.)
 */
async function forward(request: Request): Promise<Response> {
  const target = targetOf(request.url, readSettings().API_URL);
  if (target === null) return problem(404, "not_found", "There is no such address.");
  if (!takesFiles(target) && Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) {
    return problem(413, "payload_too_large", "The request is too large.");
  }
  const bodiless = request.method === "GET" || request.method === "HEAD";
  try {
    const answer = await fetch(target, {
      method: request.method,
      headers: requestHeaders(request.headers),
      ...(bodiless ? {} : { body: request.body, duplex: "half" }),
      redirect: "manual",
      cache: "no-store",
      signal: request.signal,
    });
    return new Response(answer.body, { status: answer.status, headers: responseHeaders(answer.headers) });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    console.error(JSON.stringify({ level: "error", msg: "the API cannot be reached", err: String(error) }));
    return problem(502, "unreachable", "The service cannot be reached.", "Try again in a moment.");
  }
}

function problem(status: number, code: string, detail: string, hint?: string): Response {
  const body = { type: `urn:calsync:problem:${code}`, title: detail, status, code, detail, hint };
  return Response.json(body, { status, headers: { "content-type": "application/problem+json" } });
}

export { forward as DELETE, forward as GET, forward as PATCH, forward as POST, forward as PUT };
