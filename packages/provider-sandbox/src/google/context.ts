import type { CallStats } from "../CallStats.ts";
import type { ChannelDelivery } from "./ChannelDelivery.ts";
import type { GoogleFaults } from "./faults.ts";
import type { GoogleStore } from "./GoogleStore.ts";
import type { Quota } from "./Quota.ts";

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
