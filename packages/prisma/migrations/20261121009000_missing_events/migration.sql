-- AlterTable
ALTER TABLE "ExternalEvent" ADD COLUMN     "missingSince" TIMESTAMPTZ(3);

-- What a calendar's full listing left out, the soonest first, and calendars whose direct reads have lost their job.
CREATE INDEX "ExternalEvent_missing_of_calendar_idx" ON "ExternalEvent" ("calendarSyncId", "startTime")
  WHERE "missingSince" IS NOT NULL;
CREATE INDEX "ExternalEvent_missing_idx" ON "ExternalEvent" ("missingSince") WHERE "missingSince" IS NOT NULL;
