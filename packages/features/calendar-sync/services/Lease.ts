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
  readonly #now: () => Date;
  /** Until when the lease is certainly ours, by our own clock: it was renewed no earlier than we asked. */
  #certainUntil: number;
  #givenBack = false;
  #timer: NodeJS.Timeout | null = null;

  private constructor(
    row: CalendarSyncRow,
    owner: string,
    repository: CalendarSyncRepository,
    release: () => Promise<void>,
    now: () => Date,
    certainUntil: number,
  ) {
    this.#now = now;
    this.#certainUntil = certainUntil;
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
    now: () => Date,
  ): Promise<Lease | { refused: "busy" | "disabled" | "gone" }> {
    const owner = randomUUID();
    const until = () => now().getTime() + times.leaseTtlMs;
    const firstUntil = until();
    const result = await repository.acquireLease(prisma, calendarSyncId, owner, times.leaseTtlMs);
    if ("refused" in result) return result;
    const release = () => repository.releaseLease(prisma, calendarSyncId, owner);
    const lease = new Lease(result.row, owner, repository, release, now, firstUntil);
    lease.#timer = setInterval(() => {
      const renewedUntil = until();
      // A failed heartbeat is no loss yet: the next one, or the fence at commit, tells.
      repository.renewLease(prisma, calendarSyncId, owner, times.leaseTtlMs).then(
        (held) => {
          if (held) lease.#certainUntil = renewedUntil;
          else lease.#abort.abort(new LeaseLostError());
        },
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

  /**
   * Call before each call of a provider: a worker that stood still for so long that another one may have the calendar by
   * now must not write out there any more, where no fence holds it back. @throws LeaseLostError
   */
  check(): void {
    this.signal.throwIfAborted();
    if (this.#now().getTime() > this.#certainUntil) throw new LeaseLostError();
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
