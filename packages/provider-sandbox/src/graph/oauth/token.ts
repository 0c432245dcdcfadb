import type { FastifyInstance, FastifyRequest } from "fastify";
import { verifierFits } from "../../oauth/pkce.ts";
import { publicKeysOf } from "../../oauth/signing-key.ts";
import { struckByFault } from "../../oauth/strike.ts";
import type { GraphContext } from "../context.ts";
import { APPLICATION_ROLES, firstResourceScopes, GRAPH_RESOURCE, graphNames, parseScope } from "../scopes.ts";
import type { GraphAccount } from "../types.ts";
import type { GraphRefreshToken, RegisteredApp } from "./IdentityState.ts";
import { issuerOf, signIdToken } from "./id-tokens.ts";
import { IdentityError, invalidGrant, invalidRequest } from "./identity-error.ts";
import { signsInAt, tenantId } from "./tenants.ts";

interface TenantPath {
  Params: { tenant: string };
}

/** The token endpoint, the key set and the discovery document, below `prefix`. */
export function registerTokens(app: FastifyInstance, context: GraphContext, prefix: string): void {
  app.post<TenantPath>(`${prefix}/:tenant/oauth2/v2.0/token`, async (request, reply) => {
    context.stats.count("graph.oauth2.token");
    if (await struckByFault(context.faults, "graph.oauth2.token", request, reply)) return reply;
    reply.header("cache-control", "no-store, no-cache").header("pragma", "no-cache");
    try {
      return reply.code(200).send(await exchange(context, request.params.tenant, request));
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      return reply.code(error.status).send(error.toBody(context.store.clock.nowMs()));
    }
  });

  app.get(`${prefix}/:tenant/discovery/v2.0/keys`, () => publicKeysOf(context.store.identity));

  app.get<TenantPath>(`${prefix}/:tenant/v2.0/.well-known/openid-configuration`, (request) => {
    const { tenant } = request.params;
    const root = `${context.loginUrl()}/${tenant}`;
    const shared = ["common", "organizations"].includes(tenant);
    return {
      issuer: shared ? issuerOf("{tenantid}") : issuerOf(tenantId(context.store, tenant)),
      authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
      token_endpoint: `${root}/oauth2/v2.0/token`,
      jwks_uri: `${root}/discovery/v2.0/keys`,
      response_types_supported: ["code"],
      response_modes_supported: ["query", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
    };
  });
}

async function exchange(context: GraphContext, tenant: string, request: FastifyRequest): Promise<object> {
  const form = request.body;
  if (!(form instanceof URLSearchParams)) {
    throw invalidRequest(900144, "The request body must be application/x-www-form-urlencoded.");
  }
  const grantType = form.get("grant_type");
  if (!grantType) {
    throw invalidRequest(900144, "The request body must contain the following parameter: 'grant_type'.");
  }
  const app = authenticate(context, form, request.headers.authorization);
  if (grantType === "authorization_code") return exchangeCode(context, tenant, app, form);
  if (grantType === "refresh_token") return refresh(context, tenant, app, form);
  if (grantType === "client_credentials") return signInApplication(context, tenant, app, form);
  throw new IdentityError(
    400,
    "unsupported_grant_type",
    70003,
    `The app requested an unsupported grant type '${grantType}'.`,
  );
}

function authenticate(
  context: GraphContext,
  form: URLSearchParams,
  authorization: string | undefined,
): RegisteredApp {
  const basic = /^Basic\s+(.+)$/i.exec(authorization ?? "")?.[1];
  const [basicId, basicSecret] = basic
    ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent)
    : [];
  const clientId = form.get("client_id") ?? basicId ?? "";
  const app = context.store.identity.apps.get(clientId);
  if (!app || app.status === "deleted") {
    throw new IdentityError(
      401,
      "invalid_client",
      700016,
      `Application with identifier '${clientId}' was not found in the directory.`,
    );
  }
  const fromSpa = app.spaRedirectUris.includes(form.get("redirect_uri") ?? "");
  const given = form.get("client_secret") ?? basicSecret;
  if (fromSpa && given === undefined) return app;
  if (app.status === "expired") {
    throw new IdentityError(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${clientId}' are expired.`,
    );
  }
  if (given !== app.clientSecret) {
    throw new IdentityError(
      401,
      "invalid_client",
      7000215,
      "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
    );
  }
  return app;
}

