import { CalendarError } from "@calsync/lib";
import type { ServiceDependencies } from "@calsync/types";
import { accessOf, isDelegated, renewedTokens } from "../../common/oauth/access-credential.ts";
import { REFRESH_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { RenewedToken } from "../../common/RenewedToken.ts";
import { type ConsentedCredential, type MicrosoftCredential, parseCredential } from "./credential-schema.ts";
import { requestDelegatedTokens, toDelegationError } from "./delegation.ts";
import type { MicrosoftSettings } from "./settings.ts";
import { type GrantedTokens, requestTokens } from "./token-endpoint.ts";

/** For every call that our own registration is refused. */
export const CLIENT_REFUSED =
  "Microsoft refuses our app registration; check its id and its secret, which expires, in the Entra admin center";

const REFUSALS: RefusalSentences = {
  grant: "Microsoft has ended the access to this account; connect it again",
  client: CLIENT_REFUSED,
  request: "Microsoft refuses the refresh request itself",
  transient: "the access token could not be renewed for now",
};

/** A mailbox with the token that opens it. */
export interface OpenMailbox {
  token: string;
  /** Its place in Graph: `/me`, or the user that an application was let into. */
  path: string;
  /** The same for every connection of one mailbox. */
  account: string;
}

/** Gives access tokens of one account and renews them. */
export class AccessTokenSource {
  readonly #tokens: RenewedToken<MicrosoftCredential>;

  constructor(
    { credential, now, log }: Pick<ServiceDependencies, "credential" | "now" | "log">,
    settings: MicrosoftSettings,
  ) {
    const refresh = (current: MicrosoftCredential, at: Date, claims: string | null) =>
      renewed(current, settings, at, claims, log);
    this.#tokens = new RenewedToken(credential, { parse: parseCredential, refresh, grantOf }, now);
  }

  /** A token that is good for another minute, and what it opens. @throws CalendarError as `renew` */
  async get(): Promise<OpenMailbox> {
    const token = await this.#tokens.get();
    const { held } = this.#tokens;
    if (held && isDelegated(held)) {
      return { token, path: `/users/${encodeURIComponent(held.subject)}`, account: held.subject };
    }
    return { token, path: "/me", account: held?.account ?? "" };
  }

  /**
   * A token other than the one that was refused.
   * @param claims what Graph wants the new one to prove (a claims challenge)
   * @throws CalendarError as `RenewalScheme.refresh`
   */
  renew(refused: string, claims: string | null): Promise<string> {
    return this.#tokens.renew(refused, claims);
  }
}

async function renewed(
  current: MicrosoftCredential,
  settings: MicrosoftSettings,
  now: Date,
  claims: string | null,
  log: ServiceDependencies["log"],
): Promise<MicrosoftCredential> {
  if (isDelegated(current)) {
    const answer = await requestDelegatedTokens(settings, current.delegation);
    const tokens = renewedTokens(answer, "Microsoft", log, (refusal) => toDelegationError(refusal, current));
    return { ...current, ...accessOf(tokens, now) };
  }
  const form = {
    grant_type: "refresh_token",
    refresh_token: current.refreshToken,
    ...(claims === null ? {} : { claims }),
  };
  const tokens = renewedTokens(await requestTokens(settings, settings, form), "Microsoft", log, (refusal) =>
    toTokenError(refusal, REFRESH_CODES, REFUSALS),
  );
  return withTokens(tokens, current, now);
}

/** What a renewal rests on; another one means that somebody has connected again. */
function grantOf(credential: MicrosoftCredential): string {
  if (!isDelegated(credential)) return credential.refreshToken;
  const { tenantId, clientId, clientSecret } = credential.delegation;
  return [tenantId, clientId, clientSecret].join(" ");
}

/**
 * What is to be stored after a token answer. Every answer carries a new refresh token, which takes the place of the old one; if
 * one does not, the old one stays. @throws CalendarError INVALID_REQUEST when there is none at all.
 */
export function withTokens(
  tokens: GrantedTokens,
  current: Pick<ConsentedCredential, "account"> & Partial<ConsentedCredential>,
  now: Date,
): ConsentedCredential {
  const refreshToken = tokens.refresh_token ?? current.refreshToken;
  if (refreshToken === undefined) {
    throw new CalendarError(
      "INVALID_REQUEST",
      "Microsoft gave no refresh token; connect again and allow the app to keep its access",
    );
  }
  return {
    ...accessOf(tokens, now),
    refreshToken,
    scope: tokens.scope || (current.scope ?? ""),
    account: current.account,
  };
}
