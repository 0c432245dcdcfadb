import { CalendarError } from "@calsync/lib";
import type { AuthorizationRequest } from "@calsync/types";
import type * as z from "zod";
import { parseJson } from "../parse-json.ts";

/** Where to send a browser for a code (RFC 6749 §4.1.1, RFC 7636 §4.3). @param own what only this provider wants */
export function authorizationAddress(
  page: string,
  client: { clientId: string; scopes: readonly string[] },
  request: AuthorizationRequest,
  own: Readonly<Record<string, string>>,
): string {
  const url = new URL(page);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: request.redirectUri,
    scope: client.scopes.join(" "),
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: "S256",
    ...own,
    ...(request.loginHint ? { login_hint: request.loginHint } : {}),
  }).toString();
  return url.href;
}

/** What a code is exchanged with (RFC 6749 §4.1.3, RFC 7636 §4.5). */
export function codeForm(input: { code: string; codeVerifier: string; redirectUri: string }) {
  return {
    grant_type: "authorization_code",
    code: input.code,
    code_verifier: input.codeVerifier,
    redirect_uri: input.redirectUri,
  };
}

/**
 * What an id_token says of the account. It came from the token endpoint itself, so that TLS vouches for it and its
 * signature need not be checked (OpenID Connect Core §3.1.3.7); that it was made for us must be.
 * @param provider its name, for people
 * @throws CalendarError CALENDAR_API_ERROR when there is none, or it is somebody else's
 */
export function readIdToken<Claims extends { aud: string }>(
  idToken: string | undefined,
  clientId: string,
  claims: z.ZodType<Claims>,
  provider: string,
): Claims {
  const payload = idToken?.split(".")[1] ?? "";
  const read = claims.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  if (read.success && read.data.aud === clientId) return read.data;
  throw new CalendarError(
    "CALENDAR_API_ERROR",
    `${provider} did not say which account was connected; connect again`,
  );
}
