import { setTimeout as pause } from "node:timers/promises";
import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { Client, LogLevel } from "@notionhq/client";
import { AccessTokenSource } from "./AccessTokenSource.ts";
import type { NotionCredential } from "./credential-schema.ts";
import { type CallSubject, committedResource, isWorthRepeating, toCalendarError } from "./error-mapper.ts";
import type { NotionSettings } from "./settings.ts";

/** The version that we speak: the first one in which a database holds data sources. */
const VERSION = "2025-09-03";

/** One call to Notion. */
export interface NotionCall<T> {
  /** The method's name, for logs. */
  name: string;
  subject: CallSubject;
  /** Calls Notion's client with this token. It is called again when the call is repeated. */
  send: (client: Client, auth: string) => Promise<T>;
  /** False for a creation, which a repetition would double. */
  repeatable?: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Sends calls with a valid token and a time limit, and turns what fails into CalendarErrors.
 *
 * The repetitions of Notion's client are switched off: their waits would hold a calendar's lease. Here a call is repeated once,
 * after a short pause with jitter, when that may help and cannot double anything. Longer waits are the job's.
 */
export class NotionRequests {
  readonly settings: NotionSettings;
  readonly #client: Client;
  readonly #tokens: AccessTokenSource;
  readonly #log: ServiceDependencies["log"];
  /** What failed creations have said of what they made. Not on the error itself, which is logged. */
  readonly #committed = new WeakMap<CalendarError, string>();

  constructor(dependencies: Pick<ServiceDependencies, "credential" | "log">, settings: NotionSettings) {
    this.settings = settings;
    this.#tokens = new AccessTokenSource(dependencies, settings);
    this.#log = dependencies.log;
    this.#client = new Client({
      baseUrl: settings.apiUrl,
      timeoutMs: settings.timeoutMs,
      notionVersion: VERSION,
      retry: false,
      // Its own log would print contents of errors to the console.
      logLevel: LogLevel.ERROR,
      logger: () => undefined,
      fetch: (url, init) => fetch(url, init as RequestInit),
    });
  }

  /** Whose calls these are. */
  credential(): Promise<NotionCredential> {
    return this.#tokens.get();
  }

  /** The page that a creation has made although it failed with this error; null when it did not say so. */
  committedBy(error: CalendarError): string | null {
    return this.#committed.get(error) ?? null;
  }

  /** What the call gives. @throws CalendarError */
  async send<T>(call: NotionCall<T>): Promise<T> {
    try {
      return await this.#authorized(call);
    } catch (error) {
      if (!(error instanceof CalendarError) || !isWorthRepeating(error) || call.signal?.aborted) throw error;
      // What was refused has not been done; of anything else a creation cannot know.
      const refused = error.status === 409 || error.status === 429 || error.status === 529;
      if (call.repeatable === false && !refused) throw error;
      this.#log.debug(
        { call: call.name, code: error.code, reason: error.providerReason },
        "a call to Notion failed and is repeated once",
      );
      const pauseMs = error.advice.retry === "later" ? (error.advice.afterMs ?? 0) : 0;
      const jitterMs = this.settings.retryDelayMs * (0.5 + Math.random());
      await pause(pauseMs + jitterMs, undefined, call.signal ? { signal: call.signal } : {}).catch(
        () => undefined,
      );
      return await this.#authorized(call);
    }
  }

  async #authorized<T>(call: NotionCall<T>): Promise<T> {
    const { accessToken } = await this.#tokens.get();
    try {
      return await this.#once(call, accessToken);
    } catch (error) {
      if (!(error instanceof CalendarError) || error.status !== 401) throw error;
      return await this.#once(call, (await this.#tokens.renew(accessToken)).accessToken);
    }
  }

  async #once<T>({ send, subject, signal }: NotionCall<T>, token: string): Promise<T> {
    if (signal?.aborted) throw new CalendarError("NETWORK_ERROR", "the call was given up");
    try {
      return await send(this.#client, token);
    } catch (thrown) {
      const error = toCalendarError(thrown, subject);
      const committed = committedResource(thrown);
      if (committed !== null) this.#committed.set(error, committed);
      throw error;
    }
  }
}
