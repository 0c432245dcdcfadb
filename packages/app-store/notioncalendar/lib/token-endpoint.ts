import * as z from "zod";
import { askForTokens, STANDARD_CAUSES, type TokenAnswer } from "../../common/oauth/token-endpoint.ts";
import type { NotionSettings } from "./settings.ts";

const grantedSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  bot_id: z.string().min(1),
  workspace_id: z.string(),
  workspace_name: z.string().nullish(),
  owner: z
    .object({ user: z.object({ person: z.object({ email: z.string().optional() }).optional() }).optional() })
    .optional(),
});
/** Errors come as the API's envelope (`code`) or as RFC 6749 has them (`error`). */
const refusedSchema = z
  .union([
    z.object({ error: z.string() }),
    z.object({ code: z.string() }).transform(({ code: error }) => ({ error })),
  ])
  .transform(({ error }) => ({ error, detail: undefined }));

/** A successful answer of the token endpoint, in Notion's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

const DIALECT = {
  granted: grantedSchema,
  refused: refusedSchema,
  causes: {
    ...STANDARD_CAUSES,
    unauthorized: "client",
    validation_error: "request",
    invalid_json: "request",
  },
} as const;

/** Asks the token endpoint: JSON with the integration's id and secret as Basic. Never throws. */
export function requestTokens(
  settings: NotionSettings,
  fields: Readonly<Record<string, string>>,
): Promise<TokenAnswer<GrantedTokens>> {
  const { timeoutMs } = settings;
  const endpoint = {
    url: address(settings, "token"),
    timeoutMs,
    headers: headersOf(settings),
    json: true as const,
  };
  return askForTokens(endpoint, fields, DIALECT);
}

/** Ends an installation's access. Failing to is no error: it then ends when its person removes it. */
export async function revokeToken(settings: NotionSettings, token: string): Promise<void> {
  try {
    const response = await fetch(address(settings, "revoke"), {
      method: "POST",
      headers: { ...headersOf(settings), "content-type": "application/json" },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(settings.timeoutMs),
    });
    await response.body?.cancel();
  } catch {
    // Nobody answered in time.
  }
}

const address = ({ apiUrl }: NotionSettings, endpoint: string) => `${apiUrl}/v1/oauth/${endpoint}`;

function headersOf({ clientId = "", clientSecret = "" }: NotionSettings): Record<string, string> {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return { authorization: `Basic ${basic}`, "notion-version": "2025-09-03" };
}
