import { setTimeout as pause } from "node:timers/promises";
import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import {
  AuthenticationHandler,
  Client,
  type Context,
  GraphError,
  type Middleware,
} from "@microsoft/microsoft-graph-client";
import { z } from "zod";
import { readRetryAfter } from "../../common/retry-after.ts";
import { AccessTokenSource, type OpenMailbox } from "./AccessTokenSource.ts";
import {
  type CallSubject,
  codeOf,
  fromAnswer,
  isWorthRepeating,
  toCalendarError,
  toNetworkError,
} from "./error-mapper.ts";
import { inLane } from "./mailbox-lanes.ts";
import type { MicrosoftSettings } from "./settings.ts";

const VERSION = "v1.0";
/** Ids that stay when an event is moved between folders; asked for on every call, or Graph gives the other kind. */
const IMMUTABLE_IDS = 'IdType="ImmutableId"';
/** Requests in one batch (batching guide). */
const MAX_BATCH = 20;

/** One call to Graph. */
export interface GraphCall {
  /** What is done, for logs. */
  name: string;
  subject: CallSubject;
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the mailbox; or a whole address of Graph's own making (`@odata.nextLink`, `@odata.deltaLink`). */
  path: string;
  /** The path begins at the root of Graph, not at the mailbox. */
  fromRoot?: boolean;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** The version that a write is conditional on. */
  ifMatch?: string | null | undefined;
  /** Wanted number of items in an answer of the delta kind. */
  pageSize?: number;
  signal?: AbortSignal | undefined;
}

/** One read among several that travel together. */
export type GraphRead = Pick<GraphCall, "path" | "query">;

const batchSchema = z.object({
  responses: z.array(
    z.object({
      id: z.string(),
      status: z.number(),
      headers: z.record(z.string(), z.string()).nullish(),
      body: z.unknown(),
    }),
  ),
});

/**
 * Sends calls with a valid token and a time limit, and turns what fails into CalendarErrors.
 *
 * Microsoft's client builds the requests, guards where tokens go and reads the answers; its repetitions are left out of its chain,
 * because their waits would hold a calendar's lease. Here a call is repeated once, after the pause that Graph asks for, when that
 * may help: reads have no effect, and every write of ours is idempotent. Longer waits are the job's.
 */
export class GraphRequests {
  readonly #tokens: AccessTokenSource;
  readonly #credential: ServiceDependencies["credential"];
  readonly #settings: MicrosoftSettings;
  readonly #log: ServiceDependencies["log"];

  constructor(dependencies: ServiceDependencies, settings: MicrosoftSettings) {
    this.#tokens = new AccessTokenSource(dependencies, settings);
    this.#credential = dependencies.credential;
    this.#settings = settings;
    this.#log = dependencies.log;
  }

  /** Where the account's mailbox is in Graph, for resources that are named in a body. */
  async mailbox(): Promise<string> {
    return (await this.#tokens.get()).path;
  }

  /** Whether a link is one of Graph's own, so that a token may go there. */
  isOwn(link: string): boolean {
    return link.startsWith(`${this.#settings.apiUrl}/${VERSION}/`);
  }

  /** The body of the answer. @throws CalendarError */
  async send<T>(call: GraphCall): Promise<T> {
    try {
      return await this.#authorized<T>(call);
    } catch (error) {
      if (!(error instanceof CalendarError) || !isWorthRepeating(error) || call.signal?.aborted) throw error;
      this.#log.debug(
        { call: call.name, code: error.code, reason: error.providerReason },
        "a call to Microsoft Graph failed and is repeated once",
      );
      await this.#pause([error], call.signal);
      return await this.#authorized<T>(call);
    }
  }

