-- A failed push that its host has put away is no longer shown.
ALTER TABLE "BookingReference" ADD COLUMN "dismissedAt" TIMESTAMPTZ(3);

-- The failed pushes of a calendar: for the queue that people see, and for the clean-up.
CREATE INDEX "BookingReference_failed_idx" ON "BookingReference" ("calendarSyncId", "updatedAt")
  WHERE status = 'ERROR' AND "dismissedAt" IS NULL;
