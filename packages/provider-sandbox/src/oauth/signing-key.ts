import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK } from "jose";

/** Where a provider keeps the private key of its id_tokens. */
export interface SigningKeyHolder {
  signingKey: Record<string, unknown> | null;
}

/** The private key of a provider's id_tokens (RS256); made on first use. */
export async function signingKeyOf(holder: SigningKeyHolder): Promise<JWK> {
  const kept = holder.signingKey as JWK | null;
  if (kept) return kept;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  jwk.kid = createHash("sha256")
    .update(jwk.n as string)
    .digest("hex")
    .slice(0, 40);
  // Two first calls at once: the later key must not replace the one that is in use.
  const raced = holder.signingKey as JWK | null;
  if (raced) return raced;
  holder.signingKey = jwk as Record<string, unknown>;
  return jwk;
}

/** The key set that a provider publishes. */
export async function publicKeysOf(holder: SigningKeyHolder): Promise<{ keys: JWK[] }> {
  const { kty, n, e, kid } = await signingKeyOf(holder);
  return { keys: [{ kty, n, e, kid, alg: "RS256", use: "sig" } as JWK] };
}
