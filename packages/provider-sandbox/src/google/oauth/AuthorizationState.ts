import type { CodeChallenge } from "../../oauth/pkce.ts";
import { secret } from "../../oauth/secret.ts";
import type { SandboxClock } from "../../SandboxClock.ts";
import { ServiceAccounts } from "./ServiceAccounts.ts";

/** A registered OAuth client. Clients of one project share consent and channel ids. */
export interface OAuthClient {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  projectId: string;
  /** Consent screen in "Testing": refresh tokens die seven days after consent. */
  testing: boolean;
  /** `expired` secret: every call is refused as `invalid_client`; `deleted`: as `deleted_client`. */
  status: "active" | "expired" | "deleted";
}

/** A waiting consent page. */
export interface PendingAuthorization {
  id: string;
  clientId: string;
  redirectUri: string;
  scopes: string[];
  state: string | null;
  nonce: string | null;
  offline: boolean;
  forceConsent: boolean;
  includeGranted: boolean;
  challenge: CodeChallenge | null;
  createdAtMs: number;
}

/** An authorization code that waits for its exchange. */
export interface AuthorizationCode extends Omit<PendingAuthorization, "id" | "state"> {
  code: string;
  email: string;
  /** What the user allowed. */
  grantedScopes: string[];
  firstConsent: boolean;
}

/** What a user allowed a project, over all of its clients. */
export interface Grant {
  email: string;
  projectId: string;
  scopes: string[];
}

/** A refresh token of a grant. */
export interface RefreshToken {
  token: string;
  email: string;
  clientId: string;
  projectId: string;
  scopes: string[];
  createdAtMs: number;
  usedAtMs: number;
  /** End of a time-limited grant. */
  expiresAtMs: number | null;
}

/** An access token. */
export interface AccessToken {
  token: string;
  email: string;
  clientId: string;
  projectId: string;
  scopes: string[];
  expiresAtMs: number;
  /** Of the sandbox's own page. */
  page: boolean;
}

/** Documented: so many live refresh tokens per account and client; the oldest goes silently. */
const MAX_REFRESH_TOKENS = 100;
const DAY_MS = 86_400_000;
const SIX_MONTHS_MS = 182 * DAY_MS;
/** Authorization codes are short-lived; Google publishes no number. */
const CODE_LIFETIME_MS = 10 * 60_000;

/** Clients, consents, codes and tokens of the simulated authorization server. */
export class AuthorizationState {
  readonly clients = new Map<string, OAuthClient>();
  readonly pending = new Map<string, PendingAuthorization>();
  readonly #codes = new Map<string, AuthorizationCode>();
  readonly #grants = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly serviceAccounts = new ServiceAccounts();
  /** Private key of id_tokens as a JWK; made on first use. */
  signingKey: Record<string, unknown> | null = null;
  readonly #clock: SandboxClock;

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  /** What a user has allowed a project so far. */
  grant(email: string, projectId: string): Grant | undefined {
    return this.#grants.get(`${email} ${projectId}`);
  }

  /** Adds scopes to what a user allowed. */
  allow(email: string, projectId: string, scopes: readonly string[]): Grant {
    const kept = this.grant(email, projectId);
    const grant = { email, projectId, scopes: [...new Set([...(kept?.scopes ?? []), ...scopes])] };
    this.#grants.set(`${email} ${projectId}`, grant);
    return grant;
  }

