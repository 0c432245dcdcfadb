import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * A secret that nobody can guess, for cookies, API keys, links and notification secrets.
 * @param bytes of randomness; default 32.
 * @returns base64url, 43 characters for 32 bytes.
 */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString("base64url");
}

/**
 * SHA-256, which is how a token is stored: the database alone does not let anybody in. Only for tokens from
 * `randomToken`; what a person has made up needs `hashPassword`.
 */
export function hashToken(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(token).digest());
}

/** Whether `hash` is the hash of `token`; how long it takes tells nothing about either. */
export function timingSafeEqualHash(token: string, hash: Uint8Array): boolean {
  const own = hashToken(token);
  return hash.byteLength === own.byteLength && timingSafeEqual(own, hash);
}
