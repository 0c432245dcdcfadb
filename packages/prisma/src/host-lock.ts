import type { PrismaTransaction } from "./client.ts";

/** First half of the advisory lock's key; the second is the host. Also in the migration calsync_place_booking. */
const HOST_TIME_LOCK = 1_667_329_139;

/**
 * Locks the times of `hostIds` until the transaction ends: nobody else can place a booking with these hosts meanwhile.
 * The database takes this lock by itself whenever a booking is placed or moved; a transaction that places or moves
 * several takes it first, because taking row after row could deadlock with another one that goes the other way round.
 */
export async function lockHostTime(tx: PrismaTransaction, ...hostIds: number[]): Promise<void> {
  // In the same order for everybody, for the same reason.
  const ordered = [...new Set(hostIds)].sort((a, b) => a - b);
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock(${HOST_TIME_LOCK}::int, host) FROM unnest(${ordered}::int[]) AS host`;
}
