import type { AccountGrant } from "@calsync/types";
import { mergeSecret } from "../merge-secret.ts";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import { openSecret, sealSecret } from "./credential-secret.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** Stores the account, or revives the one that the user had connected before. @returns its id */
export async function storeGrant(
  { prisma, secretBox, sync }: ConnectionServiceOptions,
  userId: number,
  provider: string,
  { secret, accountId, accountEmail, accountName = null }: AccountGrant,
): Promise<number> {
  const owner = { userId, provider };
  return prisma.$transaction(async (tx) => {
    const { inserted, credential } = await credentialRepository.insertOrLock(tx, {
      ...owner,
      accountId,
      accountEmail,
      accountName,
      secret: sealSecret(secretBox, owner, secret),
    });
    if (inserted) return credential.id;
    const merged = mergeSecret(openSecret(secretBox, credential), secret);
    await credentialRepository.revive(tx, credential.id, {
      secret: sealSecret(secretBox, owner, merged),
      accountEmail: accountEmail ?? credential.accountEmail,
      accountName: accountName ?? credential.accountName,
    });
    await sync.credentialReconnected(tx, credential.id);
    return credential.id;
  });
}
