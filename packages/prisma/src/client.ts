import { connectionConfig } from "./connection.ts";
import { type Prisma, PrismaClient } from "./generated/client.ts";
import { SerialPrismaPg } from "./serial-transactions.ts";

/** What a repository needs inside of a transaction: every model, raw SQL, no `$transaction`. */
export type PrismaTransaction = Prisma.TransactionClient;

/** One statement as it went to PostgreSQL. `BEGIN` and `COMMIT` count as statements. */
export interface QueryEvent {
  sql: string;
  durationMs: number;
}

/** How the database is reached. */
export interface PrismaClientOptions {
  /** `postgresql://user:password@host:port/database`. */
  url: string;
  /** Most connections at one time; default 10. */
  maxConnections?: number | undefined;
  /** Hears of connections that broke while idle. A pino logger fits. */
  log?: { warn(fields: object, message: string): void } | undefined;
  /** Makes `onQuery` work; costs a little time per statement, so it is off unless asked for. */
  queryEvents?: boolean | undefined;
  /** Shown in pg_stat_activity; default "calsync". */
  applicationName?: string | undefined;
}

const queryListeners = new WeakMap<object, Set<(query: QueryEvent) => void>>();

/**
 * A client on a pool of its own; call `$disconnect` when done. It connects with the first query.
 *
 * Interactive transactions wait up to 10 s for a connection and may take 30 s (Prisma's own 2 s and 5 s are short for a
 * page of 250 changes on a busy machine). The isolation level is PostgreSQL's default, READ COMMITTED: the guarantees
 * in the migrations are written for it.
 */
export function createPrismaClient(options: PrismaClientOptions): PrismaClient {
  const adapter = new SerialPrismaPg(
    {
      ...connectionConfig(options.url),
      max: options.maxConnections ?? 10,
      application_name: options.applicationName ?? "calsync",
    },
    {
      // A server that restarts ends its idle connections; the pool opens new ones, and nobody has to know.
      onPoolError: (error) => options.log?.warn({ err: error }, "an idle database connection broke"),
      onConnectionError: (error) => options.log?.warn({ err: error }, "a database connection broke"),
    },
  );
  const transactionOptions = { maxWait: 10_000, timeout: 30_000 };
  if (options.queryEvents !== true) return new PrismaClient({ adapter, transactionOptions });

  const client = new PrismaClient({
    adapter,
    transactionOptions,
    log: [{ emit: "event", level: "query" }],
  });
  const listeners = new Set<(query: QueryEvent) => void>();
  client.$on("query", (event) => {
    for (const listener of listeners) listener({ sql: event.query, durationMs: event.duration });
  });
  const plain = client as unknown as PrismaClient;
  queryListeners.set(plain, listeners);
  return plain;
}

/**
 * Calls `listener` for every statement that `client` sends from now on.
 * @returns a function that ends it.
 * @throws Error when the client was made without `queryEvents`.
 */
export function onQuery(client: PrismaClient, listener: (query: QueryEvent) => void): () => void {
  const listeners = queryListeners.get(client);
  if (listeners === undefined)
    throw new Error("Make the client with createPrismaClient({ queryEvents: true }).");
  listeners.add(listener);
  return () => listeners.delete(listener);
}
