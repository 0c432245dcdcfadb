export * from "./dto.ts";
export { MissingPermissionsError } from "./missing-permissions.ts";
export type { ConnectionProviders } from "./ports/ConnectionProviders.ts";
export type { CalendarTarget, ConnectionSync } from "./ports/ConnectionSync.ts";
export { mappingAccess } from "./services/calendar-tables.ts";
export { type ConnectionService, createConnectionService } from "./services/connection-service.ts";
export { credentialAad } from "./services/credential-secret.ts";
export {
  type CredentialStore,
  type CredentialStoreOptions,
  createCredentialStore,
  type EndedCredential,
} from "./services/credential-store.ts";
export {
  createDelegationService,
  type DelegatedDomain,
  type DelegationService,
  type ProvisionReport,
} from "./services/delegations.ts";
export type { ConnectionServiceOptions } from "./services/dependencies.ts";
export type { ConnectedAccount, OAuthCallback } from "./services/oauth-connect.ts";
