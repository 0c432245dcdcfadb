import { CalendarError } from "@calsync/lib";
import type { CredentialSecret, DelegationFlow, DelegationKey } from "@calsync/types";
import { type ApplicationKey, applicationKeySchema, type DelegatedCredential } from "./credential-schema.ts";
import { codeOf, toNetworkError } from "./error-mapper.ts";
import { APPLICATION_SCOPE } from "./scopes.ts";
import { type MicrosoftSettings, parseSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens, type TokenRefusal } from "./token-endpoint.ts";

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
      return {
        secret: withoutKey(withDelegatedTokens(answer.tokens, credential, new Date())),
        accountId: `delegated:${subject}`,
        accountEmail: subject,
        missingScopes: [],
      };
    },
  };
}

/** @throws CalendarError INVALID_REQUEST for a text that is not the three values of an app registration */
function readKey(text: string): DelegationKey {
  const parsed = applicationKeySchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "the file"))].join(
      ", ",
    );
    throw new CalendarError(
      "INVALID_REQUEST",
      `this is not the key of a Microsoft tenant (${fields}): give JSON with tenantId, clientId and clientSecret of an app ` +
        "registration of that tenant, from the Entra admin center under App registrations",
    );
  }
  return {
    key: { ...parsed.data },
    name: `${parsed.data.clientId} in ${parsed.data.tenantId}`,
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
): ReturnType<typeof requestTokens> {
  return requestTokens(
    settings,
    { tenant: tenantId, clientId, clientSecret },
    { grant_type: "client_credentials", scope: APPLICATION_SCOPE },
  );
}

/** What is held after a token answer. */
export function withDelegatedTokens(
  tokens: GrantedTokens,
  current: DelegatedCredential,
  now: Date,
): DelegatedCredential {
  return {
    ...current,
    accessToken: tokens.access_token,
    accessTokenExpiresAt: new Date(now.getTime() + tokens.expires_in * 1_000).toISOString(),
  };
}

/** Why the application was given no token, as what an administrator can do about it. */
export function toDelegationError(
  { cause, reason, status, retryAfterMs }: TokenRefusal,
  { delegation }: DelegatedCredential,
): CalendarError {
  const options = { status: status ?? undefined, providerReason: reason };
  switch (cause) {
    case "client":
    case "grant":
      return new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        `The tenant ${delegation.tenantId} refuses the app ${delegation.clientId}: its secret is wrong or has expired, or the app is ` +
          "not registered there; see App registrations > Certificates & secrets in the Entra admin center",
        options,
      );
    case "request":
      return new CalendarError(
        "INVALID_REQUEST",
        "Microsoft refuses the application's request itself",
        options,
      );
    case "transient":
      return new CalendarError("OAUTH_TOKEN_EXPIRED", "Microsoft could not be asked for a token for now", {
        ...options,
        advice: { retry: "later", afterMs: retryAfterMs ?? null },
      });
  }
}

/** The tenant's key is stored once, for the tenant. */
function withoutKey({ delegation: _, ...secret }: DelegatedCredential): CredentialSecret {
  return secret;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
