import { BackgroundWork } from "../BackgroundWork.ts";
import type { SandboxClock } from "../SandboxClock.ts";
import { EndpointHealth } from "./EndpointHealth.ts";
import type { GraphFaults } from "./faults.ts";

/** A post that waits to be tried again. */
interface Waiting {
  url: string;
  value: object[];
  firstMs: number;
  attempt: number;
  dueMs: number;
}

/** Documented: deliveries are tried again for so long. */
const RETRY_FOR_MS = 4 * 3_600_000;
const LONGEST_GAP_MS = 30 * 60_000;
/** {@link NotificationOutbox.idle} waits for redeliveries that are due so soon. */
const SOON_MS = 1_000;

/**
 * Posts notifications, several of one endpoint in one request, and tries again what was not answered by 2xx: with growing gaps
 * of the sandbox' time, for four hours. Redeliveries come by a timer, and at once when the clock is advanced past them.
 */
export class NotificationOutbox {
  readonly #clock: SandboxClock;
  readonly #faults: GraphFaults;
  readonly #health = new EndpointHealth();
  readonly #work = new BackgroundWork(() => this.#isDueSoon());
  #collected = new Map<string, object[]>();
  #waiting: Waiting[] = [];

  constructor(clock: SandboxClock, faults: GraphFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Sends a notification soon. @param delayMs real time to wait first */
  send(url: string, notification: object, delayMs: number): void {
    if (this.#work.signal.aborted) return;
    if (delayMs > 0) {
      void this.#work.track(async () => {
        await this.#work.wait(delayMs);
        await this.#post({ url, value: [notification], firstMs: this.#clock.nowMs(), attempt: 0, dueMs: 0 });
      });
      return;
    }
    if (this.#collected.size === 0) void this.#work.track(() => this.#flush());
    const waiting = this.#collected.get(url);
    if (waiting) waiting.push(notification);
    else this.#collected.set(url, [notification]);
  }

  /** Tries again what is due by now. */
  retryDue(): void {
    const now = this.#clock.nowMs();
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= now);
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > now);
    for (const one of due) void this.#work.track(() => this.#post(one));
  }

  /** Posts to an endpoint and gives its answer; null when there is none in `timeoutMs`. */
  async ask(
    url: string,
    init: { headers: Record<string, string>; body?: string },
    timeoutMs: number,
  ): Promise<Response | null> {
    try {
      return await fetch(url, {
        method: "POST",
        redirect: "manual",
        ...init,
        signal: AbortSignal.any([this.#work.signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch {
      return null;
    }
  }

  /** Resolves once nothing is on its way and nothing is due to be tried again within a second. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  /** Forgets what waits and what is known of the endpoints. */
  clear(): void {
    this.#waiting = [];
    this.#collected = new Map();
    this.#health.clear();
  }

  /** Drops what waits and ends what is on its way. */
  close(): void {
    this.#work.close();
    this.clear();
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const collected = this.#collected;
    this.#collected = new Map();
    const firstMs = this.#clock.nowMs();
    const posts: Promise<void>[] = [];
    for (const [url, value] of collected) {
      const together = this.#faults.behaviours.batchNotifications ? [value] : value.map((one) => [one]);
      for (const part of together)
        posts.push(this.#post({ url, value: part, firstMs, attempt: 0, dueMs: 0 }));
    }
    await Promise.all(posts);
  }

  async #post(waiting: Waiting): Promise<void> {
    if (this.#work.signal.aborted) return;
    const { url, value, firstMs, attempt } = waiting;
    const { notificationTimeoutMs, slowAnswerMs, notificationRetryBaseMs } = this.#faults.behaviours;
    if (this.#health.isShutOut(url, this.#clock.nowMs())) return;
    const startedAt = performance.now();
    const answer = await this.ask(
      url,
      { headers: { "content-type": "application/json" }, body: JSON.stringify({ value }) },
      notificationTimeoutMs,
    );
    await answer?.body?.cancel();
    const now = this.#clock.nowMs();
    this.#health.note(url, now, performance.now() - startedAt > slowAnswerMs);
    if (answer?.ok || this.#work.signal.aborted) return;
    const gapMs = Math.min(notificationRetryBaseMs * 2 ** attempt, LONGEST_GAP_MS);
    if (now + gapMs - firstMs > RETRY_FOR_MS) return;
    this.#waiting.push({ ...waiting, attempt: attempt + 1, dueMs: now + gapMs });
    this.#work.after(gapMs, () => this.retryDue());
  }

  #isDueSoon(): boolean {
    const soon = this.#clock.nowMs() + SOON_MS;
    return this.#waiting.some(({ dueMs }) => dueMs <= soon);
  }
}
