import type { CalendarGateway } from "@calsync/calendar-sync";
import type { Clock, SecretBox } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { ConnectionProviders } from "../ports/ConnectionProviders.ts";
import type { ConnectionSync } from "../ports/ConnectionSync.ts";
import type { CredentialStoreOptions } from "./credential-store.ts";

/** Everything that the connection service needs from outside. */
export interface ConnectionServiceOptions {
  prisma: PrismaClient;
  secretBox: SecretBox;
  providers: ConnectionProviders;
  gateway: Pick<CalendarGateway, "serviceFor">;
  sync: ConnectionSync;
  now: Clock;
  /** A pino logger fits. */
  log: Record<"debug" | "info" | "warn", (fields: object, message: string) => void>;
  /** An account has ended: tell whom it concerns, in the transaction that marks it. */
  credentialEnded?: CredentialStoreOptions["credentialEnded"];
  /** Where a provider sends the browser back to; it has to be registered at the provider exactly so. */
  oauthRedirectUri: (provider: string) => string;
}