  /** Several reads in as few calls as can be, in order; each is an answer or an error of its own. @throws CalendarError */
  async readMany<T>(
    reads: readonly GraphRead[],
    options: Pick<GraphCall, "name" | "subject" | "signal">,
  ): Promise<(T | CalendarError)[]> {
    const results: (T | CalendarError)[] = [];
    for (let at = 0; at < reads.length; at += MAX_BATCH) {
      const chunk = reads.slice(at, at + MAX_BATCH);
      const answers = await this.#readTogether<T>(chunk, options);
      const failed = answers.flatMap((one, index) =>
        one instanceof CalendarError && isWorthRepeating(one) ? [{ index, error: one }] : [],
      );
      if (failed.length > 0) {
        await this.#pause(
          failed.map(({ error }) => error),
          options.signal,
        );
        const again = failed.flatMap(({ index }) => chunk[index] ?? []);
        const second = await this.#readTogether<T>(again, options);
        for (const [position, { index, error }] of failed.entries())
          answers[index] = second[position] ?? error;
      }
      results.push(...answers);
    }
    return results;
  }

  async #readTogether<T>(
    reads: readonly GraphRead[],
    { name, subject, signal }: Pick<GraphCall, "name" | "subject" | "signal">,
  ): Promise<(T | CalendarError)[]> {
    const [only] = reads;
    if (reads.length === 1 && only) {
      return [await this.send<T>({ ...only, name, subject, method: "GET", signal }).catch(onlyCalendarError)];
    }
    const mailbox = await this.mailbox();
    const requests = reads.map(({ path, query = {} }, index) => ({
      id: String(index),
      method: "GET",
      url: `${mailbox}${path}${queryText(query)}`,
      headers: { Prefer: IMMUTABLE_IDS },
    }));
    const answer = await this.send<unknown>({
      name: `${name} (batch of ${reads.length})`,
      subject: "account",
      method: "POST",
      path: "/$batch",
      fromRoot: true,
      body: { requests },
      signal,
    });
    const parsed = batchSchema.safeParse(answer);
    if (!parsed.success) throw unreadable();
    // In whatever order Graph has finished them.
    const byId = new Map(parsed.data.responses.map((response) => [response.id, response]));
    return reads.map((_, index) => {
      const response = byId.get(String(index));
      if (!response) return unreadable();
      const { status, headers, body } = response;
      if (status >= 200 && status < 300) return body as T;
      const wait = Object.entries(headers ?? {}).find(
        ([header]) => header.toLowerCase() === "retry-after",
      )?.[1];
      return fromAnswer({ status, code: codeOf(body), retryAfterMs: readRetryAfter(wait) }, subject);
    });
  }

  async #authorized<T>(call: GraphCall): Promise<T> {
    const mailbox = await this.#tokens.get();
    try {
      return await this.#once<T>(call, mailbox);
    } catch (thrown) {
      if (!(thrown instanceof GraphError) || thrown.statusCode !== 401)
        throw toCalendarError(thrown, call.subject);
      const token = await this.#tokens.renew(mailbox.token, claimsOf(thrown.headers));
      try {
        return await this.#once<T>(call, { ...mailbox, token });
      } catch (again) {
        const wanted =
          again instanceof GraphError && again.statusCode === 401 ? claimsOf(again.headers) : null;
        if (wanted === null) throw toCalendarError(again, call.subject);
        // No renewal brings what is asked for (a second factor, a known device): its user has to sign in, and prove that.
        await this.#credential.markInvalid("claims_challenge", wanted);
        throw signInAgain();
      }
    }
  }

  async #once<T>(call: GraphCall, { token, path: mailbox, account }: OpenMailbox): Promise<T> {
    const { apiUrl, timeoutMs } = this.#settings;
    if (call.signal?.aborted) throw new CalendarError("NETWORK_ERROR", "the call was given up");
    const transport = new Transport([AbortSignal.timeout(timeoutMs), ...(call.signal ? [call.signal] : [])]);
    const client = Client.initWithMiddleware({
      baseUrl: apiUrl,
      defaultVersion: VERSION,
      customHosts: new Set([new URL(apiUrl).hostname]),
      middleware: [new AuthenticationHandler({ getAccessToken: async () => token }), transport],
    });
    const isLink = call.path.startsWith("https:");
    const address = isLink || call.fromRoot ? call.path : `${mailbox}${call.path}`;
    const prefer = [IMMUTABLE_IDS, ...(call.pageSize ? [`odata.maxpagesize=${call.pageSize}`] : [])];
    const request = client.api(`${address}${queryText(call.query ?? {})}`).headers({
      Prefer: prefer.join(", "),
      ...(call.ifMatch ? { "If-Match": call.ifMatch } : {}),
    });
    const answer: unknown = await inLane(account, async () => {
      try {
        if (call.method === "GET") return await request.get();
        if (call.method === "POST") return await request.post(call.body);
        if (call.method === "PATCH") return await request.patch(call.body);
        return await request.delete();
      } catch (thrown) {
        throw transport.failure ?? thrown;
      }
    });
    // A proxy's page in place of an answer arrives as text or as a stream.
    if (answer instanceof ReadableStream) {
      await answer.cancel().catch(() => undefined);
      throw unreadable();
    }
    if (typeof answer === "string" && answer !== "") throw unreadable();
    return answer as T;
  }

  async #pause(errors: readonly CalendarError[], signal: AbortSignal | undefined): Promise<void> {
    const asked = errors.map(({ advice }) => (advice.retry === "later" ? (advice.afterMs ?? 0) : 0));
    const jitterMs = this.#settings.retryDelayMs * (0.5 + Math.random());
    // Given up in the middle of the pause: the next step finds that out by itself.
    await pause(Math.max(...asked) + jitterMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** The end of the client's chain: Node's own `fetch`, with what it throws kept, which the client would reduce to a name. */
class Transport implements Middleware {
  /** Why no whole answer has arrived; null when one has. */
  failure: CalendarError | null = null;
  readonly #signal: AbortSignal;

  constructor(signals: AbortSignal[]) {
    this.#signal = AbortSignal.any(signals);
  }

  async execute(context: Context): Promise<void> {
    try {
      const response = await fetch(context.request, { ...context.options, signal: this.#signal });
      // Read to its end here, so that an answer that breaks off counts as none.
      const body = await response.arrayBuffer();
      const { status, statusText, headers } = response;
      context.response = new Response(hasBody(status) ? body : null, { status, statusText, headers });
    } catch (thrown) {
      this.failure = toNetworkError(thrown);
      throw thrown;
    }
  }
}

const hasBody = (status: number): boolean => status !== 204 && status !== 205 && status !== 304;

/** Microsoft's client joins a query as it is. */
function queryText(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** What a claims challenge wants a new token to prove (continuous access evaluation): JSON, in base64 in the header. */
function claimsOf(headers: Headers | undefined): string | null {
  const claims = /claims="([^"]+)"/i.exec(headers?.get("www-authenticate") ?? "")?.[1];
  if (claims === undefined) return null;
  const decoded = Buffer.from(claims, "base64").toString("utf8");
  return decoded.startsWith("{") ? decoded : claims;
}

function onlyCalendarError(error: unknown): CalendarError {
  if (error instanceof CalendarError) return error;
  throw error;
}

function signInAgain(): CalendarError {
  return new CalendarError(
    "CREDENTIAL_INVALID",
    "Microsoft wants this account's user to sign in again; connect it again",
    { status: 401, providerReason: "claims_challenge" },
  );
}

function unreadable(): CalendarError {
  return new CalendarError("CALENDAR_API_ERROR", "Microsoft Graph: the answer is not what is documented", {
    status: 502,
  });
}
