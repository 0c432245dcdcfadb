/** The states of a push channel (design: `CalendarSubscription.status`). */
export const SUBSCRIPTION_STATES = [
  "PENDING",
  "ACTIVE",
  "ERROR",
  "REPLACED",
  "EXPIRED",
  "STOPPED",
  "UNSUPPORTED",
] as const;
/** Where a push channel is in its life. */
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

/** What can happen to a channel. */
export const SUBSCRIPTION_EVENTS = [
  /** The provider has set the channel up. */
  "activated",
  /** The provider refused or did not answer, to a channel's beginning or its renewal; trying again may help. */
  "failed",
  /** The provider says that this calendar cannot be watched. */
  "unsupported",
  /** The provider lets the channel live on where it stands. */
  "renewed",
  /** Another channel for the same calendar has become active. */
  "replaced",
  /** The provider's expiry has passed. */
  "expired",
  /** The channel was stopped at the provider, or the provider does not know it any more. */
  "stopped",
] as const;
/** What may happen to a push channel. */
export type SubscriptionEvent = (typeof SUBSCRIPTION_EVENTS)[number];

/** `ignore`: the event says nothing new. `impossible`: it cannot happen in this state; the caller has a bug. */
type Cell = SubscriptionState | "ignore" | "impossible";

/**
 * The one table of a channel's life (SPEC.md shows it to people). Total: no cell is missing, so no event in any state is
 * left to chance.
 */
export const SUBSCRIPTION_TRANSITIONS: Record<SubscriptionState, Record<SubscriptionEvent, Cell>> = {
  PENDING: {
    activated: "ACTIVE",
    failed: "ERROR",
    unsupported: "UNSUPPORTED",
    renewed: "impossible",
    replaced: "impossible",
    expired: "impossible",
    stopped: "STOPPED",
  },
  ACTIVE: {
    activated: "impossible",
    // It stands until its end, however its renewal fares.
    failed: "ignore",
    unsupported: "impossible",
    renewed: "ACTIVE",
    replaced: "REPLACED",
    expired: "EXPIRED",
    stopped: "STOPPED",
  },
  ERROR: {
    activated: "ACTIVE",
    failed: "ERROR",
    unsupported: "UNSUPPORTED",
    renewed: "impossible",
    replaced: "impossible",
    expired: "impossible",
    stopped: "STOPPED",
  },
  // Here and below a renewal may be answered after the channel has been replaced or has ended: that brings it back to nothing.
  REPLACED: {
    activated: "impossible",
    failed: "ignore",
    unsupported: "impossible",
    renewed: "ignore",
    replaced: "ignore",
    expired: "EXPIRED",
    stopped: "STOPPED",
  },
  EXPIRED: {
    activated: "impossible",
    failed: "impossible",
    unsupported: "impossible",
    renewed: "ignore",
    replaced: "ignore",
    expired: "ignore",
    stopped: "ignore",
  },
  STOPPED: {
    activated: "impossible",
    failed: "impossible",
    unsupported: "impossible",
    renewed: "ignore",
    replaced: "ignore",
    expired: "ignore",
    stopped: "ignore",
  },
  // Asked again once in a while: a provider may have learned it, or this installation may be reachable now.
  UNSUPPORTED: {
    activated: "ACTIVE",
    failed: "ignore",
    unsupported: "ignore",
    renewed: "impossible",
    replaced: "impossible",
    expired: "impossible",
    stopped: "STOPPED",
  },
};

/**
 * The state after an event; the same state when the event says nothing new.
 * @throws Error when the event cannot happen in this state.
 */
export function nextSubscriptionState(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  const cell = SUBSCRIPTION_TRANSITIONS[state][event];
  if (cell === "impossible") throw new Error(`A subscription that is ${state} cannot be ${event}.`);
  return cell === "ignore" ? state : cell;
}

const DAY_MS = 24 * 3_600_000;

/**
 * When to renew a channel that begins `now`: when 24 hours or a fifth of its life are left, whichever comes first. A life
 * of less than a day has its fifth alone, and nothing is renewed in the first half of its life.
 */
export function renewalTime(now: Date, expiresAt: Date | null): Date | null {
  if (expiresAt === null) return null;
  const lifeMs = expiresAt.getTime() - now.getTime();
  const leadMs = lifeMs <= DAY_MS ? lifeMs / 5 : Math.min(lifeMs / 2, Math.max(DAY_MS, lifeMs / 5));
  return new Date(expiresAt.getTime() - leadMs);
}
