/** Tokens that a sandbox gives without its consent page. */
export interface IssuedTokens {
  accessToken: string;
  refreshToken: string;
  /** RFC 3339. */
  expiresAt: string;
  scopes: string[];
  clientId: string;
  clientSecret: string;
}

/** What was issued, with the client that it was issued to, as tests and connections want it. */
export function issuedTokens(
  access: { token: string; expiresAtMs: number },
  refresh: { token: string },
  scopes: string[],
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
): IssuedTokens {
  return {
    accessToken: access.token,
    refreshToken: refresh.token,
    expiresAt: new Date(access.expiresAtMs).toISOString(),
    scopes,
    clientId,
    clientSecret,
  };
}
