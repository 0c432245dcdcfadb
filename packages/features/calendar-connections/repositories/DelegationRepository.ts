import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Database = PrismaClient | PrismaTransaction;

/** An organisation whose administrator has opened its accounts; `secret` is still encrypted. */
export interface StoredDelegation {
  id: number;
  provider: string;
  domain: string;
  name: string;
  secret: string;
}

const COLUMNS = { id: true, provider: true, domain: true, name: true, secret: true } as const;

/** Delegations belong to no user: only operators add and remove them. */
export const delegationRepository = {
  async find(db: Database, provider: string, domain: string): Promise<StoredDelegation | null> {
    return db.delegation.findUnique({ where: { provider_domain: { provider, domain } }, select: COLUMNS });
  },

  /** All of them, with how many accounts rest on each. */
  async list(
    db: Database,
  ): Promise<(Omit<StoredDelegation, "secret"> & { accounts: number; createdAt: Date })[]> {
    const rows = await db.delegation.findMany({
      orderBy: [{ provider: "asc" }, { domain: "asc" }],
      select: {
        id: true,
        provider: true,
        domain: true,
        name: true,
        createdAt: true,
        _count: { select: { credentials: true } },
      },
    });
    return rows.map(({ _count, ...row }) => ({ ...row, accounts: _count.credentials }));
  },

  /** Stores a key for a domain, in place of the one that was there. */
  async put(tx: PrismaTransaction, delegation: Omit<StoredDelegation, "id">): Promise<StoredDelegation> {
    const { provider, domain, name, secret } = delegation;
    return tx.delegation.upsert({
      where: { provider_domain: { provider, domain } },
      create: delegation,
      update: { name, secret },
      select: COLUMNS,
    });
  },

  async remove(tx: PrismaTransaction, id: number): Promise<void> {
    await tx.delegation.delete({ where: { id } });
  },

  /** Users whose address is in the domain, with whether the domain's key opens an account for them already. */
  async usersOf(
    db: Database,
    delegation: StoredDelegation,
  ): Promise<{ id: number; email: string; connected: boolean }[]> {
    return db.$queryRaw`
      SELECT u."id", u."email",
             EXISTS (SELECT 1 FROM "Credential" c WHERE c."userId" = u."id" AND c."delegationId" = ${delegation.id}
                        AND c."status" = 'ACTIVE') AS "connected"
        FROM "User" u WHERE lower(split_part(u."email", '@', 2)) = ${delegation.domain} ORDER BY u."id"`;
  },

  /** The accounts that rest on a delegation. */
  async credentialsOf(db: Database, id: number): Promise<{ id: number; userId: number }[]> {
    return db.credential.findMany({
      where: { delegationId: id },
      select: { id: true, userId: true },
      orderBy: { id: "asc" },
    });
  },

  async link(tx: PrismaTransaction, credentialId: number, delegationId: number): Promise<void> {
    await tx.credential.update({ where: { id: credentialId }, data: { delegationId } });
  },
};
