import type { SandboxClock } from "../SandboxClock.ts";
import { throttled } from "./errors.ts";
import type { GraphBehaviours } from "./faults.ts";
import type { GraphActor } from "./types.ts";

/** The limits per app and mailbox: requests in a window, and requests at the same time. */
export class Throttle {
  readonly #clock: SandboxClock;
  readonly #behaviours: () => GraphBehaviours;
  readonly #uses = new Map<string, number[]>();
  readonly #running = new Map<string, number>();

  constructor(clock: SandboxClock, behaviours: () => GraphBehaviours) {
    this.#clock = clock;
    this.#behaviours = behaviours;
  }

  /**
   * Counts a call in. @returns to be called when it is over
   * @throws GraphApiError 429 with a fractional `Retry-After`; the refused call counts all the same
   */
  enter(actor: GraphActor, mailbox: string | null): () => void {
    const { limits } = this.#behaviours();
    if (!limits || actor.page || mailbox === null) return () => {};
    const key = `${actor.clientId} ${mailbox}`;
    const now = this.#clock.nowMs();
    const uses = (this.#uses.get(key) ?? []).filter((at) => at > now - limits.windowMs);
    uses.push(now);
    this.#uses.set(key, uses);
    if (uses.length > limits.requestsPerWindow) {
      const waitMs = (uses[0] as number) + limits.windowMs - now;
      throw throttled("Application is over its MailboxRequests limit.", fraction(waitMs));
    }
    const running = this.#running.get(key) ?? 0;
    if (running >= limits.concurrent) {
      throw throttled("Application is over its MailboxConcurrency limit.", 2.128);
    }
    this.#running.set(key, running + 1);
    return () => this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
  }

  /** Forgets all uses. */
  clear(): void {
    this.#uses.clear();
  }
}

function fraction(ms: number): number {
  return Math.max(1, Math.ceil(ms)) / 1000;
}