async function exchangeCode(
  context: GraphContext,
  tenant: string,
  app: RegisteredApp,
  form: URLSearchParams,
): Promise<object> {
  const { identity, accounts } = context.store;
  const code = identity.takeCode(form.get("code") ?? "");
  if (!code || code.clientId !== app.clientId) throw invalidGrant(54005);
  if (form.get("redirect_uri") !== code.redirectUri) {
    throw invalidGrant(500112, "The reply address does not match the one of the authorization request.");
  }
  if (code.challenge && !verifierFits(code.challenge, form.get("code_verifier"))) {
    throw invalidGrant(
      501481,
      "The Code_Verifier does not match the code_challenge of the authorization request.",
    );
  }
  const account = accounts.get(code.email);
  if (!account || !signsInAt(tenant, account)) throw invalidGrant(70000);
  const scopes = firstResourceScopes(code.scopes);
  const spa = app.spaRedirectUris.includes(code.redirectUri);
  const answer = await accessAnswer(context, app, account, scopes, {
    nonce: code.nonce,
    claims: code.claims,
  });
  if (!code.scopes.includes("offline_access")) return answer;
  const { token } = identity.issueRefreshToken({
    email: account.email,
    clientId: app.clientId,
    scopes: code.scopes,
    spa,
    claims: code.claims,
  });
  return { ...answer, refresh_token: token };
}

async function refresh(
  context: GraphContext,
  tenant: string,
  app: RegisteredApp,
  form: URLSearchParams,
): Promise<object> {
  const { identity, accounts } = context.store;
  const shown = form.get("refresh_token") ?? "";
  const outcome = identity.useRefreshToken(shown, app.clientId, context.faults.behaviours.refreshTokenReuse);
  if (!outcome.ok) throw invalidGrant(outcome.code);
  const kept = outcome.token;
  const account = accounts.get(kept.email);
  if (!account || !signsInAt(tenant, account)) throw invalidGrant(70000);
  const scopes = refreshedScopes(kept, form.get("scope"));
  const answer = await accessAnswer(context, app, account, scopes, { nonce: null, claims: kept.claims });
  const { email, clientId, scopes: consented, spa, claims } = kept;
  const next = identity.issueRefreshToken({ email, clientId, scopes: consented, spa, claims }, kept);
  return { ...answer, refresh_token: next.token };
}

/** Scopes of a refreshed token: those asked for, which must have been consented to, or all of the first resource. */
function refreshedScopes(kept: GraphRefreshToken, asked: string | null): string[] {
  const wanted = (asked ?? "").split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return firstResourceScopes(kept.scopes);
  const consented = new Set(kept.scopes.map((scope) => parseScope(scope).name));
  const missing = wanted.find((scope) => {
    const { name } = parseScope(scope);
    return name !== ".default" && !consented.has(name);
  });
  if (missing) throw invalidGrant(65001);
  return wanted.some((scope) => scope.endsWith(".default"))
    ? firstResourceScopes(kept.scopes)
    : firstResourceScopes(wanted);
}

/** `client_credentials`: a token of the app itself, with the roles that the tenant's administrator granted. */
function signInApplication(
  context: GraphContext,
  tenant: string,
  app: RegisteredApp,
  form: URLSearchParams,
): object {
  const scope = form.get("scope");
  if (scope !== `${GRAPH_RESOURCE}/.default`) {
    throw new IdentityError(
      400,
      "invalid_scope",
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
    );
  }
  const id = tenantId(context.store, tenant);
  const granted = graphNames(context.store.identity.adminConsent(id, app.clientId));
  const roles = APPLICATION_ROLES.filter((role) => granted.has(role));
  if (granted.size === 0) {
    throw new IdentityError(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${app.clientId}' was not found in the directory '${id}'. It has not been consented to by an administrator of the tenant.`,
    );
  }
  const lifetimeSeconds = lifetime(context);
  const issued = context.store.identity.issueAccessToken(
    { email: null, tenantId: id, clientId: app.clientId, scopes: roles, claims: null, page: false },
    lifetimeSeconds,
  );
  return {
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: issued.token,
  };
}

async function accessAnswer(
  context: GraphContext,
  app: RegisteredApp,
  account: GraphAccount,
  scopes: string[],
  asked: { nonce: string | null; claims: string | null },
): Promise<object> {
  const { clientId } = app;
  const lifetimeSeconds = lifetime(context);
  const issued = context.store.identity.issueAccessToken(
    {
      email: account.email,
      tenantId: account.tenantId,
      clientId,
      scopes,
      claims: asked.claims,
      page: false,
    },
    lifetimeSeconds,
  );
  return {
    token_type: "Bearer",
    // offline_access is no permission of the token.
    scope: scopes.filter((scope) => scope !== "offline_access").join(" "),
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: issued.token,
    ...(scopes.includes("openid")
      ? { id_token: await signIdToken(context, account, clientId, asked.nonce) }
      : {}),
  };
}

function lifetime(context: GraphContext): number {
  const [shortest, longest] = context.faults.behaviours.accessTokenLifetimeSeconds;
  return context.store.random.integer(shortest, longest);
}
