import { createHash } from "node:crypto";
import { importJWK, type JWK, SignJWT } from "jose";
import { publicKeysOf, signingKeyOf } from "../../oauth/signing-key.ts";
import type { GoogleContext } from "../context.ts";
import type { Account } from "../types.ts";

/** Issuer of Google's id_tokens; clients compare it. */
export const ISSUER = "https://accounts.google.com";

/** An id_token for an account, signed with the key that {@link publicKeys} shows. */
export async function signIdToken(
  context: GoogleContext,
  account: Account,
  clientId: string,
  accessToken: string,
  nonce: string | null,
): Promise<string> {
  const jwk = await signingKeyOf(context.store.oauth);
  const nowSeconds = Math.floor(context.store.clock.nowMs() / 1000);
  // at_hash: left half of the access token's SHA-256 (OpenID Connect Core 3.1.3.6).
  const hash = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
  return new SignJWT({
    azp: clientId,
    email: account.email,
    email_verified: true,
    at_hash: hash,
    name: account.name,
    ...(nonce ? { nonce } : {}),
  })
    .setProtectedHeader({ alg: "RS256", kid: jwk.kid as string, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(clientId)
    .setSubject(account.sub)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + 3600)
    .sign(await importJWK(jwk, "RS256"));
}

/** The key set of `/oauth2/v3/certs`. */
export function publicKeys(context: GoogleContext): Promise<{ keys: JWK[] }> {
  return publicKeysOf(context.store.oauth);
}
