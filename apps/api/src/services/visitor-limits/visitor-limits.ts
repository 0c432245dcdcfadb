import { createHash } from "node:crypto";
import type { Logger } from "@calsync/lib";
import { LRUCache } from "lru-cache";
import { RateLimiterRes, type RateLimiterStoreAbstract } from "rate-limiter-flexible";
import type { QuotaStore } from "../../repositories/CallLimitRepository.ts";
import { Reservoir } from "../call-limits/reservoir.ts";
import { placeOf } from "./place.ts";

/** What anybody may do without signing in: look at times and pages, and make, move or cancel bookings. */
export type GuestUse = "read" | "change";

/** Counts what is not to be tried too often, such as passwords. */
export interface Attempts {
  /** @returns milliseconds until the next may be made; 0 when it may be made now */
  left(key: string): Promise<number>;
  /** Counts one. @returns as `left`, for this one */
  count(key: string): Promise<number>;
}

/** Keeps visitors from using more than their share, all processes together. */
export interface VisitorLimits {
  /**
   * Counts one use from an address.
   * @returns milliseconds until there is more; 0 when it was granted
   */
  take(use: GuestUse, address: string): Promise<number>;
  /** @param units attempts for each key within `perMs` */
  attempts(name: string, quota: { units: number; perMs: number }): Attempts;
}

/** How much visitors may ask for. */
export interface VisitorLimitsOptions {
  store: QuotaStore;
  /** For one place; 0: no limit. */
  readsPerMinute: number;
  changesPerHour: number;
  log: Pick<Logger, "warn">;
}

/** Places that one process remembers; whoever falls out reserves anew. */
const MAX_PLACES = 20_000;

/** Puts the limits together. While the counters cannot be read everything passes: guests are not to suffer from that. */
export function createVisitorLimits(options: VisitorLimitsOptions): VisitorLimits {
  const { store, log } = options;

  /** The quota of a use: for a few units the counter is asked for each, for many a twelfth is reserved at a time. */
  function places(name: string, units: number, perMs: number): (address: string) => Promise<number> {
    if (units === 0) return async () => 0;
    const counter = store({ name, units, perMs });
    const block = units >= 120 ? Math.floor(units / 12) : 1;
    const reservoirs = new LRUCache<string, Reservoir>({ max: MAX_PLACES });
    return (address) => {
      const key = keyOf(placeOf(address));
      const reservoir = reservoirs.get(key) ?? new Reservoir(counter, key, { perMs, block, unasked: 0 });
      reservoirs.set(key, reservoir);
      return reservoir.take(1, Date.now);
    };
  }

  const takes: Record<GuestUse, (address: string) => Promise<number>> = {
    read: places("guest:read", options.readsPerMinute, 60_000),
    change: places("guest:change", options.changesPerHour, 3_600_000),
  };

  async function orPass(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      log.warn({ err: error }, "the shared limit of visitors cannot be read");
      return 0;
    }
  }

  return {
    take: (use, address) => orPass(() => takes[use](address)),
    attempts(name, { units, perMs }) {
      const counter = store({ name: `attempts:${name}`, units, perMs });
      return {
        left: (key) =>
          orPass(async () => {
            const state = await counter.get(keyOf(key));
            return state !== null && state.consumedPoints >= units ? Math.max(state.msBeforeNext, 1) : 0;
          }),
        count: (key) => orPass(() => countOne(counter, keyOf(key))),
      };
    },
  };
}

async function countOne(counter: RateLimiterStoreAbstract, key: string): Promise<number> {
  try {
    await counter.consume(key, 1);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(refused.msBeforeNext, 1);
    throw refused;
  }
}

/** Of one length, and no list of who was here. */
function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
