import type { RateLimiterStoreAbstract } from "rate-limiter-flexible";
import { RateLimiterRes } from "rate-limiter-flexible";

/** How one process takes part in a shared quota. */
export interface ReservoirSettings {
  /** Units that are taken from the shared counter at a time. */
  block: number;
  /** Units that each process may use up in each stretch of time without asking. */
  unasked: number;
  /** The quota's stretch of time, in milliseconds. */
  perMs: number;
}

/**
 * What one process holds of one key's shared quota. Units are reserved in blocks, so that a call costs no statement; what is
 * left of a block when its time ends is lost, which errs on the careful side.
 */
export class Reservoir {
  readonly #counter: RateLimiterStoreAbstract;
  readonly #key: string;
  readonly #settings: ReservoirSettings;
  #held = 0;
  #heldUntil = 0;
  #emptyUntil = 0;
  #stretch = -1;
  #unasked = 0;
  #reserving: Promise<void> | null = null;

  constructor(counter: RateLimiterStoreAbstract, key: string, settings: ReservoirSettings) {
    this.#counter = counter;
    this.#key = key;
    this.#settings = settings;
  }

  /** Takes units. @returns 0 when they were taken, else after how many milliseconds there may be some */
  async take(units: number, now: () => number): Promise<number> {
    for (;;) {
      const at = now();
      if (this.#takeHeld(units, at)) return 0;
      if (this.#emptyUntil > at) return this.#emptyUntil - at;
      // Those who come meanwhile share the reservation, and look again when it is made.
      this.#reserving ??= this.#reserve(units, now).finally(() => {
        this.#reserving = null;
      });
      await this.#reserving;
    }
  }

  /** Gives units back that were taken and not used. */
  giveBack(units: number): void {
    this.#held += units;
  }

  #takeHeld(units: number, at: number): boolean {
    const stretch = Math.floor(at / this.#settings.perMs);
    if (stretch !== this.#stretch) {
      this.#stretch = stretch;
      this.#unasked = this.#settings.unasked;
    }
    if (this.#heldUntil <= at) this.#held = 0;
    if (this.#held >= units) {
      this.#held -= units;
      return true;
    }
    if (this.#unasked < units) return false;
    this.#unasked -= units;
    return true;
  }

  async #reserve(units: number, now: () => number): Promise<void> {
    const wanted = Math.max(units, this.#settings.block);
    try {
      const { msBeforeNext } = await this.#counter.consume(this.#key, wanted);
      this.#add(wanted, now() + msBeforeNext);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const until = now() + Math.max(refused.msBeforeNext, 1);
      // Counting up and refusing are one step: what was left before it is ours, and nobody else's.
      const left = this.#counter.points - (refused.consumedPoints - wanted);
      if (left > 0) this.#add(left, until);
      if (left < units) this.#emptyUntil = until;
    }
  }

  #add(units: number, until: number): void {
    this.#held += units;
    this.#heldUntil = until;
  }
}
