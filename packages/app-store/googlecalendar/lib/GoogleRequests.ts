import { setTimeout as pause } from "node:timers/promises";
import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { AccessTokenSource } from "./AccessTokenSource.ts";
import { type CallSubject, isWorthRepeating, toCalendarError } from "./error-mapper.ts";
import type { GoogleSettings } from "./settings.ts";

/** What each call hands to Google's client. Its type is narrower than the client's own, which it fits. */
export interface CallOptions {
  headers: Record<string, string>;
  timeout: number;
  retry: false;
  fetchImplementation: typeof fetch;
  signal?: AbortSignal;
}

/** One call to Google. */
export interface GoogleCall<T> {
  /** The method's name, for logs. */
  name: string;
  subject: CallSubject;
  /** Calls Google's client with these options. It is called again when the call is repeated. */
  send: (options: CallOptions) => Promise<{ data: T }>;
  /** The version that a write is conditional on. */
  ifMatch?: string | null | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Sends calls with a valid token and a time limit, and turns what fails into CalendarErrors.
 *
 * The repetitions of Google's client are switched off: they leave out writes and 403 `rateLimitExceeded`, and their waits
 * would hold a calendar's lease. Here a call is repeated once, after a short pause with jitter, when that may help: reads
 * have no effect, and every write of ours is idempotent (client-chosen ids, preconditions). Longer waits are the job's.
 */
export class GoogleRequests {
  readonly #tokens: AccessTokenSource;
  readonly #settings: GoogleSettings;
  readonly #log: ServiceDependencies["log"];

  constructor(dependencies: ServiceDependencies, settings: GoogleSettings) {
    this.#tokens = new AccessTokenSource(dependencies, settings);
    this.#settings = settings;
    this.#log = dependencies.log;
  }

  /** The body of the answer. @throws CalendarError */
  async send<T>(call: GoogleCall<T>): Promise<T> {
    try {
      return await this.#authorized(call);
    } catch (error) {
      if (!(error instanceof CalendarError) || !isWorthRepeating(error) || call.signal?.aborted) throw error;
      this.#log.debug(
        { call: call.name, code: error.code, reason: error.providerReason },
        "a call to Google failed and is repeated once",
      );
      const pauseMs = error.advice.retry === "later" ? (error.advice.afterMs ?? 0) : 0;
      const jitterMs = this.#settings.retryDelayMs * (0.5 + Math.random());
      // Given up in the middle of the pause: the next step finds that out by itself.
      await pause(pauseMs + jitterMs, undefined, call.signal ? { signal: call.signal } : {}).catch(
        () => undefined,
      );
      return await this.#authorized(call);
    }
  }

  async #authorized<T>(call: GoogleCall<T>): Promise<T> {
    const token = await this.#tokens.get();
    try {
      return await this.#once(call, token);
    } catch (error) {
      if (!(error instanceof CalendarError) || error.status !== 401) throw error;
      return await this.#once(call, await this.#tokens.renew(token));
    }
  }

  async #once<T>({ send, subject, ifMatch, signal }: GoogleCall<T>, token: string): Promise<T> {
    if (signal?.aborted) throw new CalendarError("NETWORK_ERROR", "the call was given up");
    const { quotaUser } = this.#tokens;
    try {
      const { data } = await send({
        headers: {
          authorization: `Bearer ${token}`,
          ...(ifMatch ? { "if-match": ifMatch } : {}),
          ...(quotaUser === null ? {} : { "x-goog-quota-user": quotaUser }),
        },
        timeout: this.#settings.timeoutMs,
        retry: false,
        // Node's own, as for tokens, not the client's node-fetch: a quarter less CPU per call, and one way to set a proxy.
        fetchImplementation: fetch,
        ...(signal ? { signal } : {}),
      });
      // A proxy's page in place of an answer arrives as text; empty answers (204) do so too.
      if (typeof data === "string" && data !== "") {
        throw new CalendarError("CALENDAR_API_ERROR", "Google Calendar: the answer is not JSON", {
          status: 502,
        });
      }
      return data;
    } catch (error) {
      throw toCalendarError(error, subject);
    }
  }
}
