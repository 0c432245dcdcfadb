import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import * as z from "zod";

/** What is stored, encrypted, for one installation of an integration in a workspace. */
export const credentialSchema = z.object({
  accessToken: z.string().min(1),
  /** Null for internal integrations, whose token never ends, and where Notion gives none. */
  refreshToken: z.string().min(1).nullable(),
  /** The installation: the bot's user id, by which our own edits are told. */
  botId: z.string().min(1),
  /** `internal` was pasted in; `public` came by OAuth, and is what our webhook hears of. */
  kind: z.enum(["public", "internal"]),
});

/** The installation as it is stored. */
export type NotionCredential = z.output<typeof credentialSchema>;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours: connecting again replaces it. */
export function parseCredential(secret: CredentialSecret): NotionCredential {
  const parsed = credentialSchema.safeParse(secret);
  if (parsed.success) return parsed.data;
  // The problem's paths only: its messages could repeat parts of the secret.
  const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new CalendarError("CREDENTIAL_INVALID", `the stored Notion credential is incomplete (${fields})`);
}
