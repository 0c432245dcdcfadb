import { createHash, randomBytes } from "node:crypto";

/** A PKCE verifier of 43 unreserved characters with 256 random bits (RFC 7636 §4.1). */
export function createCodeVerifier(): string {
  return randomBytes(32).toString("base64url");
}

/** The S256 challenge of a verifier: BASE64URL(SHA256(ASCII(verifier))) without padding (RFC 7636 §4.2). */
export function codeChallengeOf(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}
