import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "@calsync/lib";

/** The longest that one request's work keeps others waiting, in milliseconds. */
const SLICE_MS = 25;

/**
 * Keeps long work on a file from holding up the process: between pieces it lets others have their turn, and it ends work
 * that takes longer than any sensible file needs. What counts is the processor's time: waiting for the network or the database
 * does not count, nor does a machine that is busy with something else.
 */
export class WorkSlices {
  readonly #budgetMs: number;
  #spentMs = 0;
  #since = performance.now();
  #cpu = process.cpuUsage();

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Call between two pieces of work. @throws AppError invalid `ics_too_complex` */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    this.#count();
    await nextTurn();
    this.#begin();
  }

  /** Waits for something else; its time is not the file's. */
  async waitFor<T>(other: Promise<T>): Promise<T> {
    this.#count();
    try {
      return await other;
    } finally {
      this.#begin();
    }
  }

  #begin(): void {
    this.#since = performance.now();
    this.#cpu = process.cpuUsage();
  }

  #count(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#spentMs += Math.min((user + system) / 1_000, performance.now() - this.#since);
    if (this.#spentMs <= this.#budgetMs) return;
    throw new AppError("invalid", "ics_too_complex", "The file takes too long to work out.", {
      hint: "Export a shorter range, or leave out events that repeat every few minutes.",
    });
  }
}
