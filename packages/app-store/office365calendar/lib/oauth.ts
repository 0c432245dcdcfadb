import { CalendarError } from "@calsync/lib";
import type { AuthorizationRequest, OAuthFlow, OAuthGrant } from "@calsync/types";
import { z } from "zod";
import { withTokens } from "./AccessTokenSource.ts";
import { missingScopes, REQUESTED_SCOPES } from "./scopes.ts";
import { type MicrosoftSettings, parseSettings } from "./settings.ts";
import { requestTokens, type TokenRefusal } from "./token-endpoint.ts";

const idTokenSchema = z.object({
  aud: z.string(),
  oid: z.string().min(1),
  tid: z.string().min(1),
  email: z.string().optional(),
  preferred_username: z.string().optional(),
});

/** The identity platform's code flow with PKCE (v2.0), by the provider's settings. @throws Error for unusable settings. */
export function createOAuthFlow(settings: unknown): OAuthFlow {
  const parsed = parseSettings(settings);
  return {
    authorizationUrl: (request) => authorizationUrl(parsed, request),
    exchangeCode: (input) => exchangeCode(parsed, input),
    // The platform has no endpoint for it: what would end this grant would end every session of the user. What we hold is
    // forgotten, and what is left of it dies unused after 90 days.
    revoke: async () => undefined,
  };
}

/** `select_account` lets a user who is signed in with one account connect another. */
function authorizationUrl(settings: MicrosoftSettings, request: AuthorizationRequest): string {
  const url = new URL(`${settings.loginUrl}/${settings.tenant}/oauth2/v2.0/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    response_mode: "query",
    client_id: settings.clientId,
    redirect_uri: request.redirectUri,
    scope: REQUESTED_SCOPES.join(" "),
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: "S256",
    ...(request.claims ? { claims: request.claims } : {}),
    ...(request.loginHint ? { login_hint: request.loginHint } : { prompt: "select_account" }),
  }).toString();
  return url.href;
}

async function exchangeCode(
  settings: MicrosoftSettings,
  input: { code: string; codeVerifier: string; redirectUri: string },
): Promise<OAuthGrant> {
  const answer = await requestTokens(settings, settings, {
    grant_type: "authorization_code",
    code: input.code,
    code_verifier: input.codeVerifier,
    redirect_uri: input.redirectUri,
    scope: REQUESTED_SCOPES.join(" "),
  });
  if (answer.type === "refused") throw toExchangeError(answer);
  const { tokens } = answer;
  const claims = readIdToken(tokens.id_token, settings.clientId);
  // The same person has another object id in each tenant; the pair is what lasts.
  const account = `${claims.tid}.${claims.oid}`;
  return {
    secret: { ...withTokens(tokens, { account }, new Date()) },
    accountId: account,
    accountEmail: claims.email ?? claims.preferred_username ?? null,
    missingScopes: missingScopes(tokens.scope),
  };
}

/**
 * The account that an id_token names. It came from the token endpoint itself, so that TLS vouches for it and its
 * signature need not be checked (OpenID Connect Core §3.1.3.7); that it was made for us must be.
 */
function readIdToken(idToken: string | undefined, clientId: string): z.output<typeof idTokenSchema> {
  const payload = idToken?.split(".")[1];
  const claims = idTokenSchema.safeParse(parseJson(Buffer.from(payload ?? "", "base64url").toString("utf8")));
  if (!claims.success || claims.data.aud !== clientId) {
    throw new CalendarError(
      "CALENDAR_API_ERROR",
      "Microsoft did not say which account was connected; connect again",
    );
  }
  return claims.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function toExchangeError({ cause, reason, status }: TokenRefusal): CalendarError {
  const options = { status: status ?? undefined, providerReason: reason };
  switch (cause) {
    case "grant":
      return new CalendarError(
        "INVALID_REQUEST",
        "Microsoft refuses the code: it was used, is too old, or an administrator has to approve the app; connect again",
        options,
      );
    case "client":
      return new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        "Microsoft refuses our app registration; check its id and its secret, which expires, in the Entra admin center",
        options,
      );
    case "request":
      return new CalendarError("INVALID_REQUEST", "Microsoft refuses the exchange of the code", options);
    case "transient":
      return new CalendarError(
        "NETWORK_ERROR",
        "Microsoft could not be asked for tokens; try to connect again",
        options,
      );
  }
}
