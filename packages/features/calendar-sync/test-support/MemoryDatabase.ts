import { AsyncLocalStorage } from "node:async_hooks";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import { addJobs } from "./add-jobs.ts";
import { emptyTables, type MemoryTables } from "./memory-tables.ts";

/** A method of a repository without its promise: what its twin has to be. */
type WithoutPromise<M> = M extends (...input: infer I) => Promise<infer T> ? (...input: I) => T : never;
/** A repository whose methods answer at once. */
export type Twin<R> = { [K in keyof R]: WithoutPromise<R[K]> };

/** What happens to the worker that comes to the chosen moment. */
export type Blow = "die" | "stall";

/** The worker has come to the moment that was chosen for it. */
interface Struck {
  blow: Blow;
  /** Lets a stalled worker go on, and a dead one be cleared away. */
  resume: () => void;
}

/** A worker, in all that it does side by side. */
interface Worker {
  dead: boolean;
  /** Until it goes on, while it stands still. */
  standsStill: Promise<void> | null;
}

/** How the database in memory differs from the usual one. */
export interface MemoryDatabaseOptions {
  /** Bookings live somewhere else: what was done to them stays done when a transaction of ours is rolled back. */
  bookingsElsewhere?: boolean;
}

/**
 * A database in memory for the model test: tables, transactions one after the other that roll back, and moments at which a
 * worker dies or stalls. A moment is the start of each statement, of each commit and of each call of a provider, and the
 * return from the latter two.
 */
export class MemoryDatabase {
  readonly now: () => Date;
  readonly prisma: PrismaClient;
  tables: MemoryTables = emptyTables();
  /** Statements so far, for limits. */
  statements = 0;
  #lastId = 0;
  #transaction: { handle: object; before: MemoryTables } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #countdown: { left: number; blow: Blow } | null = null;
  #onStruck: ((struck: Struck) => void) | null = null;
  #closed = false;
  /** Whose work is going on. A worker may do several things at once, and is struck with all of them. */
  readonly #workers = new AsyncLocalStorage<Worker>();
  readonly #options: MemoryDatabaseOptions;

