import { CalendarError } from "@calsync/lib";
import type { DelegationFlow, DelegationKey } from "@calsync/types";
import { importPKCS8, SignJWT } from "jose";
import { accessOf, delegatedGrant, readKeyFile } from "../../common/oauth/access-credential.ts";
import type { TokenAnswer, TokenRefusal } from "../../common/oauth/token-endpoint.ts";
import { REFRESH_CODES, toTokenError } from "../../common/oauth/token-errors.ts";
import {
  type DelegatedCredential,
  type ServiceAccountKey,
  serviceAccountKeySchema,
} from "./credential-schema.ts";
import { DELEGATED_SCOPES } from "./scopes.ts";
import { type GoogleSettings, parseSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens } from "./token-endpoint.ts";

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
      const answer = await requestDelegatedTokens(parsed, credential, new Date());
      if (answer.type === "refused") throw toDelegationError(answer, credential);
      return delegatedGrant({ ...credential, ...accessOf(answer.tokens, new Date()) }, subject);
    },
  };
}

/** @throws CalendarError INVALID_REQUEST for a file that is no key of a service account */
function readKey(text: string): DelegationKey {
  const key = readKeyFile(text, serviceAccountKeySchema, {
    whatItIsNot: "the JSON key file of a Google service account",
    whatToGive:
      "; make one in the Google Cloud console under IAM & Admin > Service accounts > Keys > Add key > JSON",
  });
  return {
    key,
    name: key.client_email,
    instructions:
      `In the Google Admin console, under Security > Access and data control > API controls > Manage domain-wide delegation, ` +
      `add the client ID ${key.client_id} with these OAuth scopes: ${DELEGATED_SCOPES.join(",")}`,
  };
}

/** Asks for a token for the user, signed with the service account's key (RFC 7523). Never throws but for an unusable key. */
export async function requestDelegatedTokens(
  settings: GoogleSettings,
  { subject, delegation }: DelegatedCredential,
  now: Date,
): Promise<TokenAnswer<GrantedTokens>> {
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

/** Why the service account was given no token for the user, as what an administrator can do about it. */
export function toDelegationError(
  refusal: TokenRefusal,
  { subject, delegation }: DelegatedCredential,
): CalendarError {
  const domain = subject.split("@")[1] ?? "the domain";
  return toTokenError(refusal, REFRESH_CODES, {
    client:
      `The administrator of ${domain} has not allowed this service account, or not all that sync needs: in the Google Admin ` +
      "console, under Security > Access and data control > API controls > Manage domain-wide delegation, add the client ID " +
      `${delegation.client_id} with the OAuth scopes ${DELEGATED_SCOPES.join(",")}; it may take a day to count`,
    grant:
      `Google gives the service account no access to ${subject}: the address is no user of the workspace, its account is ` +
      "suspended, or the service account's key was deleted",
    request: "Google refuses the service account's request itself",
    transient: "Google could not be asked for a token for now",
  });
}
