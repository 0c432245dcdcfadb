import { randomBytes } from "node:crypto";
import type { SandboxClock } from "../../SandboxClock.ts";

/** A public integration as its developer has registered it, or an internal one. */
export interface Integration {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  name: string;
}

/** A request of the authorization endpoint that waits for its person. */
export interface PendingAuthorization {
  id: string;
  clientId: string;
  redirectUri: string;
  /** Whether the request named the address: then the exchange must name it too. */
  redirectUriGiven: boolean;
  state: string | null;
}

/** A code that a browser was sent back with. */
export interface IssuedCode {
  code: string;
  clientId: string;
  redirectUri: string;
  redirectUriGiven: boolean;
  botId: string;
  used: boolean;
  expiresAtMs: number;
}

/** A token of an installation; `dead` once it was renewed or revoked. */
export interface AccessToken {
  token: string;
  botId: string;
  issuedAtMs: number;
  dead: boolean;
}

/** A refresh token, which is good for one renewal. */
export interface RefreshToken {
  token: string;
  botId: string;
  used: boolean;
}

/** What of it is written to the state file. */
export interface SavedAuthorization {
  integrations: Integration[];
  accessTokens: AccessToken[];
  refreshTokens: RefreshToken[];
}

const CODE_LIFETIME_MS = 10 * 60_000;

/** Integrations, codes and tokens. */
export class NotionAuthorization {
  readonly #clock: SandboxClock;
  readonly integrations = new Map<string, Integration>();
  readonly pending = new Map<string, PendingAuthorization>();
  readonly codes = new Map<string, IssuedCode>();
  readonly accessTokens = new Map<string, AccessToken>();
  readonly refreshTokens = new Map<string, RefreshToken>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  issueCode(pending: PendingAuthorization, botId: string): IssuedCode {
    const code: IssuedCode = {
      code: randomBytes(24).toString("hex"),
      clientId: pending.clientId,
      redirectUri: pending.redirectUri,
      redirectUriGiven: pending.redirectUriGiven,
      botId,
      used: false,
      expiresAtMs: this.#clock.nowMs() + CODE_LIFETIME_MS,
    };
    this.codes.set(code.code, code);
    return code;
  }

  issueAccessToken(botId: string): string {
    const token = `ntn_${randomBytes(24).toString("hex")}`;
    this.accessTokens.set(token, { token, botId, issuedAtMs: this.#clock.nowMs(), dead: false });
    return token;
  }

  issueRefreshToken(botId: string): string {
    const token = `nrt_${randomBytes(24).toString("hex")}`;
    this.refreshTokens.set(token, { token, botId, used: false });
    return token;
  }

  /** Ends the access tokens of a bot, but for one. */
  endAccessTokens(botId: string, except?: string): void {
    for (const one of this.accessTokens.values())
      if (one.botId === botId && one.token !== except) one.dead = true;
  }

  toJSON(): SavedAuthorization {
    return {
      integrations: [...this.integrations.values()],
      accessTokens: [...this.accessTokens.values()],
      refreshTokens: [...this.refreshTokens.values()],
    };
  }

  load(saved: SavedAuthorization): void {
    for (const one of saved.integrations)
      if (!this.integrations.has(one.clientId)) this.integrations.set(one.clientId, one);
    for (const one of saved.accessTokens) this.accessTokens.set(one.token, one);
    for (const one of saved.refreshTokens) this.refreshTokens.set(one.token, one);
  }

  /** Forgets everything but the integrations. */
  clear(): void {
    for (const held of [this.pending, this.codes, this.accessTokens, this.refreshTokens]) held.clear();
  }
}
