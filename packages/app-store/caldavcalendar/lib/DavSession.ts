import {
  CalendarError,
  createOutboundGuard,
  OutboundConnections,
  type OutboundGuard,
  type OutboundRequest,
  type OutboundResponse,
  outboundRequest,
} from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { type DAVDepth, type DAVResponse, davRequest } from "tsdav";
import { type CaldavCredential, parseCredential } from "./credential-schema.ts";
import { type RequestSubject, toCalendarError, toNetworkError } from "./error-mapper.ts";
import type { CaldavSettings } from "./settings.ts";

/** A plain request about one resource. */
export interface DavCall {
  method: "GET" | "PUT" | "DELETE" | "OPTIONS" | "REPORT";
  url: string;
  subject: RequestSubject;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal | undefined;
}

/** A PROPFIND or REPORT that is answered by a multistatus. */
export interface DavQuery {
  method: "PROPFIND" | "REPORT";
  url: string;
  subject: RequestSubject;
  depth: DAVDepth;
  /** The body in tsdav's form: names with their prefix, namespaces as attributes. */
  body: Record<string, unknown>;
  signal?: AbortSignal | undefined;
}

/** The answer to a query: a multistatus taken apart. */
export interface DavAnswer {
  /** The HTTP status. Errors that a caller asked to see come back with theirs. */
  status: number;
  responses: DAVResponse[];
  /** The `DAV:sync-token` of a multistatus, exactly as the server wrote it. */
  syncToken: string | null;
  /** Where the answer came from, after redirects. */
  url: string;
  text: string;
  headers: Readonly<Record<string, string>>;
}

/** Requests at once to one account's server, of one job. */
const MAX_CONNECTIONS = 4;
/** How long a password that was read is taken for the one that is stored, in milliseconds. */
const CREDENTIAL_MS = 10_000;
const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** The namespaces that our queries use. */
export const NAMESPACES = {
  "xmlns:d": "DAV:",
  "xmlns:c": "urn:ietf:params:xml:ns:caldav",
  "xmlns:cs": "http://calendarserver.org/ns/",
  "xmlns:ca": "http://apple.com/ns/ical/",
};

/**
 * One account at one server: sends requests with its password, only to the server's own domain and never to a private
 * address, and turns everything that goes wrong into CalendarErrors.
 */
export class DavSession {
  readonly #dependencies: ServiceDependencies;
  readonly #settings: CaldavSettings;
  readonly #guard: OutboundGuard;
  readonly #connections = new OutboundConnections(MAX_CONNECTIONS);
  #held: { credential: Promise<CaldavCredential>; until: number } | null = null;

  constructor(dependencies: ServiceDependencies, settings: CaldavSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#guard = createOutboundGuard({ allow: settings.allowedHosts });
  }

