import { z } from "zod";
import { askForTokens, STANDARD_CAUSES, type TokenAnswer } from "../../common/oauth/token-endpoint.ts";
import type { GoogleSettings } from "./settings.ts";

const grantedSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: z.number().positive().optional(),
  scope: z.string().default(""),
  id_token: z.string().optional(),
});
const refusedSchema = z
  .object({ error: z.string(), error_subtype: z.string().optional() })
  .transform(({ error, error_subtype: detail }) => ({ error, detail }));

/** A successful answer of the token endpoint, in Google's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

const DIALECT = {
  granted: grantedSchema,
  refused: refusedSchema,
  causes: { ...STANDARD_CAUSES, deleted_client: "client" },
} as const;

/**
 * Asks Google's token endpoint, with the client's id and secret in the form (but for a service account's assertion, which says by
 * itself who asks). Never throws.
 */
export function requestTokens(
  settings: GoogleSettings,
  form: Readonly<Record<string, string>>,
  { clientAuthentication = true }: { clientAuthentication?: boolean } = {},
): Promise<TokenAnswer<GrantedTokens>> {
  const { clientId, clientSecret, tokenUrl: url, timeoutMs } = settings;
  const client = clientAuthentication ? { client_id: clientId, client_secret: clientSecret } : {};
  return askForTokens({ url, timeoutMs }, { ...form, ...client }, DIALECT);
}
