import { AppError, type CalendarError, hashToken, isCalendarError, randomToken } from "@calsync/lib";
import type { OAuthFlow, OAuthGrant } from "@calsync/types";
import { MissingPermissionsError } from "../missing-permissions.ts";
import { codeChallengeOf, createCodeVerifier } from "../pkce.ts";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import { oauthStateRepository } from "../repositories/OauthStateRepository.ts";
import { isOwnPath } from "../return-to.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";
import { providerOf, settingsOf } from "./known-provider.ts";
import { storeGrant } from "./store-grant.ts";

/** How long a user may take on the provider's consent page. */
const FLOW_LIFETIME_MS = 10 * 60_000;

/** What the provider sent to the callback address. */
export interface OAuthCallback {
  state: string;
  code?: string | undefined;
  /** RFC 6749 §4.1.2.1, when the provider or the user refused. */
  error?: string | undefined;
}

/** The account that a finished flow has connected. */
export interface ConnectedAccount {
  connectionId: number;
  provider: string;
  /** Path of the web app that the user came from; null when the flow was started without one. */
  returnTo: string | null;
}

/**
 * Starts an OAuth code flow (RFC 6749 §4.1 with PKCE, RFC 7636). What the provider wanted proven when it ended an account of the
 * user's is asked for along with it, whichever account is connected now.
 * @returns where to send the browser
 * @throws AppError `provider_not_found`, `provider_not_configured`, `provider_without_oauth`, `invalid_return_to`
 */
export async function startOAuth(
  options: ConnectionServiceOptions,
  userId: number,
  provider: string,
  returnTo: string | null,
): Promise<string> {
  if (returnTo !== null && !isOwnPath(returnTo)) {
    throw new AppError(
      "invalid",
      "invalid_return_to",
      "The page to return to is not a path of this application.",
      {
        hint: "Send a path that begins with a single slash, such as /settings/calendars.",
      },
    );
  }
  const flow = await oauthOf(options, provider);
  const state = randomToken();
  const verifier = createCodeVerifier();
  const createdAt = options.now();
  await oauthStateRepository.insert(options.prisma, {
    stateHash: hashToken(state),
    userId,
    provider,
    codeVerifier: options.secretBox.encrypt(verifier, verifierAad(userId, provider)),
    returnTo,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + FLOW_LIFETIME_MS),
  });
  const claims = await credentialRepository.wantedClaims(options.prisma, userId, provider);
  return flow.authorizationUrl({
    ...(claims === null ? {} : { claims }),
    state,
    codeChallenge: codeChallengeOf(verifier),
    redirectUri: options.oauthRedirectUri(provider),
  });
}

/**
 * Finishes a flow that the same user started: exchanges the code and stores the account, new or revived.
 * @throws AppError `oauth_state_unknown` (used, expired, or another user's), `consent_declined`, `provider_refused`,
 *   `missing_scopes`, `code_refused`, `provider_misconfigured`, `provider_unavailable`
 */
export async function finishOAuth(
  options: ConnectionServiceOptions,
  userId: number,
  provider: string,
  callback: OAuthCallback,
): Promise<ConnectedAccount> {
  const { prisma, now, secretBox } = options;
  const flow = await oauthOf(options, provider);
  const started = await oauthStateRepository.take(prisma, {
    stateHash: hashToken(callback.state),
    userId,
    provider,
  });
  if (!started || started.expiresAt <= now()) {
    throw new AppError(
      "invalid",
      "oauth_state_unknown",
      "This attempt to connect has expired or was used already.",
      {
        hint: "Start connecting again from the calendar settings.",
      },
    );
  }
  if (callback.error !== undefined || callback.code === undefined) throw refusalOf(callback.error);
  const grant = await exchange(flow, {
    code: callback.code,
    codeVerifier: secretBox.decrypt(started.codeVerifier, verifierAad(userId, provider)),
    redirectUri: options.oauthRedirectUri(provider),
  });
  if (grant.missingScopes.length > 0) {
    options.log.info(
      { provider, userId, missingScopes: grant.missingScopes },
      "a grant lacks scopes that sync needs",
    );
    throw new MissingPermissionsError(grant.missingScopes.map(({ permission }) => permission));
  }
  const connectionId = await storeGrant(options, userId, provider, grant);
  options.log.info({ provider, userId, credentialId: connectionId }, "an account was connected");
  return { connectionId, provider, returnTo: started.returnTo };
}

async function oauthOf(options: ConnectionServiceOptions, slug: string): Promise<OAuthFlow> {
  const provider = await providerOf(options, slug);
  if (!provider.oauth) {
    throw new AppError(
      "invalid",
      "provider_without_oauth",
      `${provider.metadata.name} is not connected by a consent page.`,
    );
  }
  return provider.oauth(settingsOf(options, provider.metadata));
}

async function exchange(
  flow: OAuthFlow,
  input: Parameters<OAuthFlow["exchangeCode"]>[0],
): Promise<OAuthGrant> {
  try {
    return await flow.exchangeCode(input);
  } catch (error) {
    throw isCalendarError(error) ? failedExchange(error) : error;
  }
}

/** What the adapter says about the exchange, as what the person in front of the browser can do. */
function failedExchange(cause: CalendarError): AppError {
  if (isCalendarError(cause, "INVALID_REQUEST", "CREDENTIAL_INVALID", "PERMISSION_DENIED")) {
    // An adapter's message holds no secret, and knows best what the person can do.
    return new AppError("invalid", "code_refused", `The account was not connected: ${cause.message}.`, {
      hint: "Start connecting again.",
      cause,
    });
  }
  if (isCalendarError(cause, "OAUTH_CLIENT_REFUSED")) {
    const message = "The provider refuses this installation's registration.";
    return new AppError("unavailable", "provider_misconfigured", message, {
      hint: "An operator has to check the client id, the client secret and the redirect address.",
      cause,
    });
  }
  return new AppError(
    "unavailable",
    "provider_unavailable",
    "The provider cannot be reached at the moment.",
    {
      hint: "Try again in a few minutes.",
      cause,
    },
  );
}

/** Refusals that only the administrator of the account's organisation can lift. */
const BY_ADMINISTRATORS: ReadonlySet<string> = new Set([
  "admin_policy_enforced",
  "org_internal",
  "consent_required",
]);

function refusalOf(error: string | undefined): AppError {
  if (error === "access_denied") {
    return new AppError("invalid", "consent_declined", "The account was not connected: access was declined.");
  }
  return new AppError("invalid", "provider_refused", "The provider refused to connect the account.", {
    hint: BY_ADMINISTRATORS.has(error ?? "")
      ? "The account's organisation does not allow this application; ask its administrator."
      : "Start connecting again.",
  });
}

function verifierAad(userId: number, provider: string): string {
  return `oauth-state:${userId}:${provider}`;
}
