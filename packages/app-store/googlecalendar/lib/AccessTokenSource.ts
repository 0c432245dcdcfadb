import { createHash } from "node:crypto";
import { CalendarError } from "@calsync/lib";
import type { CredentialAccess, ServiceDependencies } from "@calsync/types";
import {
  type ConsentedCredential,
  type GoogleCredential,
  isDelegated,
  parseCredential,
} from "./credential-schema.ts";
import { requestDelegatedTokens, toDelegationError, withDelegatedTokens } from "./delegation.ts";
import type { GoogleSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens, type TokenRefusal } from "./token-endpoint.ts";

/** A token is renewed this long before its end, so that it does not end on the way. */
const MARGIN_MS = 60_000;

/**
 * Gives access tokens of one account and renews them. Within this object callers share one renewal; across processes
 * `CredentialAccess.rotate` lets one at a time through, and who comes second takes what the first has stored.
 */
export class AccessTokenSource {
  readonly #credential: CredentialAccess;
  readonly #settings: GoogleSettings;
  readonly #now: () => Date;
  readonly #log: ServiceDependencies["log"];
  #held: GoogleCredential | null = null;
  #reading: Promise<GoogleCredential> | null = null;
  #renewing: Promise<GoogleCredential> | null = null;

  constructor(
    dependencies: Pick<ServiceDependencies, "credential" | "now" | "log">,
    settings: GoogleSettings,
  ) {
    this.#credential = dependencies.credential;
    this.#settings = settings;
    this.#now = dependencies.now;
    this.#log = dependencies.log;
  }

  /**
   * Whom the account's calls count for: with delegation Google charges them to the service account unless they name the user
   * (quota guide; at most 40 characters). Null for a user's own grant. Known once a token was given.
   */
  get quotaUser(): string | null {
    if (this.#held === null || !isDelegated(this.#held)) return null;
    return createHash("sha256").update(this.#held.subject).digest("hex").slice(0, 40);
  }

  /** A token that is good for another minute. @throws CalendarError as `renew`. */
  async get(): Promise<string> {
    const held = this.#fresh(this.#held);
    if (held !== null) return held;
    this.#reading ??= this.#credential
      .read()
      .then(parseCredential)
      .finally(() => {
        this.#reading = null;
      });
    this.#held = await this.#reading;
    return this.#fresh(this.#held) ?? this.renew(this.#held.accessToken ?? "");
  }

  /**
   * A token other than the one that was refused (or is about to end).
   * @throws CalendarError CREDENTIAL_INVALID when the grant has ended (and the credential is marked so),
   * OAUTH_CLIENT_REFUSED when our registration is refused, OAUTH_TOKEN_EXPIRED when it cannot be done for now.
   */
  async renew(refused: string): Promise<string> {
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    this.#held = await this.#renewing;
    return this.#held.accessToken ?? "";
  }

  async #renew(refused: string): Promise<GoogleCredential> {
    const attempt: { with: GoogleCredential | null } = { with: null };
    try {
      const secret = await this.#credential.rotate(async (stored) => {
        const current = parseCredential(stored);
        if (current.accessToken !== refused && this.#fresh(current) !== null) return null;
        attempt.with = current;
        return { ...(await this.#refresh(current)) };
      });
      return parseCredential(secret);
    } catch (error) {
      if (error instanceof CalendarError && error.code === "CREDENTIAL_INVALID" && attempt.with) {
        await this.#markInvalid(attempt.with, error);
      }
      throw error;
    }
  }

  async #refresh(current: GoogleCredential): Promise<GoogleCredential> {
    const now = this.#now();
    const answer = isDelegated(current)
      ? await requestDelegatedTokens(this.#settings, current, now)
      : await requestTokens(this.#settings, {
          grant_type: "refresh_token",
          refresh_token: current.refreshToken,
        });
    if (answer.type === "refused") {
      const { cause, reason, status } = answer;
      this.#log.warn({ cause, reason, status }, "Google refused to renew an access token");
      throw isDelegated(current) ? toDelegationError(answer, current) : toRefreshError(answer);
    }
    this.#log.debug({ expiresInSeconds: answer.tokens.expires_in }, "an access token of Google was renewed");
    return isDelegated(current)
      ? withDelegatedTokens(answer.tokens, current, now)
      : withTokens(answer.tokens, current, now);
  }

  /** Marks the credential, unless the user has connected again in the meantime. */
  async #markInvalid(attempted: GoogleCredential, error: CalendarError): Promise<void> {
    const stored = parseCredential(await this.#credential.read());
    if (grantOf(stored) !== grantOf(attempted)) return;
    await this.#credential.markInvalid(error.providerReason ?? "invalid_grant");
  }

  /** The credential's access token while it is good for another minute. */
  #fresh(credential: GoogleCredential | null): string | null {
    const { accessToken, accessTokenExpiresAt } = credential ?? {};
    if (accessToken === undefined || accessTokenExpiresAt === undefined) return null;
    return Date.parse(accessTokenExpiresAt) - MARGIN_MS > this.#now().getTime() ? accessToken : null;
  }
}

/** What a renewal rests on; another one means that somebody has connected again. */
function grantOf(credential: GoogleCredential): string {
  return isDelegated(credential) ? credential.delegation.private_key_id : credential.refreshToken;
}

/**
 * What is to be stored after a token answer. Google's refresh answers carry no refresh token: the one that we hold
 * stays, and is never replaced by nothing. @throws CalendarError INVALID_REQUEST when there is none at all.
 */
export function withTokens(
  tokens: GrantedTokens,
  current: ConsentedCredential | null,
  now: Date,
): ConsentedCredential {
  const refreshToken = tokens.refresh_token ?? current?.refreshToken;
  if (!refreshToken) {
    throw new CalendarError(
      "INVALID_REQUEST",
      "Google gave no refresh token; remove this app at myaccount.google.com/connections and connect again",
    );
  }
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000).toISOString();
  return {
    accessToken: tokens.access_token,
    accessTokenExpiresAt: after(tokens.expires_in),
    refreshToken,
    scope: tokens.scope || (current?.scope ?? ""),
    grantEndsAt:
      tokens.refresh_token_expires_in === undefined
        ? (current?.grantEndsAt ?? null)
        : after(tokens.refresh_token_expires_in),
  };
}

function toRefreshError({ cause, reason, status, retryAfterMs }: TokenRefusal): CalendarError {
  const options = { status: status ?? undefined, providerReason: reason };
  switch (cause) {
    case "grant":
      return new CalendarError(
        "CREDENTIAL_INVALID",
        "Google has ended the access to this account; connect it again",
        options,
      );
    case "client":
      return new CalendarError(
        "OAUTH_CLIENT_REFUSED",
        "Google refuses our OAuth client; check its id and secret in the Google Cloud console",
        options,
      );
    case "request":
      return new CalendarError("INVALID_REQUEST", "Google refuses the refresh request itself", options);
    case "transient":
      return new CalendarError("OAUTH_TOKEN_EXPIRED", "the access token could not be renewed for now", {
        ...options,
        advice: { retry: "later", afterMs: retryAfterMs ?? null },
      });
  }
}
