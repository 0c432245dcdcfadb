import { AppError, type CalendarError, isCalendarError } from "@calsync/lib";
import type { CredentialSecret, DelegationFlow } from "@calsync/types";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import { delegationRepository, type StoredDelegation } from "../repositories/DelegationRepository.ts";
import { delegationAad, sealSecret } from "./credential-secret.ts";
import { endCredential } from "./credential-store.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** A domain whose accounts are open. */
export interface DelegatedDomain {
  provider: string;
  domain: string;
  /** How the key is called. */
  name: string;
  /** Users' accounts that rest on it. */
  accounts: number;
  createdAt: Date;
}

/** What became of each user of a domain. */
export interface ProvisionReport {
  connected: string[];
  failed: { email: string; message: string }[];
}

/**
 * Access by an administrator's word: an operator stores the key that the organisation's administrator has allowed, and users with
 * an address in its domain are connected without a consent page. Whose address a user has is the operator's to know: this trusts
 * the addresses of the user table.
 */
export interface DelegationService {
  /**
   * Stores a key for a domain, in place of an earlier one, and connects the domain's users.
   * @returns what the organisation's administrator has to do, and what became of each user
   * @throws AppError `key_refused`, `provider_without_delegation`, `provider_not_configured`, `domain_refused`
   */
  add(input: {
    provider: string;
    domain: string;
    keyFile: string;
  }): Promise<{ instructions: string; users: ProvisionReport }>;
  /** Connects users of the domain who are not yet. @throws AppError `delegation_not_found` */
  provision(input: { provider: string; domain: string }): Promise<ProvisionReport>;
  list(): Promise<DelegatedDomain[]>;
  /** Forgets a key; accounts that rest on it have to be connected by their users. @throws AppError `delegation_not_found` */
  remove(input: { provider: string; domain: string }): Promise<{ accounts: number }>;
  /**
   * Connects one user's account without a consent page, when their domain is open.
   * @returns the connection's id
   * @throws AppError `delegation_not_found`, `delegation_refused`
   */
  connect(user: { id: number; email: string }, provider: string): Promise<number>;
}

/** Organisations whose administrator has opened their accounts, and the accounts that are connected so. */
export function createDelegationService(options: ConnectionServiceOptions): DelegationService {
  const { prisma, providers, secretBox, sync, now, log, credentialEnded } = options;

  async function flowOf(slug: string): Promise<DelegationFlow> {
    const known = providers.list().some((provider) => provider.slug === slug);
    const provider = known ? await providers.loadProvider(slug) : null;
    if (!provider?.delegation) {
      throw new AppError(
        "invalid",
        "provider_without_delegation",
        `"${slug}" has no access that an administrator can open for all.`,
      );
    }
    const settings = providers.settings(slug);
    if (settings === null) {
      throw new AppError(
        "unavailable",
        "provider_not_configured",
        `${slug} is not set up on this installation.`,
        {
          hint: "An operator has to configure its client id and secret.",
        },
      );
    }
    return provider.delegation(settings);
  }

  async function existing(provider: string, domain: string): Promise<StoredDelegation> {
    const found = await delegationRepository.find(prisma, provider, domain.toLowerCase());
    if (found) return found;
    throw new AppError(
      "not-found",
      "delegation_not_found",
      `No administrator has opened ${domain} for ${provider}.`,
      {
        hint: "An operator can add it: calsync delegation add.",
      },
    );
  }

  const openKey = ({ provider, domain, secret }: StoredDelegation) =>
    JSON.parse(secretBox.decrypt(secret, delegationAad({ provider, domain }))) as CredentialSecret;

  async function connectUser(
    delegation: StoredDelegation,
    flow: DelegationFlow,
    user: { id: number; email: string },
  ): Promise<number> {
    const { provider } = delegation;
    const grant = await flow.grantFor(openKey(delegation), user.email);
    const owner = { userId: user.id, provider };
    const secret = sealSecret(secretBox, owner, grant.secret);
    const { accountId, accountEmail } = grant;
    const credentialId = await prisma.$transaction(async (tx) => {
      const stored = { ...owner, accountId, accountEmail, accountName: null, secret };
      const { inserted, credential } = await credentialRepository.insertOrLock(tx, stored);
      await delegationRepository.link(tx, credential.id, delegation.id);
      if (inserted) return credential.id;
      await credentialRepository.revive(tx, credential.id, { secret, accountEmail });
      await sync.credentialReconnected(tx, credential.id);
      return credential.id;
    });
    log.info({ provider, userId: user.id, credentialId }, "an account was connected by delegation");
    return credentialId;
  }

  async function provisionAll(
    delegation: StoredDelegation,
    flow: DelegationFlow,
    again: boolean,
  ): Promise<ProvisionReport> {
    const report: ProvisionReport = { connected: [], failed: [] };
    for (const user of await delegationRepository.usersOf(prisma, delegation)) {
      if (user.connected && !again) continue;
      try {
        await connectUser(delegation, flow, user);
        report.connected.push(user.email);
      } catch (error) {
        // One user whom the workspace does not know must not keep the others out.
        if (!isCalendarError(error)) throw error;
        report.failed.push({ email: user.email, message: error.message });
      }
    }
    return report;
  }

  return {
    async add({ provider, domain: given, keyFile }) {
      const domain = given.trim().toLowerCase();
      if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) {
        throw new AppError(
          "invalid",
          "domain_refused",
          `"${given}" is no domain; write it like example.com.`,
        );
      }
      const flow = await flowOf(provider);
      const { key, name, instructions } = readKey(flow, keyFile);
      const secret = secretBox.encrypt(JSON.stringify(key), delegationAad({ provider, domain }));
      const delegation = await prisma.$transaction((tx) =>
        delegationRepository.put(tx, { provider, domain, name, secret }),
      );
      return { instructions, users: await provisionAll(delegation, flow, true) };
    },
    async provision({ provider, domain }) {
      return provisionAll(await existing(provider, domain), await flowOf(provider), false);
    },
    async list() {
      return (await delegationRepository.list(prisma)).map(({ id: _, ...row }) => row);
    },
    async remove({ provider, domain }) {
      const delegation = await existing(provider, domain);
      return prisma.$transaction(async (tx) => {
        const credentials = await delegationRepository.credentialsOf(tx, delegation.id);
        for (const { id } of credentials) {
          const row = await credentialRepository.lock(tx, id);
          if (row) await endCredential(tx, row, { reason: "delegation_removed", at: now(), credentialEnded });
        }
        await delegationRepository.remove(tx, delegation.id);
        return { accounts: credentials.length };
      });
    },
    async connect(user, provider) {
      const delegation = await existing(provider, user.email.split("@")[1] ?? "");
      try {
        return await connectUser(delegation, await flowOf(provider), user);
      } catch (error) {
        throw isCalendarError(error) ? refused("conflict", "delegation_refused", error) : error;
      }
    },
  };
}

function readKey(flow: DelegationFlow, keyFile: string) {
  try {
    return flow.readKey(keyFile);
  } catch (error) {
    throw isCalendarError(error) ? refused("invalid", "key_refused", error) : error;
  }
}

/** An adapter's message holds no secret, and says best what can be done. */
function refused(kind: "invalid" | "conflict", code: string, cause: CalendarError): AppError {
  return new AppError(kind, code, `${cause.message}.`, { cause });
}
