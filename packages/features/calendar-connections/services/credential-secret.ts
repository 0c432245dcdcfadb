import type { SecretBox } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";

interface Owner {
  userId: number;
  provider: string;
}

/** The additional data that binds an encrypted secret to its row's user and provider: copied elsewhere it cannot be read. */
export function credentialAad({ userId, provider }: Owner): string {
  return `credential:${userId}:${provider}`;
}

/** Encrypts a secret for its row. */
export function sealSecret(secretBox: SecretBox, owner: Owner, secret: CredentialSecret): string {
  return secretBox.encrypt(JSON.stringify(secret), credentialAad(owner));
}

/** Decrypts a row's secret. @throws Error when it was tampered with, moved, or its key is not configured. */
export function openSecret(secretBox: SecretBox, row: Owner & { secret: string }): CredentialSecret {
  return JSON.parse(secretBox.decrypt(row.secret, credentialAad(row))) as CredentialSecret;
}
