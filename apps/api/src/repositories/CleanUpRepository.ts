import type { PrismaClient } from "@calsync/prisma";

/** Most rows that one statement deletes, so that none of them holds locks for long. */
const BATCH = 5_000;

/** Deletes rows that nothing needs any more. Each method is one statement, and gives how many it has deleted. */
export const cleanUpRepository = {
  batchSize: BATCH,

  /** Mails about bookings that ended before, and were sent or given up. While a booking is to come, its mails say what people know. */
  bookingMails(prisma: PrismaClient, before: Date): Promise<number> {
    return prisma.$executeRaw`
      DELETE FROM "OutgoingMail" WHERE "id" IN (
        SELECT m."id" FROM "OutgoingMail" m JOIN "Booking" b ON b."id" = m."bookingId"
         WHERE m."createdAt" < ${before} AND m."status" <> 'QUEUED' AND b."endTime" < ${before} LIMIT ${BATCH})`;
  },

  /** News for hosts that was told or given up before. */
  hostMails(prisma: PrismaClient, before: Date): Promise<number> {
    return prisma.$executeRaw`
      DELETE FROM "HostMail" WHERE "id" IN (
        SELECT "id" FROM "HostMail" WHERE "createdAt" < ${before} AND "status" <> 'QUEUED' LIMIT ${BATCH})`;
  },

  /** Sessions and started sign-ins at providers whose time is over. */
  async expiredAccess(prisma: PrismaClient, now: Date): Promise<number> {
    return prisma.$executeRaw`
      WITH sessions AS (DELETE FROM "Session" WHERE "expiresAt" < ${now} RETURNING 1)
      DELETE FROM "OAuthState" WHERE "expiresAt" < ${now}`;
  },
};
