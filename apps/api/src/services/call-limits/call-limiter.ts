import { setTimeout as pause } from "node:timers/promises";
import { CalendarError, type Logger } from "@calsync/lib";
import type { CallLimits, CallQuota } from "@calsync/types";
import { LRUCache } from "lru-cache";
import type { QuotaStore } from "../../repositories/CallLimitRepository.ts";
import { Reservoir } from "./reservoir.ts";

/** A call that is about to be made. */
export interface LimitedCall {
  provider: string;
  /** The provider's id of the account: two users who connected one account share its quota. */
  accountId: string;
  limits: CallLimits;
  units: number;
}

/** Keeps all processes together below the quotas of providers. */
export interface CallLimiter {
  /**
   * Waits a moment where that helps, and lets the call pass.
   * @throws CalendarError RATE_LIMIT_EXCEEDED with the time to come back at, before the provider would say so
   */
  pass(call: LimitedCall): Promise<void>;
}

/** What keeps calls below providers' limits. */
export interface CallLimiterOptions {
  store: QuotaStore;
  /** Longest wait for units, in milliseconds; a longer one is the job's, which comes back later. */
  maxWaitMs: number;
  /** All quotas times this: an installation may have been granted more, or less, than providers document. */
  factor: number;
  log: Pick<Logger, "warn">;
  /** Hears of calls that had to wait or were put off. */
  onHeldUp?: (provider: string, outcome: "waited" | "put-off") => void;
  /** Milliseconds since 1970. Quotas run in real time, whatever time the rest of the process goes by. */
  clock?: () => number;
}

/** Accounts whose reservations one process remembers; whoever falls out reserves anew. */
const MAX_ACCOUNTS = 20_000;

/** Puts a limiter together. See docs/operations/limits.md for how the numbers keep below a sliding window. */
export function createCallLimiter(options: CallLimiterOptions): CallLimiter {
  const { store, maxWaitMs, factor, log, onHeldUp, clock = Date.now } = options;
  const counters = new Map<string, ReturnType<QuotaStore>>();
  const installations = new Map<string, Reservoir>();
  const accounts = new LRUCache<string, Reservoir>({ max: MAX_ACCOUNTS });

  function reservoir(kind: "account" | "installation", provider: string, key: string, quota: CallQuota) {
    const { perMs } = quota;
    const units = Math.max(1, Math.floor(quota.units * factor));
    const name = `${provider}:${kind}`;
    const counter = counters.get(name) ?? store({ name, units, perMs });
    counters.set(name, counter);
    return new Reservoir(counter, key, {
      perMs,
      block: Math.max(1, Math.floor(units / 12)),
      unasked: Math.floor((quota.unasked ?? 0) * Math.min(factor, 1)),
    });
  }

  function reservoirsOf({ provider, accountId, limits }: LimitedCall): Reservoir[] {
    const accountKey = `${provider}:${accountId}`;
    let account = accounts.get(accountKey);
    if (!account) {
      account = reservoir("account", provider, accountId, limits.account);
      accounts.set(accountKey, account);
    }
    let installation = installations.get(provider);
    if (!installation) {
      installation = reservoir("installation", provider, "all", limits.installation);
      installations.set(provider, installation);
    }
    return [account, installation];
  }

  async function takeAll(reservoirs: readonly Reservoir[], units: number): Promise<number> {
    const taken: Reservoir[] = [];
    for (const one of reservoirs) {
      const waitMs = await one.take(units, clock);
      if (waitMs > 0) {
        for (const earlier of taken) earlier.giveBack(units);
        return waitMs;
      }
      taken.push(one);
    }
    return 0;
  }

  return {
    async pass(call) {
      const reservoirs = reservoirsOf(call);
      const deadline = clock() + maxWaitMs;
      for (let waited = false; ; waited = true) {
        let waitMs: number;
        try {
          waitMs = await takeAll(reservoirs, call.units);
        } catch (error) {
          // The provider's own limits still hold; to stop all calls because a counter cannot be read would be worse.
          log.warn({ err: error, provider: call.provider }, "the shared call limit cannot be read");
          return;
        }
        if (waitMs === 0) {
          if (waited) onHeldUp?.(call.provider, "waited");
          return;
        }
        // A little later than the counter starts anew, and not everybody at once.
        const pauseMs = waitMs + Math.random() * 250;
        if (clock() + pauseMs > deadline) {
          onHeldUp?.(call.provider, "put-off");
          throw new CalendarError(
            "RATE_LIMIT_EXCEEDED",
            "Calls are paused for a moment, to stay below the provider's limit.",
            { advice: { retry: "later", afterMs: Math.round(pauseMs) }, providerReason: "ownCallLimit" },
          );
        }
        await pause(pauseMs);
      }
    },
  };
}
