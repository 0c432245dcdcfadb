/** The sandbox's time: a source clock plus what has been advanced, so that a test can let weeks pass at once. */
export class SandboxClock {
  readonly #source: () => Date;
  readonly #listeners = new Set<() => void>();
  #offsetMs = 0;

  /** @param source where time comes from; the machine's clock unless a test passes a fixed one. */
  constructor(source: () => Date = () => new Date()) {
    this.#source = source;
  }

  /** Milliseconds since 1970 as the sandbox sees them. */
  nowMs(): number {
    return this.#source().getTime() + this.#offsetMs;
  }

  /** Now as Google prints `created` and `updated`: RFC 3339 in UTC with milliseconds. */
  nowIso(): string {
    return new Date(this.nowMs()).toISOString();
  }

  /** Lets `durationMs` pass at once. */
  advance(durationMs: number): void {
    this.#offsetMs += durationMs;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back after each {@link advance}, for what is due by then. */
  onAdvance(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
