import type { SecretBox } from "@calsync/lib";
import type { CredentialSecret } from "@calsync/types";

/** The same for an organisation's key. */
export function delegationAad({ provider, domain }: { provider: string; domain: string }): string {
  return `delegation:${provider}:${domain}`;
}

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

/** The account's secret as its adapter wants it: one that rests on an organisation's key has that key as `delegation`. */
export function openWithKey(
  secretBox: SecretBox,
  row: Owner & { secret: string; delegation: { provider: string; domain: string; secret: string } | null },
): CredentialSecret {
  const secret = openSecret(secretBox, row);
  if (row.delegation === null) return secret;
  const key = JSON.parse(secretBox.decrypt(row.delegation.secret, delegationAad(row.delegation))) as unknown;
  return { ...secret, delegation: key };
}

/** Encrypts what an adapter has made of a secret; an organisation's key is stored once, not with each account. */
export function sealWithoutKey(
  secretBox: SecretBox,
  owner: Owner,
  { delegation: _, ...secret }: CredentialSecret,
): string {
  return sealSecret(secretBox, owner, secret);
}

/** Decrypts a row's secret. @throws Error when it was tampered with, moved, or its key is not configured. */
export function openSecret(secretBox: SecretBox, row: Owner & { secret: string }): CredentialSecret {
  return JSON.parse(secretBox.decrypt(row.secret, credentialAad(row))) as CredentialSecret;
}
