import type { SandboxClock } from "../SandboxClock.ts";
import { rateLimited } from "./errors.ts";
import type { NotionBehaviours } from "./faults.ts";
import type { Plan } from "./types.ts";

const WINDOW_MS = 60_000;

/** The fixed windows in which Notion counts requests: of each connection, and of the workspace as a whole. */
export class RequestWindow {
  readonly #clock: SandboxClock;
  readonly #behaviours: () => NotionBehaviours;
  readonly #windows = new Map<string, { startMs: number; used: number }>();

  constructor(clock: SandboxClock, behaviours: () => NotionBehaviours) {
    this.#clock = clock;
    this.#behaviours = behaviours;
  }

  /** Counts one request. @throws NotionApiError 429 with the seconds to the window's end */
  charge(connectionId: string, workspaceId: string, plan: Plan): void {
    const { requestWindow, workspaceLimit, blocked } = this.#behaviours();
    if (blocked) throw rateLimited("public_api_request_blocked", WINDOW_MS / 1_000);
    if (requestWindow)
      this.#take(
        `connection ${connectionId}`,
        requestWindow[plan],
        WINDOW_MS,
        "public_api_request_rate_limit",
      );
    if (workspaceLimit) {
      const { requests, windowMs } = workspaceLimit;
      this.#take(`workspace ${workspaceId}`, requests, windowMs, "public_api_space_request_rate_limit");
    }
  }

  /** Forgets all windows. */
  clear(): void {
    this.#windows.clear();
  }

  #take(key: string, limit: number, windowMs: number, reason: string): void {
    const nowMs = this.#clock.nowMs();
    let window = this.#windows.get(key);
    if (!window || nowMs >= window.startMs + windowMs) {
      window = { startMs: nowMs, used: 0 };
      this.#windows.set(key, window);
    }
    if (window.used >= limit)
      throw rateLimited(reason, Math.max(1, Math.ceil((window.startMs + windowMs - nowMs) / 1_000)));
    window.used += 1;
  }
}
