import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import { z } from "zod";

/** The token that calls are made with, and how long it is good for. */
const accessSchema = z.object({
  accessToken: z.string().min(1),
  /** When the access token ends, by `expires_in` of the token answer (ISO 8601 in UTC). */
  accessTokenExpiresAt: z.iso.datetime(),
});

/** What is stored, encrypted, for one Microsoft account whose user has consented. */
export const credentialSchema = accessSchema.extend({
  refreshToken: z.string().min(1),
  /** The scopes that were granted, separated by spaces. */
  scope: z.string(),
  /** Tenant and object id of the account: calls of one mailbox share its few lanes. */
  account: z.string().min(1),
});

/** What an administrator gives to open a tenant: an app registration with application permissions. */
export const applicationKeySchema = z.object({
  tenantId: z.string().regex(/^[A-Za-z0-9.-]+$/),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});

/**
 * A mailbox that an administrator has opened for an application: stored is whom it stands for, and `delegation` is the tenant's
 * key, which is handed in beside it and never stored with it.
 */
const delegatedSchema = accessSchema.partial().extend({
  subject: z.email(),
  delegation: applicationKeySchema,
});

export type ConsentedCredential = z.output<typeof credentialSchema>;
export type DelegatedCredential = z.output<typeof delegatedSchema>;
export type ApplicationKey = z.output<typeof applicationKeySchema>;
export type MicrosoftCredential = ConsentedCredential | DelegatedCredential;

export function isDelegated(credential: MicrosoftCredential): credential is DelegatedCredential {
  return "subject" in credential;
}

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): MicrosoftCredential {
  const parsed = ("subject" in secret ? delegatedSchema : credentialSchema).safeParse(secret);
  if (parsed.success) return parsed.data;
  // The problem's paths only: its messages could repeat parts of the secret.
  const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new CalendarError("CREDENTIAL_INVALID", `the stored Microsoft credential is incomplete (${fields})`);
}
