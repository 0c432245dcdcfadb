import { CalendarError } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";
import * as z from "zod";

/** What we keep of a feed, encrypted: its address is its password. */
export const credentialSchema = z.object({
  /** `https://…`, or `webcal://…`, which means the same. */
  url: z.url({ protocol: /^(https?|webcals?)$/ }),
  /** Zone of floating times and of whole days, where the feed names none: the owner's. */
  timeZone: z.string().default("UTC"),
  /** Names the feed for ever, also when its address is replaced. */
  feedId: z.string().optional(),
});

/** The feed's address as it is stored. */
export type IcsFeedCredential = z.infer<typeof credentialSchema>;

/** @throws CalendarError CREDENTIAL_INVALID when the stored secret is not one of ours */
export function parseCredential(secret: CredentialSecret): IcsFeedCredential {
  const parsed = credentialSchema.safeParse(secret);
  if (parsed.success) return parsed.data;
  throw new CalendarError(
    "CREDENTIAL_INVALID",
    "ICS feed: the stored address cannot be read; add the feed again",
  );
}
