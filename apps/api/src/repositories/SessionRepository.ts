import type { PrismaClient } from "@calsync/prisma";
import { USER_COLUMNS, type User } from "./UserRepository.ts";

type Hash = Uint8Array<ArrayBuffer>;

/** Browser sessions; only the hash of a session's token is stored. */
export const sessionRepository = {
  /** Opens a session, and clears the user's expired ones. */
  async insert(
    prisma: PrismaClient,
    session: { tokenHash: Hash; userId: number; createdAt: Date; expiresAt: Date },
  ): Promise<void> {
    await prisma.$transaction([
      prisma.session.deleteMany({ where: { userId: session.userId, expiresAt: { lte: session.createdAt } } }),
      prisma.session.create({ data: session }),
    ]);
  },

  /** The user of a session that has not expired. */
  async findUser(prisma: PrismaClient, tokenHash: Hash, now: Date): Promise<User | null> {
    const session = await prisma.session.findUnique({
      where: { tokenHash },
      select: { expiresAt: true, user: { select: USER_COLUMNS } },
    });
    return session && session.expiresAt > now ? session.user : null;
  },

  async remove(prisma: PrismaClient, tokenHash: Hash): Promise<void> {
    await prisma.session.deleteMany({ where: { tokenHash } });
  },
};
