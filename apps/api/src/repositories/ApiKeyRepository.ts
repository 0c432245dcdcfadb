import type { PrismaClient } from "@calsync/prisma";
import { USER_COLUMNS, type User } from "./UserRepository.ts";

type Hash = Uint8Array<ArrayBuffer>;

/** What a key may do: `write` includes `read`. */
export type ApiKeyScope = "read" | "write";

/** A key as its owner sees it; the key itself is shown once, when it is made. */
export interface StoredApiKey {
  id: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  scopes: ApiKeyScope[];
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
}

const COLUMNS = {
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  createdAt: true,
  lastUsedAt: true,
  expiresAt: true,
} as const;

/** `lastUsedAt` is written at most this often, so that a busy key does not cost a write per request. */
const LAST_USE_PRECISION_MS = 60_000;

/** API keys; what a user lists or revokes is scoped by the user. */
export const apiKeyRepository = {
  async insert(
    prisma: PrismaClient,
    key: Omit<StoredApiKey, "id" | "lastUsedAt"> & { userId: number; keyHash: Hash },
  ): Promise<StoredApiKey> {
    return toKey(await prisma.apiKey.create({ data: key, select: COLUMNS }));
  },

  /** The user's keys that have not been revoked, newest first. */
  async listOfUser(prisma: PrismaClient, userId: number): Promise<StoredApiKey[]> {
    const rows = await prisma.apiKey.findMany({
      where: { userId, revokedAt: null },
      orderBy: { createdAt: "desc" },
      select: COLUMNS,
    });
    return rows.map(toKey);
  },

  /** @returns whether there was such a key */
  async revokeOfUser(prisma: PrismaClient, userId: number, id: string, now: Date): Promise<boolean> {
    const { count } = await prisma.apiKey.updateMany({
      where: { id, userId, revokedAt: null },
      data: { revokedAt: now },
    });
    return count > 0;
  },

  /** The user and scopes of a key that is neither revoked nor expired; notes that it was used. */
  async use(
    prisma: PrismaClient,
    keyHash: Hash,
    now: Date,
  ): Promise<{ user: User; scopes: ApiKeyScope[] } | null> {
    const key = await prisma.apiKey.findUnique({
      where: { keyHash },
      select: { ...COLUMNS, revokedAt: true, user: { select: USER_COLUMNS } },
    });
    if (!key || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return null;
    if (key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() >= LAST_USE_PRECISION_MS) {
      await prisma.apiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: now } });
    }
    return { user: key.user, scopes: toKey(key).scopes };
  },
};

function toKey<Row extends { scopes: string[] }>(row: Row): Row & { scopes: ApiKeyScope[] } {
  return {
    ...row,
    scopes: row.scopes.filter((scope): scope is ApiKeyScope => scope === "read" || scope === "write"),
  };
}
