/** What a sandbox does after it has answered: posts, pauses and repetitions that can be waited for, and ended together. */
export class BackgroundWork {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();
  readonly #idleWaiters = new Set<() => void>();
  readonly #waitsForMore: () => boolean;
  #open = 0;

  /** @param waitsForMore whether something is to come so soon that nobody would call this idle; default never */
  constructor(waitsForMore: () => boolean = () => false) {
    this.#waitsForMore = waitsForMore;
  }

  /** Aborted when everything ends. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Does work that {@link idle} waits for. */
  async track(work: () => Promise<unknown>): Promise<void> {
    this.#open += 1;
    try {
      await work();
    } finally {
      this.#open -= 1;
      if (this.#isIdle()) {
        for (const resolve of this.#idleWaiters) resolve();
        this.#idleWaiters.clear();
      }
    }
  }

  /** Pauses, in real time. Never resolves when everything ends meanwhile. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs something later, in real time, unless everything ends before. A process may exit meanwhile. */
  after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }

  /** Resolves once nothing is on its way. */
  async idle(): Promise<void> {
    // Changes are announced in a microtask: let the ones of the present operation be queued first.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#idleWaiters.add(resolve));
  }

  /** Drops what waits and ends what is on its way. */
  close(): void {
    this.#closing.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #isIdle(): boolean {
    return this.#open === 0 && !this.#waitsForMore();
  }
}
