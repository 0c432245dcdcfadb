-- AlterTable
ALTER TABLE "BookingReference" ADD COLUMN     "deletedSeenAt" TIMESTAMPTZ(3),
ADD COLUMN     "recheckAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "CalendarSync" ADD COLUMN     "lostAt" TIMESTAMPTZ(3),
ADD COLUMN     "missedChanges" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "quietPolls" INTEGER NOT NULL DEFAULT 0;

-- The work of one calendar's recheck job, and rechecks that have lost their job.
CREATE INDEX "BookingReference_recheck_of_calendar_idx" ON "BookingReference" ("calendarSyncId", "recheckAt")
  WHERE "recheckAt" IS NOT NULL;
CREATE INDEX "BookingReference_recheck_idx" ON "BookingReference" ("recheckAt") WHERE "recheckAt" IS NOT NULL;

-- An event that has gone from one calendar is looked for in the others: by our marker, by the UID that both carry (its own
-- id has an index already).
CREATE INDEX "ExternalEvent_marker_idx" ON "ExternalEvent" ("calendarSyncId", (snapshot->>'marker'))
  WHERE snapshot->>'marker' IS NOT NULL;
CREATE INDEX "ExternalEvent_icaluid_idx" ON "ExternalEvent" ("calendarSyncId", "iCalUid")
  WHERE "iCalUid" IS NOT NULL AND "seriesId" IS NULL;
