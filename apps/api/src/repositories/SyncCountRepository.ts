import type { PrismaClient } from "@calsync/prisma";

/** Rows of one provider in one status. */
interface StatusCount {
  provider: string;
  status: string;
  count: number;
}

/** Counts over the whole installation, for metrics. */
export const syncCountRepository = {
  calendars(prisma: PrismaClient): Promise<StatusCount[]> {
    return prisma.$queryRaw<StatusCount[]>`
      SELECT "provider", "status"::text AS "status", count(*)::int AS "count" FROM "CalendarSync" GROUP BY 1, 2`;
  },
  subscriptions(prisma: PrismaClient): Promise<StatusCount[]> {
    return prisma.$queryRaw<StatusCount[]>`
      SELECT "provider", "status"::text AS "status", count(*)::int AS "count" FROM "CalendarSubscription" GROUP BY 1, 2`;
  },
  references(prisma: PrismaClient): Promise<StatusCount[]> {
    return prisma.$queryRaw<StatusCount[]>`
      SELECT sync."provider", reference."status"::text AS "status", count(*)::int AS "count"
      FROM "BookingReference" reference JOIN "CalendarSync" sync ON sync."id" = reference."calendarSyncId"
      GROUP BY 1, 2`;
  },
};
