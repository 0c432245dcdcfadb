import type { CredentialSecret } from "@calsync/types";

/**
 * The secret to keep after an account was connected again. Providers leave a field out when it has not changed (Google
 * sends a refresh token on the first consent only), so a field that is absent, null or empty keeps its stored value.
 */
export function mergeSecret(stored: CredentialSecret, granted: CredentialSecret): CredentialSecret {
  const told = Object.entries(granted).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return { ...stored, ...Object.fromEntries(told) };
}
