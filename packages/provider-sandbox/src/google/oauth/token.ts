import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { verifierFits } from "../../oauth/pkce.ts";
import { struckByFault } from "../../oauth/strike.ts";
import type { GoogleContext } from "../context.ts";
import type { Account } from "../types.ts";
import type { AuthorizationCode, OAuthClient } from "./AuthorizationState.ts";
import { ISSUER, publicKeys, signIdToken } from "./id-tokens.ts";
import { exchangeAssertion, JWT_BEARER } from "./jwt-bearer.ts";
import { OAuthError } from "./oauth-error.ts";

const invalidGrant = (description: string) => new OAuthError(400, "invalid_grant", description);

/** Token, revocation, key and user endpoints. */
export function registerTokenEndpoints(app: FastifyInstance, context: GoogleContext): void {
  app.post("/token", async (request, reply) => {
    context.stats.count("oauth2.token");
    if (await struckByFault(context.faults, "oauth2.token", request, reply)) return reply;
    return refusals(reply, () => exchange(context, request));
  });

  app.post("/revoke", async (request, reply) => {
    context.stats.count("oauth2.revoke");
    if (await struckByFault(context.faults, "oauth2.revoke", request, reply)) return reply;
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    const token =
      query.get("token") ?? (request.body instanceof URLSearchParams ? request.body.get("token") : null);
    if (!token || !context.store.oauth.revokeByToken(token)) {
      return reply.code(400).send({ error: "invalid_token", error_description: "Token expired or revoked" });
    }
    return reply.code(200).send({});
  });

  app.get("/oauth2/v3/certs", () => publicKeys(context));

  app.get("/.well-known/openid-configuration", () => {
    const url = context.url();
    return {
      issuer: ISSUER,
      authorization_endpoint: `${url}/o/oauth2/v2/auth`,
      token_endpoint: `${url}/token`,
      revocation_endpoint: `${url}/revoke`,
      userinfo_endpoint: `${url}/v1/userinfo`,
      jwks_uri: `${url}/oauth2/v3/certs`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      code_challenge_methods_supported: ["plain", "S256"],
      grant_types_supported: ["authorization_code", "refresh_token", JWT_BEARER],
    };
  });

  app.get("/v1/userinfo", (request, reply) => {
    const token = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const found = token ? context.store.oauth.accessToken(token) : null;
    const account = found ? context.store.accounts.get(found.email) : undefined;
    if (!found || !account || !found.scopes.includes("openid")) {
      return reply.code(401).send({ error: "invalid_request", error_description: "Invalid Credentials" });
    }
    return reply.send({ sub: account.sub, name: account.name, email: account.email, email_verified: true });
  });
}

async function exchange(context: GoogleContext, request: FastifyRequest): Promise<object> {
  const form = request.body;
  if (!(form instanceof URLSearchParams)) {
    throw new OAuthError(400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
  }
  const grantType = form.get("grant_type");
  // The assertion itself says who asks; no client signs in beside it.
  if (grantType === JWT_BEARER) return exchangeAssertion(context, form);
  const client = authenticate(context, form, request.headers.authorization);
  if (grantType === "authorization_code") return exchangeCode(context, client, form);
  if (grantType === "refresh_token") return refresh(context, client, form);
  if (!grantType) throw new OAuthError(400, "invalid_request", "Missing required parameter: grant_type");
  throw new OAuthError(400, "unsupported_grant_type", `Invalid grant_type: ${grantType}`);
}

function authenticate(
  context: GoogleContext,
  form: URLSearchParams,
  authorization: string | undefined,
): OAuthClient {
  const basic = /^Basic\s+(.+)$/i.exec(authorization ?? "")?.[1];
  const [basicId, basicSecret] = basic
    ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent)
    : [];
  const client = context.store.oauth.clients.get(form.get("client_id") ?? basicId ?? "");
  if (!client) throw new OAuthError(401, "invalid_client", "The OAuth client was not found.");
  if (client.status === "deleted")
    throw new OAuthError(401, "deleted_client", "The OAuth client was deleted.");
  if (client.status === "expired" || (form.get("client_secret") ?? basicSecret) !== client.clientSecret) {
    throw new OAuthError(401, "invalid_client", "The provided client secret is invalid.");
  }
  return client;
}

