import type { SandboxClock } from "../SandboxClock.ts";
import { type GoogleApiError, rateLimitExceeded } from "./errors.ts";
import type { GoogleBehaviours } from "./faults.ts";
import type { Actor } from "./types.ts";

/** Uses of one key in a sliding window. */
class SlidingWindow {
  #uses: { atMs: number; units: number }[] = [];
  #sum = 0;

  /** Counts `units` unless the window would overflow; false then. */
  take(nowMs: number, units: number, limit: number, windowMs: number): boolean {
    while (this.#uses[0] && this.#uses[0].atMs <= nowMs - windowMs) {
      this.#sum -= this.#uses[0].units;
      this.#uses.shift();
    }
    if (this.#sum + units > limit) return false;
    this.#uses.push({ atMs: nowMs, units });
    this.#sum += units;
    return true;
  }
}

/** The simulated quota: units per minute per project and per user of a project, and bursts of writes per calendar. */
export class Quota {
  readonly #clock: SandboxClock;
  readonly #behaviours: () => GoogleBehaviours;
  readonly #windows = new Map<string, SlidingWindow>();
  #refusals = 0;

  constructor(clock: SandboxClock, behaviours: () => GoogleBehaviours) {
    this.#clock = clock;
    this.#behaviours = behaviours;
  }

  /** Charges one call. @throws GoogleApiError 403 or 429 `rateLimitExceeded`, without `Retry-After` as in the real API. */
  charge(actor: Actor, units: number, writtenCalendarId: string | null): void {
    const { quota, overQuotaStatus } = this.#behaviours();
    if (!quota || actor.page) return;
    const fits =
      this.#take(`project ${actor.projectId}`, units, quota.unitsPerProjectPerMinute, 60_000) &&
      this.#take(`user ${actor.projectId} ${actor.email}`, units, quota.unitsPerUserPerMinute, 60_000) &&
      (writtenCalendarId === null ||
        this.#take(
          `calendar ${writtenCalendarId}`,
          1,
          quota.writesPerCalendar,
          quota.writesPerCalendarWindowMs,
        ));
    if (!fits) throw this.#refusal(overQuotaStatus);
  }

  /** Forgets all uses. */
  clear(): void {
    this.#windows.clear();
  }

  #take(key: string, units: number, limit: number, windowMs: number): boolean {
    let window = this.#windows.get(key);
    if (!window) {
      window = new SlidingWindow();
      this.#windows.set(key, window);
    }
    return window.take(this.#clock.nowMs(), units, limit, windowMs);
  }

  #refusal(status: GoogleBehaviours["overQuotaStatus"]): GoogleApiError {
    this.#refusals += 1;
    if (status === "both") return rateLimitExceeded(this.#refusals % 2 === 1 ? 403 : 429);
    return rateLimitExceeded(status === "403" ? 403 : 429);
  }
}
