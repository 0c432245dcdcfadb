/** Runs tasks of one key one after another, and at most a fixed number of tasks at once over all keys, first come first served. */
export interface Limiter {
  run<T>(key: number, task: () => Promise<T>): Promise<T>;
}

/** @param limit how many tasks may run at once, at least 1 */
export function createLimiter(limit: number): Limiter {
  const lastOfKey = new Map<number, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function withSlot<T>(task: () => Promise<T>): Promise<T> {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The slot is handed over: the count stays.
      if (next) next();
      else running -= 1;
    }
  }

  return {
    async run(key, task) {
      const before = lastOfKey.get(key) ?? Promise.resolve();
      const result = before.then(() => withSlot(task));
      const settled = result.then(
        () => undefined,
        () => undefined,
      );
      lastOfKey.set(key, settled);
      try {
        return await result;
      } finally {
        if (lastOfKey.get(key) === settled) lastOfKey.delete(key);
      }
    },
  };
}
