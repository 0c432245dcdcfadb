import { type PrismaClient, type PrismaTransaction, retryOnDeadlock } from "@calsync/prisma";

export { isUniqueViolation } from "@calsync/prisma";

/**
 * Runs `work` in one transaction, and once more when the database broke it off because of a deadlock. What it does outside
 * of the transaction must bear a repetition.
 */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: PrismaTransaction) => Promise<T>,
): Promise<T> {
  return retryOnDeadlock(() => prisma.$transaction(work, { timeout: 30_000, maxWait: 10_000 }));
}
