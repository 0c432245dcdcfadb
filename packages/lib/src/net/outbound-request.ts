import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { OutboundConnections } from "./outbound-connections.ts";
import { type OutboundGuard, OutboundRefusedError } from "./outbound-guard.ts";

/** A request to an address that a user gave us. */
export interface OutboundRequest {
  url: string | URL;
  method?: "GET" | "POST" | "PUT" | "DELETE" | "PROPFIND" | "REPORT" | "OPTIONS";
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** For everything together, from the question for the address to the last byte. */
  timeoutMs: number;
  /** Longer answers are cut off there: `truncated` tells. */
  maxResponseBytes: number;
  /** How many redirects are followed, each checked like the first address; none when left out. Only for GET. */
  maxRedirects?: number;
  signal?: AbortSignal;
  /** Connections to use again, all of them made through the same guard; a new one for this request alone when left out. */
  connections?: OutboundConnections;
}

/** What an address that a user named has answered. */
export interface OutboundResponse {
  status: number;
  /** Names in lower case; of repeated ones, the first. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  truncated: boolean;
  /** Where the answer came from, after redirects. */
  url: string;
}

/** There was no answer. The message may be shown to the user whose address it is. */
export class OutboundFailedError extends Error {
  override readonly name = "OutboundFailedError";
  readonly code: "timeout" | "unreachable" | "tls" | "too-many-redirects" | "aborted";

  constructor(code: OutboundFailedError["code"], message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Makes a request that cannot reach what the guard forbids: the address is checked where the connection is made, and again
 * after each redirect. Every connection is new, unless `connections` are given. Credentials do not travel to another host.
 * @throws OutboundRefusedError when it may not be made; OutboundFailedError when there is no answer
 */
export async function outboundRequest(
  guard: OutboundGuard,
  request: OutboundRequest,
): Promise<OutboundResponse> {
  const { maxRedirects = 0, method = "GET", timeoutMs } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
  let url = guard.check(request.url);
  let headers = request.headers ?? {};
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await send(guard, url, { ...request, headers }, signal);
      const location = response.headers["location"];
      const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
      if (!redirected || maxRedirects === 0 || method !== "GET") return response;
      if (redirects === maxRedirects) {
        throw new OutboundFailedError("too-many-redirects", `${url.hostname} redirects too often.`);
      }
      const next = guard.check(new URL(location, url));
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      url = next;
    }
  } catch (error) {
    throw explain(error, url, { timedOut: timeout.aborted, aborted: signal.aborted });
  }
}

const READING: readonly string[] = ["GET", "PROPFIND", "REPORT", "OPTIONS"];

function send(
  guard: OutboundGuard,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  const { method = "GET", headers, body, maxResponseBytes, connections } = request;
  const open = url.protocol === "https:" ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const outgoing = open(
      url,
      {
        method,
        signal,
        agent: (url.protocol === "https:" ? connections?.secure : connections?.plain) ?? false,
        lookup: guard.lookupFor(url),
        headers: {
          ...headers,
          "accept-encoding": "identity",
          ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
        },
      },
      (incoming) => {
        const chunks: Uint8Array[] = [];
        let size = 0;
        const finish = (truncated: boolean) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: firstOfEach(incoming.headers),
            body: Buffer.concat(chunks),
            truncated,
            url: url.href,
          });
        incoming.on("data", (chunk: Uint8Array) => {
          const room = maxResponseBytes - size;
          chunks.push(chunk.subarray(0, room));
          size += chunk.byteLength;
          if (chunk.byteLength <= room) return;
          finish(true);
          incoming.destroy();
        });
        incoming.on("end", () => finish(false));
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // The server has closed a kept connection just as it was used again. What only reads is asked anew; a write may have taken effect.
      const closed = outgoing.reusedSocket && error.code === "ECONNRESET" && !signal.aborted;
      if (!closed || !READING.includes(method)) return reject(error);
      const { connections: _closed, ...afresh } = request;
      send(guard, url, afresh, signal).then(resolve, reject);
    });
    outgoing.end(body);
  });
}

function firstOfEach(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) flat[name] = first;
  }
  return flat;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { authorization: _authorization, cookie: _cookie, ...others } = headers;
  return others;
}

function explain(error: unknown, url: URL, ended: { timedOut: boolean; aborted: boolean }): Error {
  if (error instanceof OutboundRefusedError || error instanceof OutboundFailedError) return error;
  const cause = error instanceof Error ? error : undefined;
  const refused = cause?.cause instanceof OutboundRefusedError ? cause.cause : null;
  if (refused) return refused;
  const host = url.hostname;
  if (ended.timedOut) {
    return new OutboundFailedError("timeout", `${host} did not answer in time.`, { cause: error });
  }
  if (ended.aborted)
    return new OutboundFailedError("aborted", "The request was broken off.", { cause: error });
  const code = cause && "code" in cause ? String(cause.code) : "";
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) {
    return new OutboundFailedError("tls", `The certificate of ${host} was not accepted (${code}).`, {
      cause: error,
    });
  }
  return new OutboundFailedError("unreachable", `${host} could not be reached${code && ` (${code})`}.`, {
    cause: error,
  });
}
