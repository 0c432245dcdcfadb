/** Counts of API calls by method name, e.g. `calendar.events.list`; parts of a batch count one by one. */
export interface CallStats {
  readonly calls: Record<string, number>;
  /** Counts one call. */
  count(method: string): void;
  /** Starts counting at zero again. */
  reset(): void;
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