  constructor(now: () => Date, options: MemoryDatabaseOptions = {}) {
    this.now = now;
    this.#options = options;
    this.prisma = this.#handle({
      $transaction: (work: (tx: PrismaTransaction) => Promise<unknown>) => this.#inTransaction(work),
    }) as PrismaClient;
  }

  /** A number that was never given out before. */
  nextNumber(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** A UUID that is the same in each run of one history. */
  nextUuid(): string {
    return `00000000-0000-4000-8000-${this.nextNumber().toString(16).padStart(12, "0")}`;
  }

  /** The time of `clock_timestamp()`, later than `earlier`: the wishes of one row never share a moment. */
  laterThan(earlier: Date | null): Date {
    return new Date(Math.max(this.now().getTime(), earlier === null ? 0 : earlier.getTime() + 1));
  }

  /** The repository that a twin stands behind: each call is one statement. */
  repository<R>(name: string, twin: Twin<R>): R {
    return new Proxy(twin as object, {
      get: (target, method: string) => {
        const answer = (target as Record<string, (...input: unknown[]) => unknown>)[method];
        if (typeof answer !== "function") return answer;
        return async (...input: unknown[]) => {
          await this.#statement(input[0], `${name}.${method}`);
          return answer.apply(target, input);
        };
      },
    }) as R;
  }

  /**
   * Runs work as a worker does. When a blow was prepared with `strikeAfter`, it may not come to its end.
   * @returns null when it has; else how to let the worker go on (or, once the history is over, end)
   */
  async asWorker(work: () => Promise<void>): Promise<(Struck & { ended: Promise<void> }) | null> {
    let struck: Struck | null = null;
    const blow = new Promise<void>((resolve) => {
      this.#onStruck = (one) => {
        struck = one;
        resolve();
      };
    });
    // Whatever a dead worker still throws is heard by nobody.
    const ended = this.#workers.run({ dead: false, standsStill: null }, work).catch((error: unknown) => {
      if (struck === null) throw error;
    });
    await Promise.race([ended, blow]);
    this.#onStruck = null;
    this.#countdown = null;
    return struck === null ? null : { ...(struck as Struck), ended };
  }

  /** The worker that runs next is struck when it comes to its `moments`-th moment, if it comes that far. */
  strikeAfter(moments: number, blow: Blow): void {
    this.#countdown = { left: moments, blow };
  }

  /** Nothing is stored from now on: what dead workers leave behind comes to its end. */
  close(): void {
    this.#closed = true;
  }

  /** One moment in a worker's life. */
  async moment(): Promise<void> {
    if (this.#closed) throw new Error("The history is over.");
    const worker = this.#workers.getStore();
    await worker?.standsStill;
    this.#expectAlive(worker);
    const plan = this.#countdown;
    if (plan === null || this.#onStruck === null) return;
    plan.left -= 1;
    // Whoever waits in the middle of a transaction would make all others wait: it stalls after it.
    if (plan.left > 0 || (plan.blow === "stall" && this.#transaction !== null)) return;
    this.#countdown = null;
    if (plan.blow === "die") this.#rollBack();
    if (worker && plan.blow === "die") worker.dead = true;
    const blow = new Promise<void>((resolve) => this.#onStruck?.({ blow: plan.blow, resume: resolve }));
    if (worker && plan.blow === "stall") worker.standsStill = blow;
    await blow;
    if (this.#closed || plan.blow === "die") throw new Error("The process has died.");
    if (worker) worker.standsStill = null;
  }

  #expectAlive(worker: Worker | undefined): void {
    if (this.#closed || worker?.dead) throw new Error("The process has died.");
  }

  async #statement(sql: unknown, what: string): Promise<void> {
    this.statements += 1;
    await this.moment();
    this.#expectAlive(this.#workers.getStore());
    const inside = this.#transaction !== null && sql === this.#transaction.handle;
    if (this.#transaction !== null && !inside) {
      throw new Error(`${what} is called with another client than the transaction that is open: pass tx on.`);
    }
  }

  async #inTransaction(work: (tx: PrismaTransaction) => Promise<unknown>): Promise<unknown> {
    await this.moment();
    const before = this.#turn;
    let end = () => {};
    this.#turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    await before;
    const handle = this.#handle({});
    const tables = Object.entries(this.tables).map(([name, table]) => [name, new Map(table)]);
    this.#transaction = { handle, before: Object.fromEntries(tables) as MemoryTables };
    this.#release = end;
    try {
      const result = await work(handle as PrismaTransaction);
      await this.moment();
      this.#transaction = null;
      return result;
    } catch (error) {
      if (this.#transaction?.handle === handle) this.#rollBack();
      throw error;
    } finally {
      end();
      if (!this.#closed) await this.moment();
    }
  }

  #release: () => void = () => {};

  #rollBack(): void {
    if (this.#transaction === null) return;
    const { bookings, notices, appliedActions } = this.tables;
    this.tables = this.#transaction.before;
    if (this.#options.bookingsElsewhere) Object.assign(this.tables, { bookings, notices, appliedActions });
    this.#transaction = null;
    this.#release();
  }

  #handle(methods: Record<string, unknown>): object {
    const handle: Record<string, unknown> = {
      ...methods,
      // What `enqueueMany` asks of a connection.
      $queryRawUnsafe: async (sql: string, ...values: unknown[]) => {
        await this.#statement(handle, "enqueueMany");
        return addJobs(this.tables, () => this.nextNumber(), sql, values);
      },
      $queryRaw: noSql,
      $executeRaw: noSql,
    };
    return handle;
  }
}

function noSql(): never {
  throw new Error(
    "SQL has reached the database in memory: the repository that speaks it needs a twin in test-support/ (CONTRIBUTING.md).",
  );
}
