import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import { z } from "zod";

/** What is stored, encrypted, for one Google account. */
export const credentialSchema = z.object({
  accessToken: z.string().min(1),
  /** When the access token ends, by `expires_in` of the token answer (ISO 8601 in UTC). */
  accessTokenExpiresAt: z.iso.datetime(),
  refreshToken: z.string().min(1),
  /** The scopes that the user has granted, separated by spaces. */
  scope: z.string(),
  /** When the grant itself ends, for users who gave access for a limited time; null otherwise. */
  grantEndsAt: z.iso.datetime().nullable(),
});

export type GoogleCredential = z.output<typeof credentialSchema>;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): GoogleCredential {
  const parsed = credentialSchema.safeParse(secret);
  if (parsed.success) return parsed.data;
  // The problem's paths only: its messages could repeat parts of the secret.
  const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new CalendarError("CREDENTIAL_INVALID", `the stored Google credential is incomplete (${fields})`);
}
