import { CalendarError } from "@calsync/lib";
import type { CredentialAccess, CredentialSecret } from "@calsync/types";

/** A token is renewed this long before its end, so that it does not end on the way. */
const MARGIN_MS = 60_000;

/** What every credential with an access token has. */
export interface HeldToken {
  accessToken?: string | undefined;
  /** When the access token ends (ISO 8601 in UTC). */
  accessTokenExpiresAt?: string | undefined;
}

/** How one provider's credentials are read and renewed. */
export interface RenewalScheme<C extends HeldToken> {
  /** @throws CalendarError CREDENTIAL_INVALID when the stored secret cannot be read */
  parse(secret: CredentialSecret): C;
  /**
   * Asks the provider for a new token.
   * @param claims what a token must prove besides, as the provider has asked for it; null otherwise
   * @throws CalendarError CREDENTIAL_INVALID when the grant has ended, OAUTH_CLIENT_REFUSED when our registration is refused,
   *   OAUTH_TOKEN_EXPIRED when it cannot be done for now
   */
  refresh(current: C, now: Date, claims: string | null): Promise<C>;
  /** What a renewal rests on; another one means that somebody has connected again. */
  grantOf(credential: C): string;
}

/**
 * Gives access tokens of one account and renews them. Within this object callers share one renewal; across processes
 * `CredentialAccess.rotate` lets one at a time through, and who comes second takes what the first has stored.
 */
export class RenewedToken<C extends HeldToken> {
  readonly #credential: CredentialAccess;
  readonly #scheme: RenewalScheme<C>;
  readonly #now: () => Date;
  #held: C | null = null;
  #reading: Promise<C> | null = null;
  #renewing: Promise<C> | null = null;

  constructor(credential: CredentialAccess, scheme: RenewalScheme<C>, now: () => Date) {
    this.#credential = credential;
    this.#scheme = scheme;
    this.#now = now;
  }

  /** The credential as it was last read; null before the first token. */
  get held(): C | null {
    return this.#held;
  }

  /** A token that is good for another minute. @throws CalendarError as `renew`. */
  async get(): Promise<string> {
    const held = this.#fresh(this.#held);
    if (held !== null) return held;
    this.#reading ??= this.#credential
      .read()
      .then((secret) => this.#scheme.parse(secret))
      .finally(() => {
        this.#reading = null;
      });
    this.#held = await this.#reading;
    return this.#fresh(this.#held) ?? this.renew(this.#held.accessToken ?? "");
  }

  /**
   * A token other than the one that was refused (or is about to end). When the grant has ended the credential is marked so.
   * @throws CalendarError as {@link RenewalScheme.refresh}
   */
  async renew(refused: string, claims: string | null = null): Promise<string> {
    this.#renewing ??= this.#renew(refused, claims).finally(() => {
      this.#renewing = null;
    });
    this.#held = await this.#renewing;
    return this.#held.accessToken ?? "";
  }

  async #renew(refused: string, claims: string | null): Promise<C> {
    const attempt: { with: C | null } = { with: null };
    try {
      const secret = await this.#credential.rotate(async (stored) => {
        const current = this.#scheme.parse(stored);
        if (current.accessToken !== refused && this.#fresh(current) !== null) return null;
        attempt.with = current;
        const renewed: HeldToken = await this.#scheme.refresh(current, this.#now(), claims);
        return { ...renewed };
      });
      return this.#scheme.parse(secret);
    } catch (error) {
      if (error instanceof CalendarError && error.code === "CREDENTIAL_INVALID" && attempt.with) {
        await this.#markInvalid(attempt.with, error);
      }
      throw error;
    }
  }

  /** Marks the credential, unless the user has connected again in the meantime. */
  async #markInvalid(attempted: C, error: CalendarError): Promise<void> {
    const stored = this.#scheme.parse(await this.#credential.read());
    if (this.#scheme.grantOf(stored) !== this.#scheme.grantOf(attempted)) return;
    await this.#credential.markInvalid(error.providerReason ?? "invalid_grant");
  }

  /** The credential's access token while it is good for another minute. */
  #fresh(credential: C | null): string | null {
    const { accessToken, accessTokenExpiresAt } = credential ?? {};
    if (accessToken === undefined || accessTokenExpiresAt === undefined) return null;
    return Date.parse(accessTokenExpiresAt) - MARGIN_MS > this.#now().getTime() ? accessToken : null;
  }
}
