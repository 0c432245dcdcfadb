import { CalendarError, type Clock, type SecretBox } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import type { CredentialAccess, CredentialSecret } from "@calsync/types";
import { credentialRepository, type StoredCredential } from "../repositories/CredentialRepository.ts";
import { openWithKey, sealWithoutKey } from "./credential-secret.ts";
import { createLimiter } from "./limiter.ts";

/** What secrets are kept with. */
export interface CredentialStoreOptions {
  prisma: PrismaClient;
  secretBox: SecretBox;
  now: Clock;
  /**
   * How many rotations of this process may be under way at once, by default 4. Each holds a database connection during
   * its call to the provider, so keep it below the pool's size.
   */
  maxConcurrentRotations?: number;
  /**
   * An account has just become invalid: tell whom it concerns, in the transaction that marks it. Called once for each time
   * that an account ends, whoever found out.
   */
  credentialEnded?: (tx: PrismaTransaction, ended: EndedCredential) => Promise<void>;
  /** How long one rotation may hold the credential's lock, in milliseconds, by default 60,000. */
  rotationTimeoutMs?: number;
}

/** An account that its provider no longer accepts. */
export interface EndedCredential {
  credentialId: number;
  userId: number;
  provider: string;
  accountEmail: string | null;
  /** The provider's name of the reason, such as `invalid_grant`. */
  reason: string;
  at: Date;
}

/** Hands out linked accounts to adapters. */
export interface CredentialStore {
  /**
   * The account's provider, its id there, and the way to its secret.
   * @throws CalendarError CREDENTIAL_INVALID when the account is invalid or gone
   */
  open(credentialId: number): Promise<{ provider: string; accountId: string; access: CredentialAccess }>;
}

/**
 * Reads, rotates and invalidates secrets. A rotation holds the row's lock while it calls the provider and stores the
 * result in the same transaction, so that across all processes one refresh of an account runs at a time, and a token
 * that the provider has rotated is stored before anyone uses it.
 */
export function createCredentialStore(options: CredentialStoreOptions): CredentialStore {
  const { prisma, secretBox, now } = options;
  const limiter = createLimiter(options.maxConcurrentRotations ?? 4);
  const timeout = options.rotationTimeoutMs ?? 60_000;

  /** What happened under the lock. It is returned, not thrown, so that an invalid mark made on the way is committed. */
  type Rotation = { secret: CredentialSecret } | { error: unknown };
  /** Why an account ends, and what the next consent is to prove. */
  type Mark = { reason: string; claims: string | null };

  const markInvalid = (tx: PrismaTransaction, row: StoredCredential, mark: Mark) =>
    endCredential(tx, row, { ...mark, at: now(), credentialEnded: options.credentialEnded });

  async function rotateLocked(
    credentialId: number,
    marks: { made: Mark | null },
    refresh: (current: CredentialSecret) => Promise<CredentialSecret | null>,
  ): Promise<Rotation> {
    return prisma.$transaction(
      async (tx): Promise<Rotation> => {
        const row = usable(await credentialRepository.lock(tx, credentialId));
        const current = openWithKey(secretBox, row);
        try {
          const next = await refresh(current);
          if (next) await credentialRepository.storeSecret(tx, row.id, sealWithoutKey(secretBox, row, next));
          return { secret: next ?? current };
        } catch (error) {
          if (marks.made === null) return { error };
          await markInvalid(tx, row, marks.made);
          return { error };
        }
      },
      { timeout, maxWait: timeout },
    );
  }

  function accessOf(row: StoredCredential): CredentialAccess {
    // The row was read just now: the first read costs no second query.
    let fresh: StoredCredential | null = row;
    // Set while a rotation of this access holds the row's lock: a mark made meanwhile waits for the lock's transaction,
    // because another connection would wait for it forever.
    let marks: { made: Mark | null } | null = null;
    return {
      async read() {
        const current = fresh ?? usable(await credentialRepository.find(prisma, row.id));
        fresh = null;
        return openWithKey(secretBox, current);
      },
      async rotate(refresh) {
        fresh = null;
        return limiter.run(row.id, async () => {
          const mine = { made: null };
          marks = mine;
          try {
            const rotation = await rotateLocked(row.id, mine, refresh);
            if ("error" in rotation) throw rotation.error;
            return rotation.secret;
          } finally {
            marks = null;
          }
        });
      },
      async markInvalid(reason, claims) {
        fresh = null;
        const mark = { reason, claims: claims ?? null };
        if (marks) marks.made = mark;
        else await prisma.$transaction((tx) => markInvalid(tx, row, mark));
      },
    };
  }

  return {
    async open(credentialId) {
      const row = usable(await credentialRepository.find(prisma, credentialId));
      return { provider: row.provider, accountId: row.accountId, access: accessOf(row) };
    },
  };
}

/** Marks an account invalid and tells whom it concerns, once for each time that it ends. */
export async function endCredential(
  tx: PrismaTransaction,
  row: Pick<StoredCredential, "id" | "userId" | "provider" | "accountEmail">,
  end: {
    reason: string;
    claims?: string | null;
    at: Date;
    credentialEnded: CredentialStoreOptions["credentialEnded"] | undefined;
  },
): Promise<void> {
  const { reason, claims = null, at, credentialEnded } = end;
  if (!(await credentialRepository.markInvalid(tx, row.id, { reason, claims, at }))) return;
  const { id: credentialId, userId, provider, accountEmail } = row;
  await credentialEnded?.(tx, { credentialId, userId, provider, accountEmail, reason, at });
}

function usable(row: StoredCredential | null): StoredCredential {
  if (!row) throw new CalendarError("CREDENTIAL_INVALID", "The account is no longer connected.");
  if (row.status === "ACTIVE") return row;
  throw new CalendarError(
    "CREDENTIAL_INVALID",
    `The account needs to be connected again: ${row.invalidReason ?? "the provider refused it"}.`,
  );
}
