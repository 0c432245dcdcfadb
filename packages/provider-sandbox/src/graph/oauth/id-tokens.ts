import { createHash } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import { signingKeyOf } from "../../oauth/signing-key.ts";
import type { GraphContext } from "../context.ts";
import type { GraphAccount } from "../types.ts";

/** Issuer of the id_tokens of a tenant; clients compare it. */
export function issuerOf(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`;
}

/** An id_token for an account; `oid` and `tid` together name the account. */
export async function signIdToken(
  context: GraphContext,
  account: GraphAccount,
  clientId: string,
  nonce: string | null,
): Promise<string> {
  const { identity, clock } = context.store;
  const jwk = await signingKeyOf(identity);
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  return new SignJWT({
    oid: account.id,
    tid: account.tenantId,
    preferred_username: account.email,
    email: account.email,
    name: account.name,
    ver: "2.0",
    ...(nonce ? { nonce } : {}),
  })
    .setProtectedHeader({ alg: "RS256", kid: jwk.kid as string, typ: "JWT" })
    .setIssuer(issuerOf(account.tenantId))
    .setAudience(clientId)
    .setSubject(pairwiseSubject(account, clientId))
    .setIssuedAt(nowSeconds)
    .setNotBefore(nowSeconds)
    .setExpirationTime(nowSeconds + 3600)
    .sign(await importJWK(jwk, "RS256"));
}

/** `sub` differs per app: it cannot tell that two apps' users are the same. */
function pairwiseSubject(account: GraphAccount, clientId: string): string {
  return createHash("sha256").update(`${account.id} ${clientId}`).digest("base64url");
}
