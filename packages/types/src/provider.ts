import type { MappingAccess } from "./calendar-mapping.ts";
import type { CalendarCapabilities, CalendarService } from "./calendar-service.ts";
import type { NotificationRequest, ParsedNotification } from "./channel.ts";
import type { AccountGrant, ConnectionForm, FormFlow } from "./connection-form.ts";
import type { CredentialAccess, CredentialSecret } from "./credential.ts";

/** What people and registries see of a provider. */
export interface ProviderMetadata {
  /** The folder's name, which is also what the database stores: `googlecalendar`. */
  slug: string;
  name: string;
  /** How an account is connected: by a consent page, or by a form that asks for a password, a token or an address. */
  auth: "oauth" | "password" | "token" | "url";
  /** What that form asks for; present unless `auth` is `oauth`, and there too where a form is a second way. */
  form?: ConnectionForm;
  /** Where a person learns more about it. */
  website: string;
  capabilities: CalendarCapabilities;
  /** How fast the provider may be called; null when it says nothing about that. */
  limits: CallLimits | null;
}

/** A method of the contract that calls the provider. */
export type CalendarOperation = Exclude<keyof CalendarService, "capabilities" | "tables">;

/**
 * Units of a provider's quota that may be used up within each stretch of `perMs`, by all processes together. Stretches are
 * fixed, so up to twice the units may fall into any one `perMs`: choose it short, against quotas that slide.
 */
export interface CallQuota {
  units: number;
  perMs: number;
  /** Units that each process may use up in each stretch beside those, without asking the others: for calls now and then. */
  unasked?: number;
}

/** How fast a provider may be called, a good way below what it documents. */
export interface CallLimits {
  account: CallQuota;
  /** All accounts of this installation together. */
  installation: CallQuota;
  /** Most units that one call of an operation usually uses up (it may be several calls to the provider); 1 where left out. */
  costs: Partial<Record<CalendarOperation, number>>;
}

/** What the service of one account is made from. */
export interface ServiceDependencies {
  credential: CredentialAccess;
  /** The provider's settings (client id, base URLs), checked by its own schema. */
  settings: unknown;
  /** How the account's tables are mapped; absent where the account is not stored yet. */
  mappings?: MappingAccess;
  /** Whether the provider notifies this installation as a whole (`notifications: "integration"`). */
  announced?: boolean;
  now: () => Date;
  log: { debug(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** The start of an OAuth code flow (RFC 6749 §4.1, RFC 7636). */
export interface AuthorizationRequest {
  state: string;
  /** S256 challenge of the PKCE verifier. */
  codeChallenge: string;
  redirectUri: string;
  loginHint?: string | undefined;
  /** What the consent is to prove, as the provider has asked for it when it ended the one before (OpenID Connect Core §5.5, JSON). */
  claims?: string | undefined;
}

/** What a code was exchanged for. */
export interface OAuthGrant extends AccountGrant {
  /** Scopes that we need and the user did not grant; empty when all is well. */
  missingScopes: MissingScope[];
}

/** What a user may leave out on a consent page. */
export type CalendarPermission = "events" | "calendar-list" | "free-busy";

/** A scope that was not granted: as the provider calls it, and what it is for. */
export interface MissingScope {
  scope: string;
  permission: CalendarPermission;
}

/** The OAuth side of a provider. */
export interface OAuthFlow {
  /** Where to send the browser. */
  authorizationUrl(request: AuthorizationRequest): string;
  /** @throws CalendarError INVALID_REQUEST when the code or verifier is refused; OAUTH_CLIENT_REFUSED; NETWORK_ERROR. */
  exchangeCode(input: { code: string; codeVerifier: string; redirectUri: string }): Promise<OAuthGrant>;
  /** Ends the grant at the provider, where it can; failing to is no error. */
  revoke(secret: CredentialSecret): Promise<void>;
}

/** What an administrator was given to open a whole organisation, read. */
export interface DelegationKey {
  key: CredentialSecret;
  /** How the key is called, for people. */
  name: string;
  /** What the organisation's administrator has to do so that the key opens anything. */
  instructions: string;
}

/** Access to all accounts of an organisation, which its administrator has allowed: no user consents. */
export interface DelegationFlow {
  /** Reads a key file. Calls nobody. @throws CalendarError INVALID_REQUEST that says what it should be */
  readKey(text: string): DelegationKey;
  /**
   * Proves that the key opens the user's account. The secret comes without the key: whoever reads it later adds the key as its
   * member `delegation`, so that a key is stored once and can be replaced.
   * @throws CalendarError OAUTH_CLIENT_REFUSED when the administrator has not allowed it; CREDENTIAL_INVALID when there is no
   *   such user; both say what to do
   */
  grantFor(key: CredentialSecret, userEmail: string): Promise<OAuthGrant>;
}

/** One provider, as its folder's index exports it by default. */
export interface CalendarProvider {
  metadata: ProviderMetadata;
  createService(dependencies: ServiceDependencies): CalendarService;
  /** Present when `metadata.auth` is `oauth`. */
  oauth?: (settings: unknown) => OAuthFlow;
  /** Present when `metadata.form` is. */
  form?: (dependencies: Omit<ServiceDependencies, "credential">) => FormFlow;
  /** Present when an organisation's administrator can open all of its accounts at once. */
  delegation?: (settings: unknown) => DelegationFlow;
  /**
   * Reads a request at the provider's notification endpoint. Pure.
   * @param secret what signs the notifications of an integration as a whole; null where there is no such, or none yet
   */
  parseNotification(request: NotificationRequest, secret?: string | null): ParsedNotification;
}
