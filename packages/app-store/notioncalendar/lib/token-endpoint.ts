import * as z from "zod";
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
const refusedSchema = z.object({ error: z.string().optional(), code: z.string().optional() });

/** A successful answer of the token endpoint, in Notion's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

/**
 * Why the token endpoint has given no token. `grant`: the code or refresh token is no good any more. `client`: our own
 * registration is refused, for every user. `request`: we asked wrongly. `transient`: nothing is known to be wrong.
 */
export interface TokenRefusal {
  type: "refused";
  cause: "grant" | "client" | "request" | "transient";
  /** Notion's name of the error, for logs; never its text. */
  reason: string;
  status: number | null;
}

const CAUSES: Readonly<Record<string, TokenRefusal["cause"]>> = {
  invalid_grant: "grant",
  invalid_client: "client",
  unauthorized_client: "client",
  unauthorized: "client",
  invalid_request: "request",
  unsupported_grant_type: "request",
  validation_error: "request",
  invalid_json: "request",
};

/** Asks the token endpoint: JSON with the integration's id and secret as Basic. Never throws. */
export async function requestTokens(
  settings: NotionSettings,
  body: Readonly<Record<string, string>>,
): Promise<{ type: "granted"; tokens: GrantedTokens } | TokenRefusal> {
  const answer = await callOAuth(settings, "token", body);
  if (!answer) return { type: "refused", cause: "transient", reason: "unreachable", status: null };
  const { status, content } = answer;
  if (status === 200) {
    const granted = grantedSchema.safeParse(content);
    if (granted.success) return { type: "granted", tokens: granted.data };
    return { type: "refused", cause: "transient", reason: "unreadable_answer", status };
  }
  const refused = refusedSchema.safeParse(content);
  const name = refused.success ? (refused.data.error ?? refused.data.code) : undefined;
  // An error that is not in the list must not disconnect anybody: only `invalid_grant` says that a grant has ended.
  const known = status === 429 || status >= 500 || name === undefined ? undefined : CAUSES[name];
  const reason = name !== undefined && /^[\w.-]{1,64}$/.test(name) ? name : `http_${status}`;
  return { type: "refused", cause: known ?? "transient", reason, status };
}

/** Ends an installation's access. Failing to is no error: it then ends when its person removes it. */
export async function revokeToken(settings: NotionSettings, token: string): Promise<void> {
  await callOAuth(settings, "revoke", { token });
}

async function callOAuth(
  settings: NotionSettings,
  endpoint: string,
  body: object,
): Promise<{ status: number; content: unknown } | null> {
  const { apiUrl, clientId = "", clientSecret = "", timeoutMs } = settings;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  try {
    const response = await fetch(`${apiUrl}/v1/oauth/${endpoint}`, {
      method: "POST",
      headers: {
        authorization: `Basic ${basic}`,
        "content-type": "application/json",
        "notion-version": "2025-09-03",
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, content: await response.json().catch(() => null) };
  } catch {
    return null;
  }
}
