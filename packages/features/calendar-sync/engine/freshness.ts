/** What is known of how up to date the mirror of one calendar is. */
export interface MirrorState {
  lastPulledAt: Date | null;
  enabled: boolean;
  credentialActive: boolean;
  /** The last pull ended well. */
  healthy: boolean;
  /** A push channel stands that has left nothing out. */
  announced: boolean;
  /** A change was announced, or a poll is due, and has not been pulled yet. */
  pullWanted: boolean;
}

/** How old the knowledge of a calendar may be to offer times from it, in milliseconds. */
export interface FreshnessLimits {
  /** Of a calendar that has to be asked for its changes. */
  freshForMs: number;
  /** Of one whose changes are announced, while none is. */
  freshWhenAnnouncedMs: number;
}

/**
 * Whether times may be offered from the mirror of a calendar. Announced calendars stay fresh for longer, because what changed
 * would have been heard of; but not for ever, because a channel can fall silent.
 */
export function isFresh(state: MirrorState, limits: FreshnessLimits, now: Date): boolean {
  if (state.lastPulledAt === null || !state.enabled || !state.credentialActive) return false;
  const trusted = state.announced && state.healthy && !state.pullWanted;
  const ageMs = now.getTime() - state.lastPulledAt.getTime();
  return ageMs <= (trusted ? Math.max(limits.freshWhenAnnouncedMs, limits.freshForMs) : limits.freshForMs);
}
