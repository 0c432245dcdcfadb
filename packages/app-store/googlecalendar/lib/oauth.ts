import { CalendarError } from "@calsync/lib";
import type {
  AuthorizationRequest,
  CredentialSecret,
  MissingScope,
  OAuthFlow,
  OAuthGrant,
} from "@calsync/types";
import { z } from "zod";
import { withTokens } from "./AccessTokenSource.ts";
import { credentialSchema } from "./credential-schema.ts";
import { NEEDED_SCOPES, REQUESTED_SCOPES } from "./scopes.ts";
import { type GoogleSettings, parseSettings } from "./settings.ts";
import { requestTokens, type TokenRefusal } from "./token-endpoint.ts";

const idTokenSchema = z.object({
  aud: z.string(),
  sub: z.string().min(1),
  email: z.string().optional(),
});

/** Google's OAuth code flow with PKCE, by the provider's settings. @throws Error for unusable settings. */
export function createOAuthFlow(settings: unknown): OAuthFlow {
  const parsed = parseSettings(settings);
  return {
    authorizationUrl: (request) => authorizationUrl(parsed, request),
    exchangeCode: (input) => exchangeCode(parsed, input),
    revoke: (secret) => revoke(parsed, secret),
  };
}

/**
 * `offline` and `consent` together make Google give a refresh token every time; without the second it does so only once
 * in an account's life. `include_granted_scopes` keeps what the user has granted before.
 */
function authorizationUrl(settings: GoogleSettings, request: AuthorizationRequest): string {
  const url = new URL(settings.authUrl);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: request.redirectUri,
    scope: REQUESTED_SCOPES.join(" "),
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: "S256",
    access_type: "offline",
    prompt: "consent",
    include_granted_scopes: "true",
    ...(request.loginHint ? { login_hint: request.loginHint } : {}),
  }).toString();
  return url.href;
}

async function exchangeCode(
  settings: GoogleSettings,
  input: { code: string; codeVerifier: string; redirectUri: string },
): Promise<OAuthGrant> {
  const answer = await requestTokens(settings, {
    grant_type: "authorization_code",
    code: input.code,
    code_verifier: input.codeVerifier,
    redirect_uri: input.redirectUri,
  });
  if (answer.type === "refused") throw toExchangeError(answer);
  const { tokens } = answer;
  const account = readIdToken(tokens.id_token, settings.clientId);
  return {
    secret: { ...withTokens(tokens, null, new Date()) },
    accountId: account.sub,
    accountEmail: account.email ?? null,
    missingScopes: missingScopes(tokens.scope),
  };
}

/**
 * Ends everything that the user has granted to our project, for all of its connections; stop its channels first, and do
 * not call it while another connection of the same Google account stays. What goes wrong is left at that.
 */
async function revoke(settings: GoogleSettings, secret: CredentialSecret): Promise<void> {
  const credential = credentialSchema.safeParse(secret);
  if (!credential.success) return;
  try {
    const response = await fetch(settings.revokeUrl, {
      method: "POST",
      body: new URLSearchParams({ token: credential.data.refreshToken }),
      signal: AbortSignal.timeout(settings.timeoutMs),
    });
    await response.body?.cancel();
  } catch {
    // The grant then ends by itself, or when the user removes the app.
  }
}

/** Scopes that we need and that neither were granted nor are covered by a wider one. */
export function missingScopes(granted: string): MissingScope[] {
  const held = new Set(granted.split(/\s+/));
  return NEEDED_SCOPES.filter(({ scope, wider }) => ![scope, ...wider].some((one) => held.has(one))).map(
    ({ scope, permission }) => ({ scope, permission }),
  );
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
      "Google did not say which account was connected; connect again",
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
        "Google refuses the code: it was used or is too old; connect again",
        {
          ...options,
        },
      );
    case "client":
      return new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        "Google refuses our OAuth client; check its id, secret and redirect address in the Google Cloud console",
        options,
      );
    case "request":
      return new CalendarError("INVALID_REQUEST", "Google refuses the exchange of the code", options);
    case "transient":
      return new CalendarError(
        "NETWORK_ERROR",
        "Google could not be asked for tokens; try to connect again",
        options,
      );
  }
}
