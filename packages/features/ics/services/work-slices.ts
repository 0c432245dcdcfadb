import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "@calsync/lib";

/** The longest that one request's work keeps others waiting, in milliseconds. */
const SLICE_MS = 25;

/**
 * Keeps long work on a file from holding up the process: between pieces it lets others have their turn, and it ends work
 * that takes longer than any sensible file needs. Waiting for the network or the database does not count.
 */
export class WorkSlices {
  readonly #budgetMs: number;
  #spentMs = 0;
  #since = performance.now();

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Call between two pieces of work. @throws AppError invalid `ics_too_complex` */
  async pause(): Promise<void> {
    const sliceMs = performance.now() - this.#since;
    if (sliceMs < SLICE_MS) return;
    this.#count(sliceMs);
    await nextTurn();
    this.#since = performance.now();
  }

  /** Waits for something else; its time is not the file's. */
  async waitFor<T>(other: Promise<T>): Promise<T> {
    this.#count(performance.now() - this.#since);
    try {
      return await other;
    } finally {
      this.#since = performance.now();
    }
  }

  #count(ms: number): void {
    this.#spentMs += ms;
    if (this.#spentMs <= this.#budgetMs) return;
    throw new AppError("invalid", "ics_too_complex", "The file takes too long to work out.", {
      hint: "Export a shorter range, or leave out events that repeat every few minutes.",
    });
  }
}
