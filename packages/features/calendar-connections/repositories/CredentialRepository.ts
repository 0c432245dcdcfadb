import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";

type Database = PrismaClient | PrismaTransaction;

/** A linked account as it is stored; `secret` is still encrypted. */
export interface StoredCredential {
  id: number;
  userId: number;
  provider: string;
  accountId: string;
  accountEmail: string | null;
  accountName: string | null;
  secret: string;
  status: "ACTIVE" | "INVALID";
  invalidReason: string | null;
  createdAt: Date;
  /** The organisation's key that the account rests on, still encrypted; null for a user's own grant. */
  delegation: { provider: string; domain: string; secret: string } | null;
}

const COLUMNS = {
  id: true,
  userId: true,
  provider: true,
  accountId: true,
  accountEmail: true,
  accountName: true,
  secret: true,
  status: true,
  invalidReason: true,
  createdAt: true,
  delegation: { select: { provider: true, domain: true, secret: true } },
} as const;

/** Linked accounts. What a request of a user reads or changes goes through the methods that take a `userId`. */
export const credentialRepository = {
  /** The user's accounts, oldest first, each with the number of its calendars that are written to or read. */
  async listOfUser(db: Database, userId: number): Promise<(StoredCredential & { calendarCount: number })[]> {
    const rows = await db.credential.findMany({
      where: { userId },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      select: {
        ...COLUMNS,
        _count: {
          select: {
            calendarSyncs: {
              where: { OR: [{ selectedCalendars: { some: {} } }, { destinationCalendars: { some: {} } }] },
            },
          },
        },
      },
    });
    return rows.map(({ _count, ...credential }) => ({ ...credential, calendarCount: _count.calendarSyncs }));
  },

  /** One account of the user; null also when it is somebody else's. */
  async findOfUser(db: Database, userId: number, id: number): Promise<StoredCredential | null> {
    return db.credential.findFirst({ where: { id, userId }, select: COLUMNS });
  },

  /** One account whoever it belongs to, for background work. */
  async find(db: Database, id: number): Promise<StoredCredential | null> {
    return db.credential.findUnique({ where: { id }, select: COLUMNS });
  },

  /**
   * Locks the row until the transaction ends and reads it. NO KEY: rows that refer to the account can be inserted
   * meanwhile, which matters because a refresh holds this lock during its call to the provider.
   */
  async lock(tx: PrismaTransaction, id: number): Promise<StoredCredential | null> {
    const locked = await tx.$queryRaw<{ id: number }[]>`
      SELECT "id" FROM "Credential" WHERE "id" = ${id} FOR NO KEY UPDATE`;
    return locked.length === 0 ? null : this.find(tx, id);
  },

  /**
   * Locks the user's row of this account, inserting it when there is none. `inserted` tells which; an inserted row holds
   * the given secret already.
   */
  async insertOrLock(
    tx: PrismaTransaction,
    credential: Pick<
      StoredCredential,
      "userId" | "provider" | "accountId" | "accountEmail" | "accountName" | "secret"
    >,
  ): Promise<{ inserted: boolean; credential: StoredCredential }> {
    const { count } = await tx.credential.createMany({ data: [credential], skipDuplicates: true });
    const { id } = await tx.credential.findUniqueOrThrow({
      where: {
        userId_provider_accountId: {
          userId: credential.userId,
          provider: credential.provider,
          accountId: credential.accountId,
        },
      },
      select: { id: true },
    });
    const row = await this.lock(tx, id);
    if (!row) throw new Error("an account disappeared while it was being connected again");
    return { inserted: count === 1, credential: row };
  },

  /** Stores what a new grant brought: the account is active again. */
  async revive(
    tx: PrismaTransaction,
    id: number,
    change: Pick<StoredCredential, "secret" | "accountEmail"> &
      Partial<Pick<StoredCredential, "accountName">>,
  ): Promise<void> {
    await tx.credential.update({
      where: { id },
      data: { ...change, status: "ACTIVE", invalidReason: null, invalidSince: null, invalidClaims: null },
    });
  },

  async storeSecret(tx: PrismaTransaction, id: number, secret: string): Promise<void> {
    await tx.credential.update({ where: { id }, data: { secret } });
  },

  /** Marks the account invalid, once: the first reason and time stay. @returns whether this call has done it */
  async markInvalid(
    db: Database,
    id: number,
    { reason, claims, at }: { reason: string; claims: string | null; at: Date },
  ): Promise<boolean> {
    const { count } = await db.credential.updateMany({
      where: { id, status: "ACTIVE" },
      data: { status: "INVALID", invalidReason: reason, invalidSince: at, invalidClaims: claims },
    });
    return count === 1;
  },

  /** What the provider wants the user's next consent to prove, as it said last; null when it wants nothing. */
  async wantedClaims(db: Database, userId: number, provider: string): Promise<string | null> {
    const row = await db.credential.findFirst({
      where: { userId, provider, status: "INVALID", invalidClaims: { not: null } },
      orderBy: { invalidSince: "desc" },
      select: { invalidClaims: true },
    });
    return row?.invalidClaims ?? null;
  },

  /** The IANA zone of a user who connects an account; null when there is no such user. */
  async timeZoneOfUser(db: Database, userId: number): Promise<string | null> {
    const user = await db.user.findUnique({ where: { id: userId }, select: { timeZone: true } });
    return user?.timeZone ?? null;
  },

  /** How many other rows, of any user, stand for the same account at the provider. */
  async countOthersOfAccount(db: Database, credential: StoredCredential): Promise<number> {
    return db.credential.count({
      where: { provider: credential.provider, accountId: credential.accountId, id: { not: credential.id } },
    });
  },

  /** Deletes the account with its calendars and references; bookings stay. */
  async remove(tx: PrismaTransaction, id: number): Promise<void> {
    await tx.credential.deleteMany({ where: { id } });
  },
};
