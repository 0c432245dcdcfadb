import type {
  AuthorizationRequest,
  CredentialSecret,
  MissingScope,
  OAuthFlow,
  OAuthGrant,
} from "@calsync/types";
import { z } from "zod";
import { authorizationAddress, codeForm, readIdToken } from "../../common/oauth/code-flow.ts";
import { EXCHANGE_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { withTokens } from "./AccessTokenSource.ts";
import { credentialSchema } from "./credential-schema.ts";
import { NEEDED_SCOPES, REQUESTED_SCOPES } from "./scopes.ts";
import { type GoogleSettings, parseSettings } from "./settings.ts";
import { requestTokens } from "./token-endpoint.ts";

const idTokenSchema = z.object({
  aud: z.string(),
  sub: z.string().min(1),
  email: z.string().optional(),
});

const REFUSALS: RefusalSentences = {
  grant: "Google refuses the code: it was used or is too old; connect again",
  client:
    "Google refuses our OAuth client; check its id, secret and redirect address in the Google Cloud console",
  request: "Google refuses the exchange of the code",
  transient: "Google could not be asked for tokens; try to connect again",
};

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
function authorizationUrl({ authUrl, clientId }: GoogleSettings, request: AuthorizationRequest): string {
  return authorizationAddress(authUrl, { clientId, scopes: REQUESTED_SCOPES }, request, {
    access_type: "offline",
    prompt: "consent",
    include_granted_scopes: "true",
  });
}

async function exchangeCode(
  settings: GoogleSettings,
  input: { code: string; codeVerifier: string; redirectUri: string },
): Promise<OAuthGrant> {
  const answer = await requestTokens(settings, codeForm(input));
  if (answer.type === "refused") throw toTokenError(answer, EXCHANGE_CODES, REFUSALS);
  const { tokens } = answer;
  const account = readIdToken(tokens.id_token, settings.clientId, idTokenSchema, "Google");
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
