import { randomUUID } from "node:crypto";
import type { CodeChallenge } from "../../oauth/pkce.ts";
import { secret } from "../../oauth/secret.ts";
import type { SandboxClock } from "../../SandboxClock.ts";

/** An app registration. */
export interface RegisteredApp {
  clientId: string;
  clientSecret: string;
  /** Redirect addresses of a web app, and those of type `spa`, whose refresh tokens live a day. */
  redirectUris: string[];
  spaRedirectUris: string[];
  /** An expired secret or a deleted registration refuses every call as `invalid_client`. */
  status: "active" | "expired" | "deleted";
}

/** A waiting consent page. */
export interface PendingSignIn {
  id: string;
  tenant: string;
  clientId: string;
  redirectUri: string;
  scopes: string[];
  state: string | null;
  nonce: string | null;
  responseMode: "query" | "form_post";
  challenge: CodeChallenge | null;
  /** Claims that were asked for, as JSON. */
  claims: string | null;
  createdAtMs: number;
}

/** An authorization code that waits for its exchange. */
export interface SignInCode extends Omit<PendingSignIn, "id" | "state" | "responseMode"> {
  code: string;
  email: string;
}

/** A refresh token. */
export interface GraphRefreshToken {
  token: string;
  email: string;
  clientId: string;
  scopes: string[];
  /** Tokens that came from one sign-in. */
  family: string;
  expiresAtMs: number;
  spa: boolean;
  claims: string | null;
  /** It was exchanged already. */
  used: boolean;
  /** Why it is dead, by the number of AADSTS. */
  revokedBy: number | null;
}

/** An access token; `email` is null for an application. */
export interface GraphAccessToken {
  token: string;
  email: string | null;
  tenantId: string;
  clientId: string;
  scopes: string[];
  claims: string | null;
  expiresAtMs: number;
  /** Of the sandbox's own page. */
  page: boolean;
}

/** What is known of a refresh token that was shown: itself, or why it cannot be used. */
export type RefreshOutcome = { ok: true; token: GraphRefreshToken } | { ok: false; code: number };

const DAY_MS = 86_400_000;
const REFRESH_LIFETIME_MS = 90 * DAY_MS;
const CODE_LIFETIME_MS = 10 * 60_000;

/** Apps, consents, codes and tokens of the simulated identity platform. */
export class IdentityState {
  readonly apps = new Map<string, RegisteredApp>();
  readonly pending = new Map<string, PendingSignIn>();
  readonly #codes = new Map<string, SignInCode>();
  /** What users allowed; key: e-mail and client. */
  readonly #consents = new Map<string, string[]>();
  /** What administrators allowed; key: tenant and client. */
  readonly #adminConsents = new Map<string, string[]>();
  readonly #refreshTokens = new Map<string, GraphRefreshToken>();
  readonly #accessTokens = new Map<string, GraphAccessToken>();
  /** Claims that a user's tokens must have been asked with, as JSON; set by a claims challenge. */
  readonly #challenges = new Map<string, string>();
  /** Private key of id_tokens as a JWK; made on first use. */
  signingKey: Record<string, unknown> | null = null;
  readonly #clock: SandboxClock;

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  /** What a user has allowed an app so far; undefined without any consent. */
  consent(email: string, clientId: string): readonly string[] | undefined {
    return this.#consents.get(`${email} ${clientId}`);
  }

  /** Adds scopes to what a user allowed. */
  allow(email: string, clientId: string, scopes: readonly string[]): void {
    const kept = this.consent(email, clientId) ?? [];
    this.#consents.set(`${email} ${clientId}`, [...new Set([...kept, ...scopes])]);
  }

  /** What an administrator allowed an app in a tenant: delegated scopes and application roles. */
  adminConsent(tenantId: string, clientId: string): readonly string[] {
    return this.#adminConsents.get(`${tenantId} ${clientId}`) ?? [];
  }

  /** The administrator of a tenant allows an app. Null takes the permission back. */
  allowForTenant(tenantId: string, clientId: string, scopes: readonly string[] | null): void {
    if (scopes === null) this.#adminConsents.delete(`${tenantId} ${clientId}`);
    else {
      const kept = this.adminConsent(tenantId, clientId);
      this.#adminConsents.set(`${tenantId} ${clientId}`, [...new Set([...kept, ...scopes])]);
    }
  }

