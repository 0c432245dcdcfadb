/**
 * Idempotency keys for one person's attempts: the same request gets the same key, so that a second press after a lost answer
 * finds the first booking; a request with anything changed is another attempt and gets a key of its own.
 */
export function createAttemptKeys(random: () => string = randomKey): (request: unknown) => string {
  let last: { request: string; key: string } | undefined;
  return (request) => {
    const text = JSON.stringify(request);
    if (last?.request !== text) last = { request: text, key: random() };
    return last.key;
  };
}

/** Not `crypto.randomUUID`, which browsers offer on secure origins only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
