import { createHash } from "node:crypto";
import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { accessOf, isDelegated, renewedTokens } from "../../common/oauth/access-credential.ts";
import { REFRESH_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { RenewedToken } from "../../common/RenewedToken.ts";
import { type ConsentedCredential, type GoogleCredential, parseCredential } from "./credential-schema.ts";
import { requestDelegatedTokens, toDelegationError } from "./delegation.ts";
import type { GoogleSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens } from "./token-endpoint.ts";

const REFUSALS: RefusalSentences = {
  grant: "Google has ended the access to this account; connect it again",
  client: "Google refuses our OAuth client; check its id and secret in the Google Cloud console",
  request: "Google refuses the refresh request itself",
  transient: "the access token could not be renewed for now",
};

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
  if (isDelegated(current)) {
    const answer = await requestDelegatedTokens(settings, current, now);
    const tokens = renewedTokens(answer, "Google", log, (refusal) => toDelegationError(refusal, current));
    return { ...current, ...accessOf(tokens, now) };
  }
  const form = { grant_type: "refresh_token", refresh_token: current.refreshToken };
  const tokens = renewedTokens(await requestTokens(settings, form), "Google", log, (refusal) =>
    toTokenError(refusal, REFRESH_CODES, REFUSALS),
  );
  return withTokens(tokens, current, now);
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
  const { refresh_token_expires_in: grantSeconds } = tokens;
  return {
    ...accessOf(tokens, now),
    refreshToken,
    scope: tokens.scope || (current?.scope ?? ""),
    grantEndsAt:
      grantSeconds === undefined
        ? (current?.grantEndsAt ?? null)
        : new Date(now.getTime() + grantSeconds * 1_000).toISOString(),
  };
}
