import type { PrismaClient } from "@calsync/prisma";

/** What signs the notifications of each provider that notifies the installation as a whole. */
export const notificationSecretRepository = {
  /** The encrypted secret; null when there is none. */
  async find(prisma: PrismaClient, provider: string): Promise<string | null> {
    const row = await prisma.notificationSecret.findUnique({ where: { provider }, select: { secret: true } });
    return row?.secret ?? null;
  },

  /** Takes one introduction until then. The secret that holds stays until it comes. */
  async open(prisma: PrismaClient, provider: string, acceptUntil: Date): Promise<void> {
    await prisma.notificationSecret.upsert({
      where: { provider },
      create: { provider, acceptUntil },
      update: { acceptUntil },
    });
  },

  /** Stores an introduction that is expected, and expects no other one. @returns whether it was */
  async accept(prisma: PrismaClient, provider: string, secret: string, now: Date): Promise<boolean> {
    const { count } = await prisma.notificationSecret.updateMany({
      where: { provider, acceptUntil: { gt: now } },
      data: { secret, acceptUntil: null },
    });
    return count > 0;
  },

  async remove(prisma: PrismaClient, provider: string): Promise<void> {
    await prisma.notificationSecret.deleteMany({ where: { provider } });
  },
};