  /** The account's secret, read anew every few seconds. @throws CalendarError CREDENTIAL_INVALID when it is none of ours */
  async credential(): Promise<CaldavCredential> {
    const now = this.#dependencies.now().getTime();
    if (this.#held && now < this.#held.until) return this.#held.credential;
    const credential = this.#dependencies.credential.read().then(parseCredential);
    const held = { credential, until: now + CREDENTIAL_MS };
    this.#held = held;
    credential.catch(() => {
      if (this.#held === held) this.#held = null;
    });
    return credential;
  }

  /**
   * @param accept statuses beside 2xx that the caller deals with itself
   * @throws CalendarError
   */
  async call(call: DavCall, accept: readonly number[] = []): Promise<OutboundResponse> {
    const response = await this.#send(call.url, call.method, call.headers ?? {}, call.body, call.signal);
    const ok = response.status >= 200 && response.status < 300;
    if (ok || accept.includes(response.status)) return response;
    throw await this.#failed(response, call.subject);
  }

  /** @throws CalendarError */
  async query(query: DavQuery, accept: readonly number[] = []): Promise<DavAnswer> {
    let answered: OutboundResponse | null = null;
    // tsdav writes the request and takes the answer apart; the way there and back is ours.
    const fetch = async (_input: unknown, init?: { headers?: unknown; body?: unknown }) => {
      const headers = Object.fromEntries(new Headers(init?.headers as Record<string, string>));
      answered = await this.#send(query.url, query.method, headers, String(init?.body ?? ""), query.signal);
      const type = answered.headers["content-type"] ?? "";
      return new Response(Buffer.from(answered.body), {
        status: answered.status,
        headers: { "content-type": type },
      });
    };
    const responses = await davRequest({
      url: query.url,
      init: { method: query.method, headers: { depth: query.depth }, body: query.body },
      fetch: fetch as unknown as typeof globalThis.fetch,
    }).catch((error: unknown) => {
      throw toNetworkError(error);
    });
    const response = answered as OutboundResponse | null;
    if (!response) throw new CalendarError("NETWORK_ERROR", "CalDAV: no request was sent");
    if (response.truncated) throw new CalendarError("CALENDAR_API_ERROR", "CalDAV: the answer is too large");
    const ok = response.status >= 200 && response.status < 300;
    if (!ok && !accept.includes(response.status)) throw await this.#failed(response, query.subject);
    const text = Buffer.from(response.body).toString("utf8");
    if (ok && !/<(?:[\w-]+:)?multistatus[\s>]/.test(text)) {
      throw new CalendarError(
        "CALENDAR_API_ERROR",
        "CalDAV: the server answered something that is no multistatus",
        {
          status: response.status,
        },
      );
    }
    return {
      status: response.status,
      responses: ok ? responses.filter(({ href }) => href !== undefined) : [],
      syncToken: syncTokenOf(text),
      url: response.url,
      text,
      headers: response.headers,
    };
  }

  async #send(
    url: string,
    method: NonNullable<OutboundRequest["method"]>,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<OutboundResponse> {
    const credential = await this.credential();
    const response = await this.#sendAs(credential, url, method, headers, body, signal);
    if (response.status !== 401) return response;
    // The password may have been changed since it was read.
    this.#held = null;
    const current = await this.credential();
    return current.password === credential.password && current.username === credential.username
      ? response
      : this.#sendAs(current, url, method, headers, body, signal);
  }

  async #sendAs(
    credential: CaldavCredential,
    url: string,
    method: NonNullable<OutboundRequest["method"]>,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<OutboundResponse> {
    const authorization = `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
    let target = new URL(url);
    try {
      signal?.throwIfAborted();
      for (let redirects = 0; ; redirects++) {
        if (!sameDomain(target, new URL(credential.serverUrl))) {
          throw new CalendarError(
            "CALENDAR_NOT_FOUND",
            "CalDAV: the calendar is not on this account's server",
          );
        }
        const response = await outboundRequest(this.#guard, {
          url: target,
          method,
          // Sent without waiting for a challenge: some servers offer only a scheme of their own in theirs.
          headers: { "user-agent": "calsync", ...headers, authorization },
          ...(body ? { body } : {}),
          timeoutMs: this.#settings.requestTimeoutMs,
          maxResponseBytes: this.#settings.maxResponseBytes,
          connections: this.#connections,
          ...(signal ? { signal } : {}),
        });
        const location = response.headers["location"];
        if (!REDIRECTS.includes(response.status) || !location || redirects === MAX_REDIRECTS) return response;
        target = new URL(location, target);
      }
    } catch (error) {
      throw toNetworkError(error);
    }
  }

  async #failed(response: OutboundResponse, subject: RequestSubject): Promise<CalendarError> {
    const text = Buffer.from(response.body).toString("utf8").slice(0, 10_000);
    const error = toCalendarError({ status: response.status, headers: response.headers, text }, subject);
    if (error.code === "CREDENTIAL_INVALID") await this.#dependencies.credential.markInvalid(error.message);
    return error;
  }
}

/**
 * Whether a host belongs to the account's server: the same, or within the same domain (`p42-caldav.icloud.com` and
 * `caldav.icloud.com`). Passwords never travel further.
 */
function sameDomain(a: URL, b: URL): boolean {
  if (a.host === b.host) return true;
  if (a.protocol !== "https:" || b.protocol !== "https:") return false;
  const parent = (host: string) => host.split(".").slice(1).join(".");
  const domain = parent(b.hostname);
  return domain.includes(".") && (a.hostname === domain || parent(a.hostname) === domain);
}

/** tsdav turns what looks like a number into one; a token must come back to the server byte for byte. */
function syncTokenOf(text: string): string | null {
  const outside = text.replace(/<(?:[\w-]+:)?response[\s>][\s\S]*?<\/(?:[\w-]+:)?response>/g, "");
  const found = /<(?:[\w-]+:)?sync-token[^>]*>([^<]*)</.exec(outside)?.[1]?.trim();
  return found ? unescapeXml(found) : null;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
