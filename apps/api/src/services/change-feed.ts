import { connectionConfig } from "@calsync/prisma";
import pg from "pg";
import { z } from "zod";

/** The channel on which the database's triggers tell of changes. */
const CHANNEL = "calsync_events";

/** What a trigger sends: never content, only what to read again. */
const notice = z.object({
  type: z.enum(["booking", "calendar-sync", "credential", "sync-run"]),
  userId: z.int(),
  uid: z.string().optional(),
  id: z.union([z.string(), z.int()]).optional(),
});

/**
 * Something of a user's has changed. Without `uid` and `id` it may be anything of that type: the feed was cut off for a
 * while and does not know.
 */
export interface Change {
  type: "booking" | "calendar" | "credential" | "sync-run";
  uid?: string;
  id?: string | number;
}

/** Whose changes a subscriber hears of. */
export type Audience = { userId: number } | { bookingUid: string };

/** One listening connection of this process, shared by all pages that watch. */
export interface ChangeFeed {
  /** @returns ends the subscription */
  subscribe(audience: Audience, listener: (change: Change) => void): () => void;
  /** Ends the connection; subscribers hear no more. */
  close(): Promise<void>;
}

export interface ChangeFeedOptions {
  /** Of the database itself, or of a pooler in session mode. */
  url: string;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** Longest pause between attempts to connect again, in milliseconds, by default 5,000. */
  maxRetryMs?: number;
}

const FIRST_RETRY_MS = 100;

interface Subscriber {
  audience: Audience;
  listener: (change: Change) => void;
}

/**
 * Listens to the database and passes on each change to those whom it concerns. Connects in the background, again and again
 * while it has to; after an interruption everybody is told that anything may have changed.
 */
export function createChangeFeed({ url, log, maxRetryMs = 5_000 }: ChangeFeedOptions): ChangeFeed {
  const subscribers = new Set<Subscriber>();
  const closing = new AbortController();
  let client: pg.Client | undefined;

  async function connect(): Promise<void> {
    let pauseMs = FIRST_RETRY_MS;
    let interrupted = false;
    while (!closing.signal.aborted) {
      try {
        const ended = await listen(() => {
          pauseMs = FIRST_RETRY_MS;
          if (interrupted) tellAnything();
          interrupted = true;
        });
        if (closing.signal.aborted) return;
        log.warn({ reason: ended }, "the change feed lost its connection; connecting again");
      } catch (error) {
        if (closing.signal.aborted) return;
        log.warn({ err: error }, "the change feed cannot connect; trying again");
      }
      interrupted = true;
      await pause(pauseMs, closing.signal);
      pauseMs = Math.min(pauseMs * 2, maxRetryMs);
    }
  }

  /** Listens on a new connection until it ends. @returns why it ended @throws when it could not be made */
  async function listen(onReady: () => void): Promise<string> {
    const connection = new pg.Client({ ...connectionConfig(url), application_name: "calsync-feed" });
    client = connection;
    const ended = new Promise<string>((resolve) => {
      connection.on("error", (error) => resolve(error.message));
      connection.on("end", () => resolve("connection closed"));
    });
    connection.on("notification", ({ payload }) => pass(payload));
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANNEL}`);
      onReady();
      return await ended;
    } finally {
      client = undefined;
      await connection.end().catch(() => {});
    }
  }

  function pass(payload: string | undefined): void {
    const parsed = notice.safeParse(parseJson(payload));
    if (!parsed.success) {
      log.warn({ payload }, "the database told of a change in words that the feed does not know");
      return;
    }
    const { userId, uid } = parsed.data;
    const change = toChange(parsed.data);
    for (const { audience, listener } of subscribers) {
      const concerned = "userId" in audience ? audience.userId === userId : audience.bookingUid === uid;
      if (concerned) listener(change);
    }
  }

  function tellAnything(): void {
    for (const { audience, listener } of subscribers) {
      listener({ type: "booking" });
      if ("bookingUid" in audience) continue;
      listener({ type: "calendar" });
      listener({ type: "credential" });
      listener({ type: "sync-run" });
    }
  }

  const running = connect();
  return {
    subscribe(audience, listener) {
      const subscriber = { audience, listener };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    async close() {
      closing.abort();
      subscribers.clear();
      await client?.end().catch(() => {});
      await running;
    },
  };
}

/** In the words of the API: a booking is known by its uid outside, and a CalendarSync is a calendar there. */
function toChange({ type, uid, id }: z.output<typeof notice>): Change {
  if (type === "booking") return { type, ...(uid === undefined ? {} : { uid }) };
  return { type: type === "calendar-sync" ? "calendar" : type, ...(id === undefined ? {} : { id }) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** Waits, or less when `signal` is aborted meanwhile. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
