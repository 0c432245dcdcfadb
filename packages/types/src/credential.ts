/** A decrypted secret: JSON that only the provider's own credential schema understands. */
export type CredentialSecret = Record<string, unknown>;

/**
 * How an adapter reaches the secret of its account. Rotation is one flight: across all processes, at most one
 * `rotate` of a credential runs at a time.
 */
export interface CredentialAccess {
  /** The secret as it is stored now. */
  read(): Promise<CredentialSecret>;
  /**
   * Takes the credential's lock, reads the secret again and calls `refresh` with it; stores what comes back before it
   * is used. `refresh` gives null when the secret that it was handed is already newer than the one that was refused.
   */
  rotate(refresh: (current: CredentialSecret) => Promise<CredentialSecret | null>): Promise<CredentialSecret>;
  /**
   * The provider has said that the grant has ended: no further call is made until the user connects again.
   * @param claims what the provider wants the next consent to prove (OpenID Connect Core §5.5, JSON), where it has named that
   */
  markInvalid(reason: string, claims?: string): Promise<void>;
}
