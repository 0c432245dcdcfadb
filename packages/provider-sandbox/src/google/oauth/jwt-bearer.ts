import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import type { GoogleContext } from "../context.ts";
import type { Account } from "../types.ts";
import { OAuthError } from "./oauth-error.ts";
import type { ServiceAccount } from "./ServiceAccounts.ts";

/** RFC 7523 §2.1. */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Longest life of an assertion; a longer one is refused. */
const MAX_LIFETIME_SECONDS = 3_600;
/** What a clock may be off. */
const SKEW_SECONDS = 300;

const invalidGrant = (description: string) => new OAuthError(400, "invalid_grant", description);

/**
 * An access token for the user that a service account's assertion names. Checks signature, audience and times, that the user
 * exists, and that the administrator of the user's domain has allowed this client every scope.
 */
export async function exchangeAssertion(context: GoogleContext, form: URLSearchParams): Promise<object> {
  const { oauth, accounts, clock } = context.store;
  const { serviceAccount, claims } = await verify(context, form.get("assertion") ?? "");
  const scopes = String(claims["scope"] ?? "")
    .split(/\s+/)
    .filter(Boolean);
  if (scopes.length === 0) {
    throw new OAuthError(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  }
  const subject = claims.sub;
  if (!subject)
    throw invalidGrant("Invalid JWT: this simulator gives tokens for users only; name one in sub.");
  const account: Account | undefined = accounts.get(subject);
  const domain = subject.split("@")[1] ?? "";
  if (!oauth.serviceAccounts.allows(domain, serviceAccount.clientId, scopes)) {
    throw new OAuthError(
      401,
      "unauthorized_client",
      "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
    );
  }
  if (!account) throw invalidGrant("Invalid email or User ID");
  const [shortest, longest] = context.faults.behaviours.accessTokenLifetimeSeconds;
  const lifetimeSeconds = Math.min(
    context.store.random.integer(shortest, longest),
    Math.max(1, (claims.exp ?? 0) - Math.floor(clock.nowMs() / 1_000)),
  );
  const { clientId, projectId } = serviceAccount;
  const issued = oauth.issueAccessToken(
    { email: account.email, clientId, projectId, scopes, page: false },
    lifetimeSeconds,
  );
  return { access_token: issued.token, expires_in: lifetimeSeconds, token_type: "Bearer" };
}

async function verify(
  context: GoogleContext,
  assertion: string,
): Promise<{ serviceAccount: ServiceAccount; claims: JWTPayload }> {
  const { serviceAccounts } = context.store.oauth;
  const { issuer, keyId } = read(assertion);
  const serviceAccount = serviceAccounts.find(issuer);
  if (!serviceAccount) throw invalidGrant("Invalid grant: account not found");
  const key = serviceAccounts.publicKey(serviceAccount, keyId);
  if (!key) throw invalidGrant("Invalid JWT Signature.");
  const now = new Date(context.store.clock.nowMs());
  try {
    const { payload: claims } = await jwtVerify(assertion, key, {
      algorithms: ["RS256"],
      audience: [`${context.url()}/token`, "https://oauth2.googleapis.com/token"],
      currentDate: now,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ["iat", "exp", "iss", "aud"],
    });
    if ((claims.exp ?? 0) - (claims.iat ?? 0) > MAX_LIFETIME_SECONDS) {
      throw invalidGrant(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
      );
    }
    return { serviceAccount, claims };
  } catch (error) {
    if (error instanceof OAuthError) throw error;
    const signature =
      error instanceof Error && "code" in error && error.code === "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
    throw invalidGrant(
      signature
        ? "Invalid JWT Signature."
        : "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
    );
  }
}

function read(assertion: string): { issuer: string; keyId: string } {
  try {
    return { issuer: decodeJwt(assertion).iss ?? "", keyId: decodeProtectedHeader(assertion).kid ?? "" };
  } catch {
    // No account has an empty name: it is refused like one that is not known.
    return { issuer: "", keyId: "" };
  }
}
