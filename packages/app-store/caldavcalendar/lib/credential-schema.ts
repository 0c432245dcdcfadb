import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import * as z from "zod";

/** What we keep of a connected CalDAV account, encrypted. */
export const credentialSchema = z.object({
  /** Where discovery begins: the server's address, or a calendar home. */
  serverUrl: z.url(),
  username: z.string().min(1),
  /** An app password where the server has them. */
  password: z.string().min(1),
  /** Addresses under which the account is invited (RFC 6638 §2.4.1), in lower case; found when it was connected. */
  addresses: z.array(z.string()).default([]),
  /** The owner's zone when the account was connected, for times that name none in calendars that name none either. */
  timeZone: z.string().optional(),
});

/** The account as it is stored. */
export type CaldavCredential = z.infer<typeof credentialSchema>;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours */
export function parseCredential(secret: CredentialSecret): CaldavCredential {
  const parsed = credentialSchema.safeParse(secret);
  if (parsed.success) return parsed.data;
  throw new CalendarError(
    "CREDENTIAL_INVALID",
    "CalDAV: the stored credential cannot be read; connect again",
  );
}

/** The account's own addresses: those that the server told, or the user's name where it is one. */
export function ownAddresses({ addresses, username }: CaldavCredential): string[] {
  if (addresses.length > 0) return addresses;
  return username.includes("@") ? [username.toLowerCase()] : [];
}
