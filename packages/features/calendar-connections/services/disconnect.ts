import { credentialRepository, type StoredCredential } from "../repositories/CredentialRepository.ts";
import { ownConnection } from "./calendar-choices.ts";
import { openSecret } from "./credential-secret.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** Revoking calls the provider; after this the transaction gives up, and disconnecting can be repeated. */
const DISCONNECT_TIMEOUT_MS = 60_000;

/**
 * Forgets an account of the user: its channels are stopped, its calendars and references deleted, its grant ended at the
 * provider; bookings stay. The grant is left alone when another connection of the same provider account stands, because
 * providers end all grants of an account to one application at once.
 * @throws AppError `connection_not_found`
 */
export async function disconnect(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
): Promise<void> {
  const { prisma, sync, log } = options;
  const { id } = await ownConnection(options, userId, connectionId);
  // Not under the account's lock: stopping a channel may need a fresh token, and refreshing takes that lock.
  await sync.credentialWillBeRemoved(id);
  await prisma.$transaction(
    async (tx) => {
      // A refresh that is under way ends first, and its new token is the one that is revoked.
      const credential = await credentialRepository.lock(tx, id);
      if (!credential) return;
      const others = await credentialRepository.countOthersOfAccount(tx, credential);
      if (others === 0) await revoke(options, credential);
      await credentialRepository.remove(tx, id);
      log.info({ provider: credential.provider, userId, credentialId: id }, "an account was disconnected");
    },
    { timeout: DISCONNECT_TIMEOUT_MS },
  );
}

/** Ends the grant where the provider can. Failing to must not keep a user from disconnecting. */
async function revoke(
  { providers, secretBox, log }: ConnectionServiceOptions,
  credential: StoredCredential,
): Promise<void> {
  try {
    const settings = providers.settings(credential.provider);
    if (settings === null) return;
    const provider = await providers.loadProvider(credential.provider);
    await provider.oauth?.(settings).revoke(openSecret(secretBox, credential));
  } catch (error) {
    log.warn(
      { err: error, provider: credential.provider, credentialId: credential.id },
      "a grant could not be revoked",
    );
  }
}
