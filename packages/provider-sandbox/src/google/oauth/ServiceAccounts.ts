import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";

/** A service account of a project, with the keys that were made for it. */
export interface ServiceAccount {
  email: string;
  /** The number under which an administrator allows domain-wide delegation. */
  clientId: string;
  projectId: string;
  /** Public keys in PEM, by key id. */
  keys: Record<string, string>;
}

/** A key file as the Google Cloud console gives it. */
export interface ServiceAccountKey {
  type: "service_account";
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  token_uri: string;
}

/** Service accounts, their keys, and what administrators of workspaces have allowed them. */
export class ServiceAccounts {
  readonly #accounts = new Map<string, ServiceAccount>();
  /** Scopes by domain and client id: Admin console, Security, API controls, Domain-wide delegation. */
  readonly #delegations = new Map<string, string[]>();

  /** Makes a key, and the account with its first one. @param tokenUri what the key file names as the token endpoint */
  createKey(input: { email: string; projectId: string; tokenUri: string }): ServiceAccountKey {
    const { email, projectId, tokenUri } = input;
    const account = this.#accounts.get(email) ?? {
      email,
      clientId: String(100_000_000_000_000_000_000n + BigInt(this.#accounts.size + 1)),
      projectId,
      keys: {},
    };
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const keyId = randomBytes(20).toString("hex");
    account.keys[keyId] = publicKey.export({ type: "spki", format: "pem" }).toString();
    this.#accounts.set(email, account);
    return {
      type: "service_account",
      project_id: projectId,
      private_key_id: keyId,
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      client_email: email,
      client_id: account.clientId,
      token_uri: tokenUri,
    };
  }

  /** Deletes a key in the console: what it signs is refused from now on. */
  deleteKey(email: string, keyId: string): void {
    const account = this.#accounts.get(email);
    if (account) delete account.keys[keyId];
  }

  /** What an administrator of a domain allows a client id; null takes it back. */
  delegate(domain: string, clientId: string, scopes: readonly string[] | null): void {
    const key = `${domain.toLowerCase()} ${clientId}`;
    if (scopes === null) this.#delegations.delete(key);
    else this.#delegations.set(key, [...scopes]);
  }

  find(email: string): ServiceAccount | undefined {
    return this.#accounts.get(email);
  }

  /** The public key of an account by its id; null when it was deleted. */
  publicKey(account: ServiceAccount, keyId: string): KeyObject | null {
    const pem = account.keys[keyId];
    return pem === undefined ? null : createPublicKey(pem);
  }

  /** Whether the domain's administrator has allowed the client every one of the scopes. */
  allows(domain: string, clientId: string, scopes: readonly string[]): boolean {
    const allowed = this.#delegations.get(`${domain.toLowerCase()} ${clientId}`) ?? [];
    return scopes.length > 0 && scopes.every((scope) => allowed.includes(scope));
  }

  toJSON() {
    return { accounts: [...this.#accounts.values()], delegations: [...this.#delegations] };
  }

  load(saved: ReturnType<ServiceAccounts["toJSON"]>): void {
    for (const account of saved.accounts) this.#accounts.set(account.email, account);
    for (const [key, scopes] of saved.delegations) this.#delegations.set(key, scopes);
  }
}
