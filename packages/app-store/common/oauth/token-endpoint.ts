import type * as z from "zod";
import { retryAfterMs } from "../retry-after.ts";

/**
 * Why a token endpoint has given no token. `grant`: the code or refresh token is no good any more, or its user has to sign in again.
 * `client`: our own registration is refused, for every user. `request`: we asked wrongly. `transient`: nothing is known to be wrong.
 */
export type RefusalCause = "grant" | "client" | "request" | "transient";

/** No tokens, and why. */
export interface TokenRefusal {
  type: "refused";
  cause: RefusalCause;
  /** The provider's name of the error, with its finer one (`invalid_grant/700082`), for logs; never its text. */
  reason: string;
  status: number | null;
  retryAfterMs: number | undefined;
}

/** What a token endpoint has answered. */
export type TokenAnswer<Tokens> = { type: "granted"; tokens: Tokens } | TokenRefusal;

/** How one provider's token endpoint answers. */
export interface TokenDialect<Tokens> {
  granted: z.ZodType<Tokens>;
  /** Reads a refusal: the error's name, and a finer one where the provider has such. */
  refused: z.ZodType<{ error: string; detail: string | number | undefined }>;
  causes: Readonly<Record<string, RefusalCause>>;
}

/** What the errors of RFC 6749 §5.2 and §4.1.2.1 mean. */
export const STANDARD_CAUSES: Readonly<Record<string, RefusalCause>> = {
  invalid_grant: "grant",
  invalid_client: "client",
  unauthorized_client: "client",
  invalid_request: "request",
  invalid_scope: "request",
  unsupported_grant_type: "request",
  temporarily_unavailable: "transient",
  server_error: "transient",
};

/** Where tokens are asked for, and how the question is written. */
export interface TokenEndpoint {
  url: string;
  timeoutMs: number;
  /** Who asks, where the fields do not say it, and what else this provider wants. */
  headers?: Readonly<Record<string, string>>;
  /** The fields are written as JSON; else as a form. */
  json?: true;
}

/**
 * Asks a token endpoint (RFC 6749 §3.2). Never throws: what a failure means differs between the exchange of a code and a refresh.
 */
export async function askForTokens<Tokens>(
  { url, timeoutMs, headers, json }: TokenEndpoint,
  fields: Readonly<Record<string, string>>,
  dialect: TokenDialect<Tokens>,
): Promise<TokenAnswer<Tokens>> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, {
      method: "POST",
      body: json ? JSON.stringify(fields) : new URLSearchParams(fields),
      headers: {
        accept: "application/json",
        ...(json ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    body = await response.json().catch(() => null);
  } catch {
    return refusal("transient", "unreachable", null, undefined);
  }
  const { status } = response;
  if (response.ok) {
    const granted = dialect.granted.safeParse(body);
    return granted.success
      ? { type: "granted", tokens: granted.data }
      : refusal("transient", "unreadable_answer", status, undefined);
  }
  const waitMs = retryAfterMs(response.headers);
  const refused = dialect.refused.safeParse(body);
  if (status === 429 || status >= 500 || !refused.success)
    return refusal("transient", `http_${status}`, status, waitMs);
  const { error, detail } = refused.data;
  const name = detail === undefined ? error : `${error}/${detail}`;
  // An error that is not in the list must not disconnect anybody: only `grant` says that a grant has ended.
  return refusal(
    dialect.causes[error] ?? "transient",
    /^[\w./-]{1,64}$/.test(name) ? name : "unknown",
    status,
    waitMs,
  );
}

function refusal(
  cause: RefusalCause,
  reason: string,
  status: number | null,
  waitMs: number | undefined,
): TokenRefusal {
  return { type: "refused", cause, reason, status, retryAfterMs: waitMs };
}
