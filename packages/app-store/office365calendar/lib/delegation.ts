import { CalendarError } from "@calsync/lib";
import type { DelegationFlow, DelegationKey } from "@calsync/types";
import { accessOf, delegatedGrant, readKeyFile } from "../../common/oauth/access-credential.ts";
import type { TokenAnswer, TokenRefusal } from "../../common/oauth/token-endpoint.ts";
import { REFRESH_CODES, toTokenError } from "../../common/oauth/token-errors.ts";
import { type ApplicationKey, applicationKeySchema, type DelegatedCredential } from "./credential-schema.ts";
import { codeOf, toNetworkError } from "./error-mapper.ts";
import { APPLICATION_SCOPE } from "./scopes.ts";
import { type MicrosoftSettings, parseSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens } from "./token-endpoint.ts";

/** Access to a tenant's mailboxes with application permissions, by the provider's settings. @throws Error for unusable settings. */
export function createDelegationFlow(settings: unknown): DelegationFlow {
  const parsed = parseSettings(settings);
  return {
    readKey,
    async grantFor(key, email) {
      const subject = email.toLowerCase();
      const delegation = applicationKeySchema.parse(key);
      const credential: DelegatedCredential = { subject, delegation };
      const answer = await requestDelegatedTokens(parsed, delegation);
      if (answer.type === "refused") throw toDelegationError(answer, credential);
      // A token of an application names no user: only a call shows whether it opens this one's calendar.
      await probe(parsed, answer.tokens.access_token, subject);
      return delegatedGrant({ ...credential, ...accessOf(answer.tokens, new Date()) }, subject);
    },
  };
}

/** @throws CalendarError INVALID_REQUEST for a text that is not the three values of an app registration */
function readKey(text: string): DelegationKey {
  const key = readKeyFile(text, applicationKeySchema, {
    whatItIsNot: "the key of a Microsoft tenant",
    whatToGive:
      ": give JSON with tenantId, clientId and clientSecret of an app registration of that tenant, from the Entra admin center " +
      "under App registrations",
  });
  return {
    key,
    name: `${key.clientId} in ${key.tenantId}`,
    instructions:
      "In the Entra admin center, under App registrations > API permissions, add the Microsoft Graph application permission " +
      "Calendars.ReadWrite to this app and grant admin consent; limit it to the mailboxes that are meant with RBAC for Applications " +
      "in Exchange Online",
  };
}

/** Asks for a token for the whole tenant (client credentials, RFC 6749 §4.4). Never throws. */
export function requestDelegatedTokens(
  settings: MicrosoftSettings,
  { tenantId, clientId, clientSecret }: ApplicationKey,
): Promise<TokenAnswer<GrantedTokens>> {
  return requestTokens(
    settings,
    { tenant: tenantId, clientId, clientSecret },
    { grant_type: "client_credentials", scope: APPLICATION_SCOPE },
  );
}

/** Why the application was given no token, as what an administrator can do about it. */
export function toDelegationError(
  refusal: TokenRefusal,
  { delegation: { tenantId, clientId } }: DelegatedCredential,
): CalendarError {
  const refused =
    `The tenant ${tenantId} refuses the app ${clientId}: its secret is wrong or has expired, or the app is not registered there; ` +
    "see App registrations > Certificates & secrets in the Entra admin center";
  // No user has granted anything here: whatever is refused is the app.
  return toTokenError(
    refusal,
    { ...REFRESH_CODES, grant: "OAUTH_CLIENT_REFUSED" },
    {
      client: refused,
      grant: refused,
      request: "Microsoft refuses the application's request itself",
      transient: "Microsoft could not be asked for a token for now",
    },
  );
}

async function probe(settings: MicrosoftSettings, token: string, subject: string): Promise<void> {
  const url = `${settings.apiUrl}/v1.0/users/${encodeURIComponent(subject)}/calendars?$select=id&$top=1`;
  let response: Response;
  let code: string | undefined;
  try {
    response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      signal: AbortSignal.timeout(settings.timeoutMs),
    });
    code = codeOf(await response.json().catch(() => null));
  } catch (error) {
    throw toNetworkError(error);
  }
  if (response.ok) return;
  const options = { status: response.status, providerReason: code };
  switch (response.status) {
    case 401:
    case 403:
      throw new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        "The application may not open calendars of this tenant: in the Entra admin center, add the Microsoft Graph application " +
          `permission Calendars.ReadWrite, grant admin consent, and let its access policy cover ${subject}`,
        options,
      );
    case 404:
      throw new CalendarError(
        "CREDENTIAL_INVALID",
        `There is no mailbox ${subject} in this tenant, or it is not in the cloud`,
        options,
      );
    default:
      throw new CalendarError(
        "CALENDAR_API_ERROR",
        "Microsoft Graph could not be asked about this mailbox",
        options,
      );
  }
}
