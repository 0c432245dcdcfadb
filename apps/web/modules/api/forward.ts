/** Headers that belong to one connection (RFC 9110 §7.6.1) or that the next one makes for itself. */
const OF_ONE_CONNECTION = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Where a request to the web app's `/api/…` leads, or null when it leads nowhere: only the API's public routes below `/v1` are
 * reached from outside, not its metrics and not its crons.
 * @param requestUrl as the web server received it
 * @param apiUrl the API's address, without a slash at its end
 */
export function targetOf(requestUrl: string, apiUrl: string): string | null {
  const { pathname, search } = new URL(requestUrl);
  const path = pathname.replace(/^\/api(?=\/)/, "");
  return path.startsWith("/v1/") ? `${apiUrl}${path}${search}` : null;
}

/** Whether the API takes files there, which it reads as they arrive and limits by itself. */
export function takesFiles(target: string): boolean {
  return new URL(target).pathname === "/v1/imports";
}

/** Headers of a browser's request as the API gets them. */
export function requestHeaders(from: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of from) {
    // Compressed once, between web server and browser; a stream that is compressed on the way would come in lumps.
    if (OF_ONE_CONNECTION.has(name) || name === "accept-encoding") continue;
    headers.append(name, value);
  }
  const host = from.get("host");
  if (host && !headers.has("x-forwarded-host")) headers.set("x-forwarded-host", host);
  return headers;
}

/** Headers of the API's answer as the browser gets them: each cookie on a line of its own. */
export function responseHeaders(from: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of from) {
    // `fetch` has already undone a content encoding.
    if (OF_ONE_CONNECTION.has(name) || name === "content-encoding" || name === "set-cookie") continue;
    headers.append(name, value);
  }
  for (const cookie of from.getSetCookie()) headers.append("set-cookie", cookie);
  return headers;
}