  /** A fresh single-use code. */
  issueCode(input: Omit<AuthorizationCode, "code" | "createdAtMs">): AuthorizationCode {
    const code = { ...input, code: `4/0${secret(24)}`, createdAtMs: this.#clock.nowMs() };
    this.#codes.set(code.code, code);
    return code;
  }

  /** Takes a code out; null when unknown, used or too old. */
  takeCode(code: string): AuthorizationCode | null {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    if (!found || this.#clock.nowMs() - found.createdAtMs > CODE_LIFETIME_MS) return null;
    return found;
  }

  /** A fresh access token. */
  issueAccessToken(input: Omit<AccessToken, "token" | "expiresAtMs">, lifetimeSeconds: number): AccessToken {
    const token = {
      ...input,
      token: `ya29.sandbox-${secret(32)}`,
      expiresAtMs: this.#clock.nowMs() + lifetimeSeconds * 1000,
    };
    this.#accessTokens.set(token.token, token);
    if (this.#accessTokens.size % 500 === 0) this.#sweep();
    return token;
  }

  /** A fresh refresh token; the 101st of an account and client pushes the oldest out. */
  issueRefreshToken(input: Omit<RefreshToken, "token" | "createdAtMs" | "usedAtMs">): RefreshToken {
    const now = this.#clock.nowMs();
    const token = { ...input, token: `1//0sandbox-${secret(32)}`, createdAtMs: now, usedAtMs: now };
    const siblings = [...this.#refreshTokens.values()].filter(
      (other) => other.email === input.email && other.clientId === input.clientId,
    );
    // A map keeps insertion order, so the first sibling is the oldest.
    for (const old of siblings.slice(0, Math.max(0, siblings.length + 1 - MAX_REFRESH_TOKENS))) {
      this.#refreshTokens.delete(old.token);
    }
    this.#refreshTokens.set(token.token, token);
    return token;
  }

  /** A refresh token that may be used now by this client, or null. Using it starts its six months again. */
  useRefreshToken(token: string, client: OAuthClient): RefreshToken | null {
    const found = this.#refreshTokens.get(token);
    if (!found || found.clientId !== client.clientId) return null;
    const now = this.#clock.nowMs();
    const dead =
      (found.expiresAtMs !== null && now >= found.expiresAtMs) ||
      now - found.usedAtMs >= SIX_MONTHS_MS ||
      (client.testing && now - found.createdAtMs >= 7 * DAY_MS);
    if (dead) {
      this.#refreshTokens.delete(token);
      return null;
    }
    found.usedAtMs = now;
    return found;
  }

  /** A live access token, or null when unknown, expired or revoked. */
  accessToken(token: string): AccessToken | null {
    const found = this.#accessTokens.get(token);
    return found && this.#clock.nowMs() < found.expiresAtMs ? found : null;
  }

  /** Ends access tokens at once, as if their lifetime had passed; all of them or those of one account. */
  expireAccessTokens(email?: string): void {
    for (const token of this.#accessTokens.values()) {
      if (!token.page && (!email || token.email === email)) token.expiresAtMs = this.#clock.nowMs();
    }
  }

  /** Revokes through any token of a grant. False when the token is unknown. */
  revokeByToken(token: string): boolean {
    const found = this.#refreshTokens.get(token) ?? this.accessToken(token);
    if (!found) return false;
    this.revoke(found.email, found.projectId);
    return true;
  }

  /** Ends every token that the project holds for a user, and the consent. */
  revoke(email: string, projectId: string): void {
    this.#grants.delete(`${email} ${projectId}`);
    for (const tokens of [this.#refreshTokens, this.#accessTokens]) {
      for (const [key, token] of tokens) {
        if (token.email === email && token.projectId === projectId) tokens.delete(key);
      }
    }
  }

  /** For the state file; consent pages that are open now are not kept. */
  toJSON() {
    return {
      clients: [...this.clients.values()],
      codes: [...this.#codes.values()],
      grants: [...this.#grants.values()],
      refreshTokens: [...this.#refreshTokens.values()],
      accessTokens: [...this.#accessTokens.values()],
      signingKey: this.signingKey,
      serviceAccounts: this.serviceAccounts.toJSON(),
    };
  }

  /** Adds what {@link toJSON} wrote; clients that are registered already stay as they are. */
  load(saved: ReturnType<AuthorizationState["toJSON"]>): void {
    for (const client of saved.clients)
      if (!this.clients.has(client.clientId)) this.clients.set(client.clientId, client);
    for (const code of saved.codes) this.#codes.set(code.code, code);
    for (const grant of saved.grants) this.#grants.set(`${grant.email} ${grant.projectId}`, grant);
    for (const token of saved.refreshTokens) this.#refreshTokens.set(token.token, token);
    for (const token of saved.accessTokens) this.#accessTokens.set(token.token, token);
    this.signingKey = saved.signingKey;
    // Absent in files of earlier versions.
    if (saved.serviceAccounts) this.serviceAccounts.load(saved.serviceAccounts);
  }

  /** Forgets consents, codes and tokens; clients stay. */
  clear(): void {
    this.pending.clear();
    this.#codes.clear();
    this.#grants.clear();
    this.#refreshTokens.clear();
    this.#accessTokens.clear();
  }

  #sweep(): void {
    const now = this.#clock.nowMs();
    for (const [key, token] of this.#accessTokens)
      if (token.expiresAtMs <= now) this.#accessTokens.delete(key);
  }
}
