import { CalendarError } from "@calsync/lib";
import type { CredentialSecret, DelegationFlow, DelegationKey } from "@calsync/types";
import { importPKCS8, SignJWT } from "jose";
import {
  type DelegatedCredential,
  type ServiceAccountKey,
  serviceAccountKeySchema,
} from "./credential-schema.ts";
import { DELEGATED_SCOPES } from "./scopes.ts";
import { type GoogleSettings, parseSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens, type TokenRefusal } from "./token-endpoint.ts";

/** RFC 7523 §2.1. */
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Google refuses assertions that live longer than an hour. */
const ASSERTION_SECONDS = 3_600;

/** Google's domain-wide delegation, by the provider's settings. @throws Error for unusable settings. */
export function createDelegationFlow(settings: unknown): DelegationFlow {
  const parsed = parseSettings(settings);
  return {
    readKey,
    async grantFor(key, email) {
      const subject = email.toLowerCase();
      const credential: DelegatedCredential = { subject, delegation: serviceAccountKeySchema.parse(key) };
      const tokens = await requestDelegatedTokens(parsed, credential, new Date());
      if (tokens.type === "refused") throw toDelegationError(tokens, credential);
      return {
        secret: withoutKey(withDelegatedTokens(tokens.tokens, credential, new Date())),
        // The assertion's answer names no account; a workspace address is the administrator's to give and to take.
        accountId: `delegated:${subject}`,
        accountEmail: subject,
        missingScopes: [],
      };
    },
  };
}

/** @throws CalendarError INVALID_REQUEST for a file that is no key of a service account */
function readKey(text: string): DelegationKey {
  const parsed = serviceAccountKeySchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "the file"))].join(
      ", ",
    );
    throw new CalendarError(
      "INVALID_REQUEST",
      `this is not the JSON key file of a Google service account (${fields}); make one in the Google Cloud console under ` +
        "IAM & Admin > Service accounts > Keys > Add key > JSON",
    );
  }
  const { client_email: name, client_id: clientId } = parsed.data;
  return {
    key: { ...parsed.data },
    name,
    instructions:
      `In the Google Admin console, under Security > Access and data control > API controls > Manage domain-wide delegation, ` +
      `add the client ID ${clientId} with these OAuth scopes: ${DELEGATED_SCOPES.join(",")}`,
  };
}

/** Asks for a token for the user, signed with the service account's key (RFC 7523). Never throws but for an unusable key. */
export async function requestDelegatedTokens(
  settings: GoogleSettings,
  { subject, delegation }: DelegatedCredential,
  now: Date,
): Promise<Awaited<ReturnType<typeof requestTokens>>> {
  const issuedAt = Math.floor(now.getTime() / 1_000);
  const assertion = await new SignJWT({ scope: DELEGATED_SCOPES.join(" ") })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: delegation.private_key_id })
    .setIssuer(delegation.client_email)
    .setSubject(subject)
    .setAudience(settings.tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS)
    .sign(await privateKeyOf(delegation));
  return requestTokens(settings, { grant_type: JWT_BEARER, assertion }, { clientAuthentication: false });
}

async function privateKeyOf({ private_key: pem }: ServiceAccountKey): Promise<CryptoKey> {
  // The reason could repeat parts of the key.
  const key = await importPKCS8(pem, "RS256").catch(() => null);
  if (key !== null) return key;
  throw new CalendarError("INVALID_REQUEST", "the service account's private key cannot be read");
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

/** The domain's key is stored once, for the domain. */
function withoutKey({ delegation: _, ...secret }: DelegatedCredential): CredentialSecret {
  return secret;
}

/** Why the service account was given no token for the user, as what an administrator can do about it. */
export function toDelegationError(
  { cause, reason, status, retryAfterMs }: TokenRefusal,
  { subject, delegation }: DelegatedCredential,
): CalendarError {
  const options = { status: status ?? undefined, providerReason: reason };
  const domain = subject.split("@")[1] ?? "the domain";
  switch (cause) {
    case "client":
      return new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        `The administrator of ${domain} has not allowed this service account, or not all that sync needs: in the Google Admin ` +
          "console, under Security > Access and data control > API controls > Manage domain-wide delegation, add the client ID " +
          `${delegation.client_id} with the OAuth scopes ${DELEGATED_SCOPES.join(",")}; it may take a day to count`,
        options,
      );
    case "grant":
      return new CalendarError(
        "CREDENTIAL_INVALID",
        `Google gives the service account no access to ${subject}: the address is no user of the workspace, its account is ` +
          "suspended, or the service account's key was deleted",
        options,
      );
    case "request":
      return new CalendarError(
        "INVALID_REQUEST",
        "Google refuses the service account's request itself",
        options,
      );
    case "transient":
      return new CalendarError("OAUTH_TOKEN_EXPIRED", "Google could not be asked for a token for now", {
        ...options,
        advice: { retry: "later", afterMs: retryAfterMs ?? null },
      });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
