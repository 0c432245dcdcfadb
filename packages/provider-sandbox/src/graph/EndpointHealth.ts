const WINDOW_MS = 10 * 60_000;
const DROP_MS = 10 * 60_000;
/** Above this share of slow answers notifications are discarded. */
const SLOW_SHARE = 0.15;
/** Fewer answers than this say nothing about an endpoint; the documentation names no number. */
const FEWEST_ANSWERS = 5;

/** How quickly the endpoints of notifications have answered of late. Times are the sandbox'. */
export class EndpointHealth {
  readonly #answers = new Map<string, { atMs: number; slow: boolean }[]>();
  readonly #droppedUntil = new Map<string, number>();

  /** Notes an answer, and shuts the endpoint out for ten minutes when too many were slow. */
  note(url: string, nowMs: number, slow: boolean): void {
    const key = endpoint(url);
    const answers = (this.#answers.get(key) ?? []).filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
    answers.push({ atMs: nowMs, slow });
    this.#answers.set(key, answers);
    const slowOnes = answers.filter((answer) => answer.slow).length;
    if (answers.length >= FEWEST_ANSWERS && slowOnes / answers.length > SLOW_SHARE) {
      this.#droppedUntil.set(key, nowMs + DROP_MS);
      this.#answers.delete(key);
    }
  }

  /** True while notifications for this endpoint are discarded. */
  isShutOut(url: string, nowMs: number): boolean {
    return (this.#droppedUntil.get(endpoint(url)) ?? 0) > nowMs;
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear();
    this.#droppedUntil.clear();
  }
}

/** The query is the client's own business. */
function endpoint(url: string): string {
  return url.split("?")[0] as string;
}
