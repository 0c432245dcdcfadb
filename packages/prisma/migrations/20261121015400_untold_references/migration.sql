-- What was written and no pull has told of since: asked for by each poll of a calendar whose listings keep silent about what came and went.
CREATE INDEX "BookingReference_untold_idx" ON "BookingReference" ("calendarSyncId")
  WHERE "lastPushedAt" > coalesce("lastPulledAt", '-infinity'::timestamptz);
