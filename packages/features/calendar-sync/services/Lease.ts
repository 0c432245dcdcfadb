import { randomUUID } from "node:crypto";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { CalendarSyncRow } from "../repositories/rows.ts";

/** Somebody else has taken the calendar over: nothing that was in progress may be committed. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
  constructor() {
    super("The lease on this calendar was lost; another worker goes on from the last committed page.");
  }
}

/**
 * The right to work on one calendar (invariant 2). A heartbeat prolongs it while the process lives; every commit is
 * fenced by it, so that a worker that was paused for long and lost its lease cannot write.
 */
export class Lease implements AsyncDisposable {
  readonly row: CalendarSyncRow;
  readonly owner: string;
  readonly #abort = new AbortController();
  readonly #release: () => Promise<void>;
  readonly #repository: CalendarSyncRepository;
  #givenBack = false;
  #timer: NodeJS.Timeout | null = null;

  private constructor(
    row: CalendarSyncRow,
    owner: string,
    repository: CalendarSyncRepository,
    release: () => Promise<void>,
  ) {
    this.row = row;
    this.owner = owner;
    this.#repository = repository;
    this.#release = release;
  }

  /** @returns the lease, or why it cannot be had: `busy` (try again soon), `disabled` or `gone` (leave it). */
  static async acquire(
    prisma: PrismaClient,
    repository: CalendarSyncRepository,
    calendarSyncId: string,
    times: { leaseTtlMs: number; leaseHeartbeatMs: number },
  ): Promise<Lease | { refused: "busy" | "disabled" | "gone"; busyForMs: number }> {
    const owner = randomUUID();
    const result = await repository.acquireLease(prisma, calendarSyncId, owner, times.leaseTtlMs);
    if ("refused" in result) return result;
    const lease = new Lease(result.row, owner, repository, () =>
      repository.releaseLease(prisma, calendarSyncId, owner),
    );
    lease.#timer = setInterval(() => {
      // A failed heartbeat is no loss yet: the next one, or the fence at commit, tells.
      repository.renewLease(prisma, calendarSyncId, owner, times.leaseTtlMs).then(
        (held) => held || lease.#abort.abort(new LeaseLostError()),
        () => {},
      );
    }, times.leaseHeartbeatMs);
    lease.#timer.unref();
    return lease;
  }

  /** Aborted when the lease is lost. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Fences a transaction: confirms the lease and keeps it until the transaction ends. @throws LeaseLostError */
  async fence(tx: PrismaTransaction): Promise<void> {
    if (!(await this.#repository.holdLease(tx, this.row.id, this.owner))) throw new LeaseLostError();
  }

  /** Says that the statement which follows gives the lease back itself. */
  endsWith(): void {
    this.#givenBack = true;
  }

  /** Stops the heartbeat and gives the lease back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    if (!this.#givenBack) await this.#release();
  }
}
