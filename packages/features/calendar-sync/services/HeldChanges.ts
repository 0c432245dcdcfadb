import { enqueueMany } from "@calsync/jobs";
import { inTransaction } from "../repositories/transaction.ts";
import type { EngineDependencies } from "./dependencies.ts";
import { followUpJobs } from "./follow-ups.ts";
import type { Lease } from "./Lease.ts";
import type { ApplyOptions } from "./planned-change.ts";
import { policyOf } from "./policy-of.ts";
import { cursorAfter, type PullState } from "./pull-state.ts";

/**
 * Works off the changes that a pull has put by, under its lease: at its start those that the host has decided on, at its end those
 * that it has counted. Each batch is taken out and applied in one transaction, so a crash leaves the rest where it was and the
 * next pull goes on.
 */
export class HeldChanges {
  readonly #deps: EngineDependencies;
  readonly #lease: Lease;
  readonly #state: PullState;

  /** @param state the pull's view of the calendar; kept up to date here */
  constructor(deps: EngineDependencies, lease: Lease, state: PullState) {
    this.#deps = deps;
    this.#lease = lease;
    this.#state = state;
  }

  /** Carries the host's answer to a mass change out. What was put by after the answer is not covered by it and goes on waiting. */
  async carryOut(): Promise<void> {
    const { massChange } = this.#state;
    if (!massChange || massChange.status === "OPEN" || massChange.decidedAt === null) return;
    const { prisma, heldChanges, now } = this.#deps;
    await this.#applyAll(new Date(massChange.decidedAt), {
      mode: massChange.status === "CONFIRMED" ? "confirmed" : "restored",
      massChangeId: massChange.id,
    });
    await inTransaction(prisma, async (tx) => {
      await this.#lease.fence(tx);
      await heldChanges.finish(tx, massChange.id, now());
    });
    this.#state.massChange = null;
    this.#state.hasHeld = (await heldChanges.tally(prisma, this.#state.id)).changes > 0;
  }

  /** The listing is complete: what waits is counted, and carried out or asked about. */
  async settle(): Promise<void> {
    const { prisma, heldChanges, guard, records, now } = this.#deps;
    const { id, massChange, hasHeld } = this.#state;
    if (massChange) {
      await heldChanges.recount(prisma, id, now());
      return;
    }
    if (!hasHeld) return;
    const limit = policyOf(this.#state).massChangeLimit;
    const { bookings } = await heldChanges.tally(prisma, id);
    if (limit !== null && bookings > limit) {
      await inTransaction(prisma, async (tx) => {
        await this.#lease.fence(tx);
        await records.append(tx, await guard.ask(tx, this.#state, limit, now()), now());
      });
      return;
    }
    await this.#applyAll(null, { mode: "counted" });
    this.#state.hasHeld = false;
  }

  async #applyAll(until: Date | null, options: ApplyOptions): Promise<void> {
    const { settings } = this.#deps;
    while (await this.#applyBatch(until, settings.pageSize, options)) this.#lease.check();
  }

  /** @returns whether there was something to do */
  #applyBatch(until: Date | null, size: number, options: ApplyOptions): Promise<boolean> {
    const { prisma, heldChanges, applier, calendars, now } = this.#deps;
    const state = this.#state;
    return inTransaction(prisma, async (tx) => {
      await this.#lease.fence(tx);
      const changes = await heldChanges.take(tx, state.id, until, size);
      if (changes.length === 0) return false;
      const at = now();
      const applied = await applier.apply(tx, state, changes, { start: at, end: at }, at, options);
      const { fullPullRunning, mirroredUntil } = state;
      const cursor = cursorAfter(state, applied, state);
      if (cursor !== state.cursor)
        await calendars.commitProgress(tx, state.id, this.#lease.owner, {
          cursor,
          fullPullRunning,
          mirroredUntil,
        });
      state.cursor = cursor;
      await enqueueMany(tx, followUpJobs(applied));
      return true;
    });
  }
}
