const LONGEST_MS = 24 * 3_600_000;

/** A `Retry-After` header (RFC 9110 §10.2.3) in milliseconds, at most a day; some providers write fractions of a second. */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  return readRetryAfter(headers?.get("retry-after"));
}

/** The same from the header's value alone. */
export function readRetryAfter(value: string | null | undefined): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1_000;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}
