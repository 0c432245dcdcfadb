import { z } from "zod";
import { retryAfterMs } from "../../common/retry-after.ts";
import type { MicrosoftSettings } from "./settings.ts";

const grantedSchema = z.object({
  access_token: z.string().min(1),
  // It varies between 60 and 90 minutes, so that it is never assumed.
  expires_in: z.coerce.number().positive(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().default(""),
  id_token: z.string().optional(),
});
const refusedSchema = z.object({
  error: z.string(),
  error_codes: z.array(z.number()).optional(),
});

/** A successful answer of the token endpoint, in the platform's words. */
export type GrantedTokens = z.output<typeof grantedSchema>;

/**
 * Why the token endpoint has given no token. `grant`: the code or refresh token is no good any more, or the user has to sign in again.
 * `client`: our own registration is refused, for every user. `request`: we asked wrongly. `transient`: nothing is known to be wrong.
 */
export type TokenRefusal = {
  type: "refused";
  cause: "grant" | "client" | "request" | "transient";
  /** The error's name and its first number (`invalid_grant/700082`), for logs; never its text. */
  reason: string;
  status: number | null;
  retryAfterMs: number | undefined;
};

const CAUSES: Readonly<Record<string, TokenRefusal["cause"]>> = {
  invalid_grant: "grant",
  // Multi-factor sign-in, a policy or consent that is missing: the user must go through a page of Microsoft's.
  interaction_required: "grant",
  consent_required: "grant",
  login_required: "grant",
  invalid_client: "client",
  unauthorized_client: "client",
  invalid_request: "request",
  invalid_scope: "request",
  invalid_resource: "request",
  unsupported_grant_type: "request",
  temporarily_unavailable: "transient",
  server_error: "transient",
};

/** Who asks for tokens, and in which tenant. */
export interface TokenClient {
  tenant: string;
  clientId: string;
  clientSecret: string;
}

/**
 * Asks the token endpoint (RFC 6749 §3.2), a form with the client's id and secret in its body. Never throws: what a failure
 * means differs between the exchange of a code and a refresh.
 */
export async function requestTokens(
  { loginUrl, timeoutMs }: Pick<MicrosoftSettings, "loginUrl" | "timeoutMs">,
  { tenant, clientId, clientSecret }: TokenClient,
  form: Readonly<Record<string, string>>,
): Promise<{ type: "granted"; tokens: GrantedTokens } | TokenRefusal> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${loginUrl}/${tenant}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret }),
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
  if (status === 429 || status >= 500 || !refused.success) {
    return refusal("transient", `http_${status}`, status, waitMs);
  }
  const { error, error_codes: [number] = [] } = refused.data;
  const name = number === undefined ? error : `${error}/${number}`;
  // An error that is not in the list must not disconnect anybody.
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
