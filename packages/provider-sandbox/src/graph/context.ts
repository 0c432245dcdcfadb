import type { CallStats } from "../CallStats.ts";
import type { DeltaRounds } from "./api/delta-rounds.ts";
import type { GraphFaults } from "./faults.ts";
import type { GraphStore } from "./GraphStore.ts";
import type { SubscriptionDelivery } from "./SubscriptionDelivery.ts";
import type { Throttle } from "./Throttle.ts";

/** What every part of the simulated Graph works with. */
export interface GraphContext {
  readonly store: GraphStore;
  readonly faults: GraphFaults;
  readonly throttle: Throttle;
  readonly delivery: SubscriptionDelivery;
  readonly rounds: DeltaRounds;
  readonly stats: CallStats;
  /** Take `http://localhost…` as notification address; the real API never does. */
  readonly allowHttpCallbacks: boolean;
  /** Root of Graph, e.g. `https://localhost:1234`; known once it listens. */
  readonly graphUrl: () => string;
  /** Root of the identity platform, e.g. `http://127.0.0.1:3010/microsoft`. */
  readonly loginUrl: () => string;
}
