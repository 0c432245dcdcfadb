import { CalendarError } from "@calsync/lib";
import type { CredentialAccess, ServiceDependencies } from "@calsync/types";
import { REFRESH_CODES, type RefusalSentences, toTokenError } from "../../common/oauth/token-errors.ts";
import { type NotionCredential, parseCredential } from "./credential-schema.ts";
import type { NotionSettings } from "./settings.ts";
import { requestTokens } from "./token-endpoint.ts";

const REFUSALS: RefusalSentences = {
  grant: "Notion has ended the access; connect it again",
  client: "Notion refuses our integration; check its id and secret in Notion's integration settings",
  request: "Notion refuses the refresh request itself",
  transient: "the access token could not be renewed for now",
};

/**
 * Gives the access token of one installation, and another one when it is refused. Notion's tokens name no end, so that they are
 * renewed on a 401 alone. A renewal uses its refresh token up: within this object callers share one, and across processes
 * `CredentialAccess.rotate` lets one at a time through; who comes second takes what the first has stored.
 */
export class AccessTokenSource {
  readonly #credential: CredentialAccess;
  readonly #settings: NotionSettings;
  readonly #log: ServiceDependencies["log"];
  #held: Promise<NotionCredential> | null = null;
  #renewing: Promise<NotionCredential> | null = null;

  constructor(
    { credential, log }: Pick<ServiceDependencies, "credential" | "log">,
    settings: NotionSettings,
  ) {
    this.#credential = credential;
    this.#settings = settings;
    this.#log = log;
  }

  /** The stored credential. @throws CalendarError CREDENTIAL_INVALID */
  get(): Promise<NotionCredential> {
    this.#held ??= this.#credential.read().then(parseCredential);
    return this.#held;
  }

  /**
   * A credential whose token is another one than the one that was refused.
   * @throws CalendarError CREDENTIAL_INVALID when the grant has ended (and the credential is marked so),
   * OAUTH_CLIENT_REFUSED when our registration is refused, OAUTH_TOKEN_EXPIRED when it cannot be done for now.
   */
  renew(refused: string): Promise<NotionCredential> {
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    this.#held = this.#renewing;
    // A renewal that has failed is not kept: the next call reads what is stored by then.
    this.#renewing.catch(() => {
      this.#held = null;
    });
    return this.#renewing;
  }

  async #renew(refused: string): Promise<NotionCredential> {
    let attempted: NotionCredential | null = null;
    try {
      const secret = await this.#credential.rotate(async (stored) => {
        const current = parseCredential(stored);
        if (current.accessToken !== refused) return null;
        attempted = current;
        return { ...(await this.#refresh(current)) };
      });
      return parseCredential(secret);
    } catch (error) {
      if (error instanceof CalendarError && error.code === "CREDENTIAL_INVALID" && attempted)
        await this.#markInvalid(attempted, error);
      throw error;
    }
  }

  async #refresh(current: NotionCredential): Promise<NotionCredential> {
    if (current.refreshToken === null) {
      // Of an internal integration, perhaps typed in just now: it may never have been accepted.
      throw new CalendarError("CREDENTIAL_INVALID", "Notion does not accept this token", {
        status: 401,
        providerReason: "unauthorized",
      });
    }
    const answer = await requestTokens(this.#settings, {
      grant_type: "refresh_token",
      refresh_token: current.refreshToken,
    });
    if (answer.type === "granted") {
      const { access_token: accessToken, refresh_token: refreshToken } = answer.tokens;
      this.#log.debug({}, "an access token of Notion was renewed");
      return { ...current, accessToken, refreshToken: refreshToken ?? null };
    }
    const { cause, reason, status } = answer;
    this.#log.warn({ cause, reason, status }, "Notion refused to renew an access token");
    throw toTokenError(answer, REFRESH_CODES, REFUSALS);
  }

  /** Marks the credential, unless the user has connected again in the meantime. */
  async #markInvalid(attempted: NotionCredential, error: CalendarError): Promise<void> {
    const stored = parseCredential(await this.#credential.read());
    if (stored.accessToken !== attempted.accessToken) return;
    await this.#credential.markInvalid(error.providerReason ?? "invalid_grant");
  }
}
