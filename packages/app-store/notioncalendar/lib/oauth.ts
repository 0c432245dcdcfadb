import { CalendarError } from "@calsync/lib";
import type { AuthorizationRequest, CredentialSecret, OAuthFlow, OAuthGrant } from "@calsync/types";
import { EXCHANGE_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { credentialSchema, type NotionCredential } from "./credential-schema.ts";
import { type NotionSettings, parseSettings } from "./settings.ts";
import { requestTokens, revokeToken } from "./token-endpoint.ts";

const REFUSALS: RefusalSentences = {
  grant: "Notion refuses the code: it was used or is too old; connect again",
  client:
    "Notion refuses our integration; check its id, secret and redirect address in Notion's integration settings",
  request: "Notion refuses the exchange of the code",
  transient: "Notion could not be asked for tokens; try to connect again",
};

/** Notion's OAuth code flow, by the provider's settings. PKCE is not documented there. @throws Error for unusable settings. */
export function createOAuthFlow(settings: unknown): OAuthFlow {
  const parsed = parseSettings(settings);
  return {
    authorizationUrl: (request) => authorizationUrl(parsed, request),
    exchangeCode: (input) => exchangeCode(parsed, input),
    async revoke(secret: CredentialSecret) {
      const credential = credentialSchema.safeParse(secret);
      // The secret of somebody's own integration is not ours to end.
      if (credential.success && credential.data.kind === "public")
        await revokeToken(parsed, credential.data.accessToken);
    },
  };
}

/** The address is always named, so that the exchange always has to name it too. */
function authorizationUrl({ apiUrl, clientId }: NotionSettings, request: AuthorizationRequest): string {
  if (clientId === undefined) throw new CalendarError("OAUTH_CLIENT_REFUSED", "Notion has no client id here");
  const url = new URL("/v1/oauth/authorize", apiUrl);
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: request.redirectUri,
    response_type: "code",
    owner: "user",
    state: request.state,
  }).toString();
  return url.href;
}

async function exchangeCode(
  settings: NotionSettings,
  input: { code: string; redirectUri: string },
): Promise<OAuthGrant> {
  const answer = await requestTokens(settings, {
    grant_type: "authorization_code",
    code: input.code,
    redirect_uri: input.redirectUri,
  });
  if (answer.type === "refused") throw toTokenError(answer, EXCHANGE_CODES, REFUSALS);
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    bot_id: botId,
    workspace_name,
    owner,
  } = answer.tokens;
  const secret: NotionCredential = { accessToken, refreshToken: refreshToken ?? null, botId, kind: "public" };
  return {
    secret,
    accountId: botId,
    accountEmail: owner?.user?.person?.email ?? null,
    accountName: workspace_name ?? null,
    // What was shared is chosen on Notion's page, database by database; there are no scopes.
    missingScopes: [],
  };
}
