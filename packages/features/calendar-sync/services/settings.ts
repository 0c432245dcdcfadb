/** The engine's times and sizes. All in milliseconds unless the name says otherwise. */
export interface SyncSettings {
  /** How far back and ahead a full listing reaches, in days. */
  windowPastDays: number;
  windowAheadDays: number;
  /** Wanted number of changes in a page. */
  pageSize: number;
  /** A lease that is not renewed ends after this; a killed worker's calendar is free again by then. */
  leaseTtlMs: number;
  leaseHeartbeatMs: number;
  /**
   * Pause between polls while notifications announce changes, and while they do not: the first one, and the longest one
   * that it grows to while polls find nothing. Hosts may ask for a pause of their own.
   */
  watchedPollMs: number;
  watchedPollCeilingMs: number;
  unwatchedPollMs: number;
  unwatchedPollCeilingMs: number;
  /**
   * How old the knowledge of a calendar may be for times to be offered from it: of one that is polled, and of one whose changes
   * are announced. What is older is asked for at the provider.
   */
  freshForMs: number;
  freshWhenAnnouncedMs: number;
  /** How long such an answer is kept, and how long it is waited for. */
  liveBusyCacheMs: number;
  liveBusyTimeoutMs: number;
  /** How long after a change its notification may come before the change counts as unannounced. */
  announcementGraceMs: number;
  /** A channel that has left out the changes of so many pulls is replaced. */
  silentAfterPulls: number;
  /** Backoff after errors: first pause, longest pause, and how many tries a push has. */
  backoffBaseMs: number;
  backoffCeilingMs: number;
  pushMaxTries: number;
  /**
   * An event that has gone from one calendar may have moved to another: how long the deletion waits for the others to be
   * read before it counts, at most, and the pause between two looks.
   */
  moveGraceMs: number;
  recheckPauseMs: number;
  /** How many references one round of a push takes for each write that the calendar takes at once, and how many events are read in one. */
  pushBatchSize: number;
  /**
   * How long bookings stand whose dates have dropped out of their series' rule: calendars cut a series first and make the new
   * one for "this and following" a moment later.
   */
  splitGraceMs: number;
  /** Wanted life of a push channel. */
  channelLifetimeMs: number;
  /** A calendar that could not be watched is tried again after this. */
  unsupportedRetryMs: number;
  /** How long a subscription that has ended stays on record, counted from its provider's expiry. */
  endedSubscriptionMs: number;
  /** In how many nights each calendar is compared with its bookings as a whole, on average: the share of one night is one in so many. */
  doctorEveryNights: number;
  /** Most rows that one tick of a cron takes per kind of work. */
  cronBatchSize: number;
  /** How often the workers' own schedule ticks. */
  cronEveryMs: number;
}

/** The settings of an installation that has set none. */
export const DEFAULT_SYNC_SETTINGS: SyncSettings = {
  windowPastDays: 30,
  windowAheadDays: 400,
  pageSize: 250,
  leaseTtlMs: 20_000,
  leaseHeartbeatMs: 5_000,
  watchedPollMs: 30 * 60_000,
  watchedPollCeilingMs: 4 * 3_600_000,
  unwatchedPollMs: 2 * 60_000,
  unwatchedPollCeilingMs: 15 * 60_000,
  freshForMs: 5 * 60_000,
  freshWhenAnnouncedMs: 60 * 60_000,
  liveBusyCacheMs: 60_000,
  liveBusyTimeoutMs: 4_000,
  announcementGraceMs: 60_000,
  silentAfterPulls: 2,
  backoffBaseMs: 2_000,
  backoffCeilingMs: 15 * 60_000,
  pushMaxTries: 12,
  moveGraceMs: 2 * 60_000,
  recheckPauseMs: 1_000,
  pushBatchSize: 50,
  splitGraceMs: 30_000,
  channelLifetimeMs: 7 * 24 * 3_600_000,
  unsupportedRetryMs: 7 * 24 * 3_600_000,
  endedSubscriptionMs: 30 * 24 * 3_600_000,
  doctorEveryNights: 7,
  cronBatchSize: 1_000,
  cronEveryMs: 15_000,
};
