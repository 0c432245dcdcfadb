import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { connectionConfig } from "./connection.ts";

/** The channel on which the migrations' triggers tell of changes. */
const CHANNEL = "calsync_events";

/** Something that a page may show has changed; the migrations' triggers send these: never content, only what to read again. */
export type DatabaseEvent =
  | { type: "booking"; userId: number; id: number; uid: string }
  | { type: "calendar-sync"; userId: number; id: string }
  /** An import, a feed, or a mail that was set aside. */
  | { type: "calendar-file"; userId: number }
  | { type: "credential"; userId: number; id: number }
  | { type: "sync-run"; userId: number; id: string };

/** Who hears of changes. */
export interface ListenOptions {
  /** Of the database itself, or of a pooler in session mode. */
  url: string;
  /** Called for every committed change, in order. Must not throw. */
  onEvent(event: DatabaseEvent): void;
  /** Events may have been lost before this moment, since there was no connection: whoever follows along reads everything anew. */
  onGap(): void;
  log?: { warn(fields: object, message: string): void } | undefined;
  /** First pause before connecting again, doubled up to the longest; 100 when left out. */
  reconnectMs?: number | undefined;
  /** Longest pause between attempts to connect again; 5,000 when left out. */
  maxReconnectMs?: number | undefined;
}

/** A connection that hears of changes. */
export interface DatabaseListener {
  /** Settles when it listens for the first time, or was stopped before that. */
  ready: Promise<void>;
  /** Ends the connection; nothing is heard any more. */
  stop(): Promise<void>;
}

/**
 * Follows the changes of the whole database over one connection. Connects in the background, again and again while it has to:
 * a database that is away for a while is no reason for a server to fail.
 */
export function listenForEvents(options: ListenOptions): DatabaseListener {
  const { log, reconnectMs = 100, maxReconnectMs = 5_000 } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const first = Promise.withResolvers<void>();
  let client: Client | undefined;

  async function run(): Promise<void> {
    let pauseMs = reconnectMs;
    let missing = false;
    while (!signal.aborted) {
      try {
        const ended = await listen(() => {
          pauseMs = reconnectMs;
          if (missing) options.onGap();
          first.resolve();
        });
        if (!signal.aborted) {
          log?.warn({ reason: ended }, "the connection that hears of changes ended; connecting again");
        }
      } catch (error) {
        if (!signal.aborted) {
          log?.warn({ err: error }, "the connection that hears of changes cannot be made; trying again");
        }
      }
      missing = true;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, maxReconnectMs);
    }
    first.resolve();
  }

  /** Listens on a new connection until it ends. @returns why it ended @throws when it could not be made */
  async function listen(onListening: () => void): Promise<string> {
    const connection = new Client({ ...connectionConfig(options.url), application_name: "calsync events" });
    client = connection;
    const ended = new Promise<string>((resolve) => {
      connection.on("error", (error) => resolve(error.message));
      connection.on("end", () => resolve("connection closed"));
    });
    connection.on("notification", ({ payload }) => {
      if (signal.aborted) return;
      const event = eventOf(payload);
      if (event) options.onEvent(event);
      else log?.warn({ payload }, "the database told of a change in words that are not understood");
    });
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANNEL}`);
      onListening();
      return await ended;
    } finally {
      client = undefined;
      await connection.end().catch(() => undefined);
    }
  }

  const running = run();
  return {
    ready: first.promise,
    async stop() {
      stopping.abort();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}

/** What the triggers send is JSON with a type; anybody who may connect can send something else on the channel. */
function eventOf(payload: string | undefined): DatabaseEvent | null {
  try {
    const event: unknown = JSON.parse(payload ?? "");
    return typeof event === "object" && event !== null && "type" in event ? (event as DatabaseEvent) : null;
  } catch {
    return null;
  }
}
