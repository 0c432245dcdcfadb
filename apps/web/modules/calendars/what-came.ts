/** When a calendar was last read, and when it last failed; each in UTC, null when never or not since it worked again. */
export interface ReadState {
  lastPulledAt: string | null;
  lastErrorAt: string | null;
}

/**
 * What came of asking for a calendar to be read, as a sentence; null while nothing has come of it.
 * @param asked what stood there when it was asked for
 */
export function whatCame(asked: ReadState, now: ReadState): string | null {
  if (now.lastPulledAt !== asked.lastPulledAt) return "Read just now.";
  if (now.lastErrorAt !== null && now.lastErrorAt !== asked.lastErrorAt)
    return "It could not be read; why is said above.";
  return null;
}
