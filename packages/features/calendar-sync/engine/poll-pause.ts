/** What decides how long a calendar may go without a poll. */
export interface PollState {
  /** Since when a push channel announces changes; null while none does. */
  watchedSince: Date | null;
  lastNotificationAt: Date | null;
  /** Polls in a row that found nothing. */
  quietPolls: number;
  /** Pulls in a row that found changes which the channel had not announced. */
  missedChanges: number;
  /** What the host asks for; null leaves it to the engine. */
  pollIntervalMinutes: number | null;
}

/** The pauses to choose from, in milliseconds. */
export interface PollPauses {
  watchedPollMs: number;
  watchedPollCeilingMs: number;
  unwatchedPollMs: number;
  unwatchedPollCeilingMs: number;
}

/**
 * The shortest pause until the next poll, in milliseconds: the provider's own, and what the calendar asks for (a feed's
 * REFRESH-INTERVAL, RFC 7986 §5.7) unless the host has asked for something.
 */
export function shortestPause(
  minPollMs: number,
  pollAfterMs: number | null,
  pollIntervalMinutes: number | null,
): number {
  return pollIntervalMinutes === null ? Math.max(minPollMs, pollAfterMs ?? 0) : minPollMs;
}

/**
 * The pause until the next poll, in milliseconds, before jitter. The host's own wish counts first. A channel that has
 * announced something since it stands has proven itself: polls become rarer, to hours, while they find nothing that it
 * left out. One that has left something out counts as none. Without a channel polls are minutes apart, and those of an
 * idle calendar back off gently.
 *
 * @param minPollMs the shortest pause that the provider allows; it holds for every answer
 * @param maxPollMs the longest pause of a calendar of this provider that nothing announces changes of
 */
export function pollPause(
  state: PollState,
  pauses: PollPauses,
  minPollMs: number,
  maxPollMs = Number.POSITIVE_INFINITY,
): number {
  return Math.max(minPollMs, wantedPause(state, pauses, maxPollMs));
}

function wantedPause(state: PollState, pauses: PollPauses, maxPollMs: number): number {
  const { watchedSince, lastNotificationAt, quietPolls, missedChanges, pollIntervalMinutes } = state;
  if (pollIntervalMinutes !== null) return pollIntervalMinutes * 60_000;
  if (watchedSince !== null && missedChanges === 0) {
    const proven = lastNotificationAt !== null && lastNotificationAt > watchedSince;
    return proven
      ? grown(pauses.watchedPollMs, 2, quietPolls, pauses.watchedPollCeilingMs)
      : pauses.watchedPollMs;
  }
  const { unwatchedPollMs, unwatchedPollCeilingMs } = pauses;
  return Math.min(maxPollMs, grown(unwatchedPollMs, 1.25, quietPolls, unwatchedPollCeilingMs));
}

function grown(first: number, factor: number, times: number, ceiling: number): number {
  return Math.max(first, Math.min(ceiling, first * factor ** times));
}

/**
 * The pause with a quarter of jitter to either side, so that calendars that were connected together do not stay together; never
 * shorter than `shortestMs`.
 *
 * @param random from 0 (included) to 1 (excluded)
 */
export function jittered(pauseMs: number, shortestMs: number, random: number): number {
  return Math.max(shortestMs, pauseMs * (0.75 + random / 2));
}

/** What one pull tells about the calendar's channel. */
export interface PullEvidence {
  /** When the pull began. */
  startedAt: Date;
  /** Whether a listing of everything was under way: it shows what is, and nothing of what changed when. */
  full: boolean;
  /** How many changes were listed. */
  changes: number;
  /** When the provider last saw each of them changed, where it tells. */
  changedAt: readonly Date[];
}

/**
 * What is remembered of a calendar after a pull that ended well. A change counts as unannounced when it was made while the
 * channel stood, longer than `graceMs` before the pull, and nothing was heard since it was made; a notification that came
 * after it is given the benefit of the doubt.
 */
export function afterPull(
  state: PollState & { lastPulledAt: Date | null },
  pull: PullEvidence,
  graceMs: number,
): { quietPolls: number; missedChanges: number } {
  const { watchedSince, lastNotificationAt, quietPolls, missedChanges } = state;
  if (pull.full) return { quietPolls: 0, missedChanges };
  const heard = lastNotificationAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const unannounced =
    watchedSince !== null &&
    pull.changedAt.some((at) => {
      const time = at.getTime();
      return (
        time > watchedSince.getTime() + graceMs &&
        time < pull.startedAt.getTime() - graceMs &&
        time > heard + graceMs
      );
    });
  if (unannounced) return { quietPolls: 0, missedChanges: missedChanges + 1 };
  if (pull.changes === 0)
    return { quietPolls: isAnnounced(state) ? quietPolls : quietPolls + 1, missedChanges };
  return { quietPolls: watchedSince === null ? 0 : quietPolls, missedChanges };
}

/**
 * Whether to look again soon: a change was announced since the pull before, and this one has shown none. A provider may tell of a change
 * before it can be read (delta query overview, "replication delay"). A pull of its own accord that finds nothing asks for no other.
 */
export function isToLookAgain(
  state: Pick<PollState, "lastNotificationAt"> & { lastPulledAt: Date | null },
  { full, changes }: Pick<PullEvidence, "full" | "changes">,
): boolean {
  return !full && changes === 0 && isAnnounced(state);
}

/** Whether anything was heard since the pull before. */
function isAnnounced({
  lastNotificationAt,
  lastPulledAt,
}: Pick<PollState, "lastNotificationAt"> & { lastPulledAt: Date | null }): boolean {
  return lastPulledAt !== null && lastNotificationAt !== null && lastNotificationAt > lastPulledAt;
}
