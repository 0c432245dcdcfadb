import type { CredentialSecret } from "@calsync/types";
import { z } from "zod";
import { accessSchema, delegatedSchema, parseStored } from "../../common/oauth/access-credential.ts";

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

/** An account that an administrator has opened for a service account (domain-wide delegation). */
const delegated = delegatedSchema(serviceAccountKeySchema);

/** An account whose user has consented, as it is stored. */
export type ConsentedCredential = z.output<typeof credentialSchema>;
/** An account that an administrator has opened, with the organisation's key beside it. */
export type DelegatedCredential = z.output<typeof delegated>;
/** The key file of a service account. */
export type ServiceAccountKey = z.output<typeof serviceAccountKeySchema>;
/** An account, however it was connected. */
export type GoogleCredential = ConsentedCredential | DelegatedCredential;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): GoogleCredential {
  return parseStored(secret, { consented: credentialSchema, delegated }, "Google");
}
