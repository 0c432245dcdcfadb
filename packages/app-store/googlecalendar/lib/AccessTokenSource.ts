import { createHash } from "node:crypto";
import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { RenewedToken } from "../../common/RenewedToken.ts";
import {
  type ConsentedCredential,
  type GoogleCredential,
  isDelegated,
  parseCredential,
} from "./credential-schema.ts";
import { requestDelegatedTokens, toDelegationError, withDelegatedTokens } from "./delegation.ts";
import type { GoogleSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens, type TokenRefusal } from "./token-endpoint.ts";

/** Gives access tokens of one account and renews them. */
export class AccessTokenSource {
  readonly #tokens: RenewedToken<GoogleCredential>;

  constructor(
    { credential, now, log }: Pick<ServiceDependencies, "credential" | "now" | "log">,
    settings: GoogleSettings,
  ) {
    const refresh = (current: GoogleCredential, at: Date) => renewed(current, settings, at, log);
    this.#tokens = new RenewedToken(credential, { parse: parseCredential, refresh, grantOf }, now);
  }

  /**
   * Whom the account's calls count for: with delegation Google charges them to the service account unless they name the user
   * (quota guide; at most 40 characters). Null for a user's own grant. Known once a token was given.
   */
  get quotaUser(): string | null {
    const { held } = this.#tokens;
    if (held === null || !isDelegated(held)) return null;
    return createHash("sha256").update(held.subject).digest("hex").slice(0, 40);
  }

  /** A token that is good for another minute. @throws CalendarError as `renew`. */
  get(): Promise<string> {
    return this.#tokens.get();
  }

  /** A token other than the one that was refused. @throws CalendarError as `RenewalScheme.refresh` */
  renew(refused: string): Promise<string> {
    return this.#tokens.renew(refused);
  }
}

async function renewed(
  current: GoogleCredential,
  settings: GoogleSettings,
  now: Date,
  log: ServiceDependencies["log"],
): Promise<GoogleCredential> {
  const answer = isDelegated(current)
    ? await requestDelegatedTokens(settings, current, now)
    : await requestTokens(settings, { grant_type: "refresh_token", refresh_token: current.refreshToken });
  if (answer.type === "refused") {
    const { cause, reason, status } = answer;
    log.warn({ cause, reason, status }, "Google refused to renew an access token");
    throw isDelegated(current) ? toDelegationError(answer, current) : toRefreshError(answer);
  }
  log.debug({ expiresInSeconds: answer.tokens.expires_in }, "an access token of Google was renewed");
  return isDelegated(current)
    ? withDelegatedTokens(answer.tokens, current, now)
    : withTokens(answer.tokens, current, now);
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
