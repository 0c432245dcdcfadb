import type { AuthorizationRequest, OAuthFlow, OAuthGrant } from "@calsync/types";
import { z } from "zod";
import { authorizationAddress, codeForm, readIdToken } from "../../common/oauth/code-flow.ts";
import { EXCHANGE_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { CLIENT_REFUSED, withTokens } from "./AccessTokenSource.ts";
import { missingScopes, REQUESTED_SCOPES } from "./scopes.ts";
import { type MicrosoftSettings, parseSettings } from "./settings.ts";
import { requestTokens } from "./token-endpoint.ts";

const idTokenSchema = z.object({
  aud: z.string(),
  oid: z.string().min(1),
  tid: z.string().min(1),
  email: z.string().optional(),
  preferred_username: z.string().optional(),
});

const REFUSALS: RefusalSentences = {
  grant:
    "Microsoft refuses the code: it was used, is too old, or an administrator has to approve the app; connect again",
  client: CLIENT_REFUSED,
  request: "Microsoft refuses the exchange of the code",
  transient: "Microsoft could not be asked for tokens; try to connect again",
};

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
function authorizationUrl(
  { loginUrl, tenant, clientId }: MicrosoftSettings,
  request: AuthorizationRequest,
): string {
  const page = `${loginUrl}/${tenant}/oauth2/v2.0/authorize`;
  return authorizationAddress(page, { clientId, scopes: REQUESTED_SCOPES }, request, {
    response_mode: "query",
    ...(request.claims ? { claims: request.claims } : {}),
    ...(request.loginHint ? {} : { prompt: "select_account" }),
  });
}

async function exchangeCode(
  settings: MicrosoftSettings,
  input: { code: string; codeVerifier: string; redirectUri: string },
): Promise<OAuthGrant> {
  const form = { ...codeForm(input), scope: REQUESTED_SCOPES.join(" ") };
  const answer = await requestTokens(settings, settings, form);
  if (answer.type === "refused") throw toTokenError(answer, EXCHANGE_CODES, REFUSALS);
  const { tokens } = answer;
  const claims = readIdToken(tokens.id_token, settings.clientId, idTokenSchema, "Microsoft");
  // The same person has another object id in each tenant; the pair is what lasts.
  const account = `${claims.tid}.${claims.oid}`;
  return {
    secret: { ...withTokens(tokens, { account }, new Date()) },
    accountId: account,
    accountEmail: claims.email ?? claims.preferred_username ?? null,
    missingScopes: missingScopes(tokens.scope),
  };
}
