import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import { z } from "zod";

/** The token that calls are made with, and how long it is good for. */
const accessSchema = z.object({
  accessToken: z.string().min(1),
  /** When the access token ends, by `expires_in` of the token answer (ISO 8601 in UTC). */
  accessTokenExpiresAt: z.iso.datetime(),
});

/** What is stored, encrypted, for one Google account whose user has consented. */
export const credentialSchema = accessSchema.extend({
  refreshToken: z.string().min(1),
  /** The scopes that the user has granted, separated by spaces. */
  scope: z.string(),
  /** When the grant itself ends, for users who gave access for a limited time; null otherwise. */
  grantEndsAt: z.iso.datetime().nullable(),
});

/** The parts of a service account's key file that we need, as Google Cloud names them. */
export const serviceAccountKeySchema = z.object({
  type: z.literal("service_account"),
  client_email: z.email(),
  client_id: z.string().regex(/^\d+$/),
  private_key_id: z.string().min(1),
  private_key: z.string().includes("PRIVATE KEY"),
});

/**
 * An account that an administrator has opened for a service account (domain-wide delegation): stored is whom it stands for,
 * and `delegation` is the domain's key, which is handed in beside it and never stored with it.
 */
const delegatedSchema = accessSchema.partial().extend({
  subject: z.email(),
  delegation: serviceAccountKeySchema,
});

export type ConsentedCredential = z.output<typeof credentialSchema>;
export type DelegatedCredential = z.output<typeof delegatedSchema>;
export type ServiceAccountKey = z.output<typeof serviceAccountKeySchema>;
export type GoogleCredential = ConsentedCredential | DelegatedCredential;

export function isDelegated(credential: GoogleCredential): credential is DelegatedCredential {
  return "subject" in credential;
}

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): GoogleCredential {
  const parsed = ("subject" in secret ? delegatedSchema : credentialSchema).safeParse(secret);
  if (parsed.success) return parsed.data;
  // The problem's paths only: its messages could repeat parts of the secret.
  const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new CalendarError("CREDENTIAL_INVALID", `the stored Google credential is incomplete (${fields})`);
}
