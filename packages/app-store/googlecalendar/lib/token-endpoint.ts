import { z } from "zod";
import { retryAfterMs } from "../../common/retry-after.ts";
import type { GoogleSettings } from "./settings.ts";

const grantedSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: z.number().positive().optional(),
  scope: z.string().default(""),
  id_token: z.string().optional(),
});
const refusedSchema = z.object({ error: z.string(), error_subtype: z.string().optional() });

/** A successful answer of the token endpoint, in Google's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

/**
 * Why the token endpoint has given no token. `grant`: the code or refresh token is no good any more. `client`: our own
 * registration is refused, for every user. `request`: we asked wrongly. `transient`: nothing is known to be wrong.
 */
export type TokenRefusal = {
  type: "refused";
  cause: "grant" | "client" | "request" | "transient";
  /** Google's name of the error, for logs; never its text. */
  reason: string;
  status: number | null;
  retryAfterMs: number | undefined;
};

const CAUSES: Readonly<Record<string, TokenRefusal["cause"]>> = {
  invalid_grant: "grant",
  invalid_client: "client",
  unauthorized_client: "client",
  deleted_client: "client",
  invalid_request: "request",
  invalid_scope: "request",
  unsupported_grant_type: "request",
  temporarily_unavailable: "transient",
  server_error: "transient",
};

/**
 * Asks the token endpoint (RFC 6749 §3.2), a form with the client's id and secret in its body (but for a service account's
 * assertion, which says by itself who asks). Never throws: what a
 * failure means differs between the exchange of a code and a refresh.
 */
export async function requestTokens(
  settings: GoogleSettings,
  form: Readonly<Record<string, string>>,
  { clientAuthentication = true }: { clientAuthentication?: boolean } = {},
): Promise<{ type: "granted"; tokens: GrantedTokens } | TokenRefusal> {
  const { clientId, clientSecret, tokenUrl, timeoutMs } = settings;
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(tokenUrl, {
      method: "POST",
      body: new URLSearchParams(
        clientAuthentication ? { ...form, client_id: clientId, client_secret: clientSecret } : form,
      ),
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    body = await response.json().catch(() => null);
  } catch {
    return refusal("transient", "unreachable", null, undefined);
  }
  const { status } = response;
  if (response.ok) {
    const granted = grantedSchema.safeParse(body);
    return granted.success
      ? { type: "granted", tokens: granted.data }
      : refusal("transient", "unreadable_answer", status, undefined);
  }
  const waitMs = retryAfterMs(response.headers);
  const refused = refusedSchema.safeParse(body);
  if (status === 429 || status >= 500) return refusal("transient", `http_${status}`, status, waitMs);
  if (!refused.success) return refusal("transient", `http_${status}`, status, waitMs);
  const { error, error_subtype: subtype } = refused.data;
  const name = [error, subtype].filter(Boolean).join("/");
  // An error that is not in the list must not disconnect anybody: only `invalid_grant` says that a grant has ended.
  return refusal(
    CAUSES[error] ?? "transient",
    /^[\w./-]{1,64}$/.test(name) ? name : "unknown",
    status,
    waitMs,
  );
}

function refusal(
  cause: TokenRefusal["cause"],
  reason: string,
  status: number | null,
  waitMs: number | undefined,
): TokenRefusal {
  return { type: "refused", cause, reason, status, retryAfterMs: waitMs };
}
