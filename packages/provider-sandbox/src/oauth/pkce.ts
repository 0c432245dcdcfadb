import { createHash } from "node:crypto";

/** What an authorization request committed itself to (RFC 7636). */
export interface CodeChallenge {
  value: string;
  method: "S256" | "plain";
}

/** True when the verifier of a code exchange is the one that the challenge was made from. */
export function verifierFits(challenge: CodeChallenge, verifier: string | null): boolean {
  if (!verifier || !/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false;
  if (challenge.method === "plain") return verifier === challenge.value;
  return createHash("sha256").update(verifier).digest("base64url") === challenge.value;
}
