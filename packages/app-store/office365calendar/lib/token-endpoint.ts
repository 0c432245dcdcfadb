import { z } from "zod";
import { askForTokens, STANDARD_CAUSES, type TokenAnswer } from "../../common/oauth/token-endpoint.ts";
import type { MicrosoftSettings } from "./settings.ts";

const grantedSchema = z.object({
  access_token: z.string().min(1),
  // It varies between 60 and 90 minutes, so that it is never assumed.
  expires_in: z.coerce.number().positive(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().default(""),
  id_token: z.string().optional(),
});
const refusedSchema = z
  .object({ error: z.string(), error_codes: z.array(z.number()).optional() })
  .transform(({ error, error_codes: [detail] = [] }) => ({ error, detail }));

/** A successful answer of the token endpoint, in the platform's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

const DIALECT = {
  granted: grantedSchema,
  refused: refusedSchema,
  causes: {
    ...STANDARD_CAUSES,
    // Multi-factor sign-in, a policy or consent that is missing: the user must go through a page of Microsoft's.
    interaction_required: "grant",
    consent_required: "grant",
    login_required: "grant",
    invalid_resource: "request",
  },
} as const;

/** Who asks for tokens, and in which tenant. */
export interface TokenClient {
  tenant: string;
  clientId: string;
  clientSecret: string;
}

/** Asks the platform's token endpoint, with the client's id and secret in the form. Never throws. */
export function requestTokens(
  { loginUrl, timeoutMs }: Pick<MicrosoftSettings, "loginUrl" | "timeoutMs">,
  { tenant, clientId, clientSecret }: TokenClient,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer<GrantedTokens>> {
  const url = `${loginUrl}/${tenant}/oauth2/v2.0/token`;
  const client = { client_id: clientId, client_secret: clientSecret };
  return askForTokens({ url, timeoutMs }, { ...form, ...client }, DIALECT);
}