  /** A fresh single-use code. */
  issueCode(input: Omit<SignInCode, "code" | "createdAtMs">): SignInCode {
    const code = { ...input, code: `M.C5_SBX.2.U.${secret(24)}`, createdAtMs: this.#clock.nowMs() };
    this.#codes.set(code.code, code);
    return code;
  }

  /** Takes a code out; null when unknown, used or older than ten minutes. */
  takeCode(code: string): SignInCode | null {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    if (!found || this.#clock.nowMs() - found.createdAtMs > CODE_LIFETIME_MS) return null;
    return found;
  }

  /** A fresh access token. */
  issueAccessToken(
    input: Omit<GraphAccessToken, "token" | "expiresAtMs">,
    lifetimeSeconds: number,
  ): GraphAccessToken {
    const token = {
      ...input,
      token: `EwSandbox.${secret(32)}`,
      expiresAtMs: this.#clock.nowMs() + lifetimeSeconds * 1000,
    };
    this.#accessTokens.set(token.token, token);
    if (this.#accessTokens.size % 500 === 0) this.#sweep();
    return token;
  }

  /** A fresh refresh token. @param successorOf the one it was exchanged for: a `spa` token keeps that one's end */
  issueRefreshToken(
    input: Pick<GraphRefreshToken, "email" | "clientId" | "scopes" | "spa" | "claims">,
    successorOf?: GraphRefreshToken,
  ): GraphRefreshToken {
    const now = this.#clock.nowMs();
    const sliding = now + REFRESH_LIFETIME_MS;
    const token: GraphRefreshToken = {
      ...input,
      token: `M.C5_SBX.0.U.-${secret(32)}`,
      family: successorOf?.family ?? randomUUID(),
      expiresAtMs: input.spa ? (successorOf?.expiresAtMs ?? now + DAY_MS) : sliding,
      used: false,
      revokedBy: null,
    };
    this.#refreshTokens.set(token.token, token);
    return token;
  }

  /**
   * A refresh token that an app may exchange now.
   * @param reuse whether showing a token for the second time ends every token of its sign-in
   */
  useRefreshToken(token: string, clientId: string, reuse: "accepted" | "revokes"): RefreshOutcome {
    const found = this.#refreshTokens.get(token);
    if (!found || found.clientId !== clientId) return { ok: false, code: 70000 };
    if (found.revokedBy !== null) return { ok: false, code: found.revokedBy };
    if (this.#clock.nowMs() >= found.expiresAtMs) return { ok: false, code: found.spa ? 700084 : 700082 };
    if (found.used && reuse === "revokes") {
      for (const sibling of this.#refreshTokens.values())
        if (sibling.family === found.family) sibling.revokedBy = 70000;
      return { ok: false, code: 70000 };
    }
    found.used = true;
    return { ok: true, token: found };
  }

  /** A token's record, or null when unknown or revoked; it may have expired. */
  accessToken(token: string): GraphAccessToken | null {
    return this.#accessTokens.get(token) ?? null;
  }

  /** Ends access tokens at once, as if their lifetime had passed; all of them or those of one user. */
  expireAccessTokens(email?: string): void {
    for (const token of this.#accessTokens.values()) {
      if (!token.page && (!email || token.email === email)) token.expiresAtMs = this.#clock.nowMs();
    }
  }

  /** Ends a user's sessions in every app, or the consent to one. @param code number of AADSTS that refreshes answer from now on */
  revoke(email: string, code: number, clientId?: string): void {
    for (const token of this.#refreshTokens.values()) {
      if (token.email === email && (!clientId || token.clientId === clientId)) token.revokedBy = code;
    }
    for (const [key, token] of this.#accessTokens) {
      const same = token.email === email && !token.page && (!clientId || token.clientId === clientId);
      if (same) this.#accessTokens.delete(key);
    }
    if (clientId) this.#consents.delete(`${email} ${clientId}`);
  }

  /** From now on calls for this user need a token that was asked for with these claims (JSON). Null ends it. */
  challenge(email: string, claims: string | null): void {
    if (claims === null) this.#challenges.delete(email);
    else this.#challenges.set(email, claims);
  }

  /** The claims that a token lacks; null when it has what is asked for. */
  missingClaims(token: GraphAccessToken): string | null {
    const wanted = token.email === null || token.page ? undefined : this.#challenges.get(token.email);
    return wanted !== undefined && token.claims !== wanted ? wanted : null;
  }

  /** For the state file; consent pages that are open now are not kept. */
  toJSON() {
    return {
      apps: [...this.apps.values()],
      codes: [...this.#codes.values()],
      consents: [...this.#consents],
      adminConsents: [...this.#adminConsents],
      refreshTokens: [...this.#refreshTokens.values()],
      accessTokens: [...this.#accessTokens.values()],
      challenges: [...this.#challenges],
      signingKey: this.signingKey,
    };
  }

  /** Adds what {@link toJSON} wrote; apps that are registered already stay as they are. */
  load(saved: ReturnType<IdentityState["toJSON"]>): void {
    for (const app of saved.apps) if (!this.apps.has(app.clientId)) this.apps.set(app.clientId, app);
    for (const code of saved.codes) this.#codes.set(code.code, code);
    for (const [key, scopes] of saved.consents) this.#consents.set(key, scopes);
    for (const [key, scopes] of saved.adminConsents) this.#adminConsents.set(key, scopes);
    for (const token of saved.refreshTokens) this.#refreshTokens.set(token.token, token);
    for (const token of saved.accessTokens) this.#accessTokens.set(token.token, token);
    for (const [email, claims] of saved.challenges) this.#challenges.set(email, claims);
    this.signingKey = saved.signingKey;
  }

  /** Forgets consents, codes and tokens; apps stay. */
  clear(): void {
    this.pending.clear();
    this.#codes.clear();
    this.#consents.clear();
    this.#adminConsents.clear();
    this.#refreshTokens.clear();
    this.#accessTokens.clear();
    this.#challenges.clear();
  }

  #sweep(): void {
    const now = this.#clock.nowMs();
    for (const [key, token] of this.#accessTokens)
      if (token.expiresAtMs <= now) this.#accessTokens.delete(key);
  }
}
