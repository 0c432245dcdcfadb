import type { CredentialAccess, CredentialSecret } from "@calsync/types";

/** A credential kept in memory, with the one flight that `CredentialAccess` asks for. Several services may share it. */
export class MemoryCredential implements CredentialAccess {
  /** Why the credential was marked invalid; null while it is good. */
  invalidReason: string | null = null;
  /** What the next consent is to prove; null while nothing was asked for. */
  invalidClaims: string | null = null;
  /** How many secrets have been stored since the start. */
  rotations = 0;
  #secret: CredentialSecret;
  #last: Promise<unknown> = Promise.resolve();

  constructor(secret: CredentialSecret) {
    this.#secret = secret;
  }

  /** What is stored now, for a test to look at or to replace. */
  get secret(): CredentialSecret {
    return this.#secret;
  }

  set secret(secret: CredentialSecret) {
    this.#secret = secret;
  }

  async read(): Promise<CredentialSecret> {
    return this.#secret;
  }

  rotate(
    refresh: (current: CredentialSecret) => Promise<CredentialSecret | null>,
  ): Promise<CredentialSecret> {
    const flight = this.#last.then(async () => {
      const fresh = await refresh(this.#secret);
      if (fresh) {
        this.#secret = fresh;
        this.rotations++;
      }
      return this.#secret;
    });
    this.#last = flight.catch(() => undefined);
    return flight;
  }

  async markInvalid(reason: string, claims?: string): Promise<void> {
    this.invalidReason = reason;
    this.invalidClaims = claims ?? null;
  }
}
