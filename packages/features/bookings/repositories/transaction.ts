import {
  isExclusionViolation,
  isUniqueViolation,
  type PrismaClient,
  type PrismaTransaction,
  retryOnDeadlock,
} from "@calsync/prisma";

/** Runs `work` in one transaction, again when a deadlock ended it: it must do nothing outside of the database. */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: PrismaTransaction) => Promise<T>,
): Promise<T> {
  return retryOnDeadlock(() => prisma.$transaction(work));
}

/** Whether the database refused because the host's time is taken. */
export function isTimeTaken(error: unknown): boolean {
  return isExclusionViolation(error);
}

/** Whether the database refused because a booking with this idempotency key exists. */
export function isIdempotencyKeyTaken(error: unknown): boolean {
  return isUniqueViolation(error, "Booking_idempotencyKey_key");
}

/** Whether the database refused because the user has an event type with this slug. */
export function isSlugTaken(error: unknown): boolean {
  return isUniqueViolation(error, "EventType_userId_slug_key");
}
