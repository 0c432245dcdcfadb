import type { ChannelDelivery } from "./ChannelDelivery.ts";
import type { GoogleFaults } from "./faults.ts";
import type { GoogleStore } from "./GoogleStore.ts";
import type { Quota } from "./Quota.ts";

/** Counts of API calls by method name, e.g. `calendar.events.list`; parts of a batch count one by one. */
export interface CallStats {
  readonly calls: Record<string, number>;
  /** Counts one call. */
  count(method: string): void;
  /** Starts counting at zero again. */
  reset(): void;
}

/** What every part of the simulated Google works with. */
export interface GoogleContext {
  readonly store: GoogleStore;
  readonly faults: GoogleFaults;
  readonly quota: Quota;
  readonly delivery: ChannelDelivery;
  readonly stats: CallStats;
  readonly allowHttpCallbacks: boolean;
  /** Where the sandbox listens, without a slash at the end; known once it listens. */
  readonly url: () => string;
}

/** Counters for {@link CallStats}, all at zero. */
export function createStats(): CallStats {
  const calls: Record<string, number> = {};
  return {
    calls,
    count: (method) => {
      calls[method] = (calls[method] ?? 0) + 1;
    },
    reset: () => {
      for (const method of Object.keys(calls)) delete calls[method];
    },
  };
}
