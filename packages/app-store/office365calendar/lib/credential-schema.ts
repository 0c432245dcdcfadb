import type { CredentialSecret } from "@calsync/types";
import { z } from "zod";
import { accessSchema, delegatedSchema, parseStored } from "../../common/oauth/access-credential.ts";

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

/** A mailbox that an administrator has opened for an application. */
const delegated = delegatedSchema(applicationKeySchema);

/** An account whose user has consented, as it is stored. */
export type ConsentedCredential = z.output<typeof credentialSchema>;
/** An account that an administrator has opened, with the organisation's key beside it. */
export type DelegatedCredential = z.output<typeof delegated>;
/** The registration of an organisation's own application. */
export type ApplicationKey = z.output<typeof applicationKeySchema>;
/** An account, however it was connected. */
export type MicrosoftCredential = ConsentedCredential | DelegatedCredential;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): MicrosoftCredential {
  return parseStored(secret, { consented: credentialSchema, delegated }, "Microsoft");
}
