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
  /** Pause between polls while notifications announce changes, and while they do not. */
  watchedPollMs: number;
  unwatchedPollMs: number;
  /** Backoff after errors: first pause, longest pause, and how many tries a push has. */
  backoffBaseMs: number;
  backoffCeilingMs: number;
  pushMaxTries: number;
  /** How many references one round of a push takes. */
  pushBatchSize: number;
  /** Wanted life of a push channel. */
  channelLifetimeMs: number;
  /** Most rows that one tick of a cron takes per kind of work. */
  cronBatchSize: number;
  /** How often the workers' own schedule ticks. */
  cronEveryMs: number;
}

export const DEFAULT_SYNC_SETTINGS: SyncSettings = {
  windowPastDays: 30,
  windowAheadDays: 400,
  pageSize: 250,
  leaseTtlMs: 20_000,
  leaseHeartbeatMs: 5_000,
  watchedPollMs: 30 * 60_000,
  unwatchedPollMs: 2 * 60_000,
  backoffBaseMs: 2_000,
  backoffCeilingMs: 15 * 60_000,
  pushMaxTries: 12,
  pushBatchSize: 50,
  channelLifetimeMs: 7 * 24 * 3_600_000,
  cronBatchSize: 1_000,
  cronEveryMs: 15_000,
};