async function exchangeCode(
  context: GoogleContext,
  client: OAuthClient,
  form: URLSearchParams,
): Promise<object> {
  const { oauth, accounts } = context.store;
  const code = oauth.takeCode(form.get("code") ?? "");
  if (!code || code.clientId !== client.clientId) throw invalidGrant("Malformed auth code.");
  if (form.get("redirect_uri") !== code.redirectUri) {
    throw new OAuthError(400, "redirect_uri_mismatch", "Bad Request");
  }
  if (code.challenge && !verifierFits(code.challenge, form.get("code_verifier"))) {
    throw invalidGrant(form.has("code_verifier") ? "Invalid code verifier." : "Missing code verifier.");
  }
  const account = accounts.get(code.email);
  if (!account) throw invalidGrant("Bad Request");
  const limitSeconds = context.faults.behaviours.timeLimitedGrantSeconds;
  const answer = await accessAnswer(context, client, account, code.grantedScopes, code.nonce);
  if (!wantsRefreshToken(code)) return answer;
  const refreshToken = oauth.issueRefreshToken({
    email: code.email,
    clientId: client.clientId,
    projectId: client.projectId,
    scopes: code.grantedScopes,
    expiresAtMs: limitSeconds === null ? null : context.store.clock.nowMs() + limitSeconds * 1000,
  });
  return {
    ...answer,
    refresh_token: refreshToken.token,
    ...(limitSeconds === null ? {} : { refresh_token_expires_in: limitSeconds }),
  };
}

/** Only offline access gets one, and only on the first consent or when consent was asked for again. */
function wantsRefreshToken(code: AuthorizationCode): boolean {
  return code.offline && (code.firstConsent || code.forceConsent);
}

async function refresh(context: GoogleContext, client: OAuthClient, form: URLSearchParams): Promise<object> {
  const { oauth, accounts } = context.store;
  const found = oauth.useRefreshToken(form.get("refresh_token") ?? "", client);
  const account = found ? accounts.get(found.email) : undefined;
  if (!found || !account) throw invalidGrant("Token has been expired or revoked.");
  const answer = await accessAnswer(context, client, account, found.scopes, null);
  if (found.expiresAtMs === null) return answer;
  const leftSeconds = Math.floor((found.expiresAtMs - context.store.clock.nowMs()) / 1000);
  return { ...answer, refresh_token_expires_in: leftSeconds };
}

async function accessAnswer(
  context: GoogleContext,
  client: OAuthClient,
  account: Account,
  scopes: string[],
  nonce: string | null,
): Promise<object> {
  const [shortest, longest] = context.faults.behaviours.accessTokenLifetimeSeconds;
  const lifetimeSeconds = context.store.random.integer(shortest, longest);
  const { clientId, projectId } = client;
  const issued = context.store.oauth.issueAccessToken(
    { email: account.email, clientId, projectId, scopes, page: false },
    lifetimeSeconds,
  );
  return {
    access_token: issued.token,
    expires_in: lifetimeSeconds,
    scope: scopes.join(" "),
    token_type: "Bearer",
    ...(scopes.includes("openid")
      ? { id_token: await signIdToken(context, account, clientId, issued.token, nonce) }
      : {}),
  };
}

async function refusals(reply: FastifyReply, run: () => Promise<object>): Promise<FastifyReply> {
  reply
    .header("cache-control", "no-cache, no-store, max-age=0, must-revalidate")
    .header("pragma", "no-cache");
  try {
    return reply.code(200).send(await run());
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return reply.code(error.status).send({ error: error.code, error_description: error.message });
  }
}
