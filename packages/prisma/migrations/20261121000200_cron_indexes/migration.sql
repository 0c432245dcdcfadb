-- What the calendar cron asks at each tick, so that a tick costs what is due and not what exists.

-- Choices that have no CalendarSync yet.
CREATE INDEX "DestinationCalendar_unlinked_idx" ON "DestinationCalendar" ("userId") WHERE "calendarSyncId" IS NULL;
CREATE INDEX "SelectedCalendar_unlinked_idx" ON "SelectedCalendar" ("userId") WHERE "calendarSyncId" IS NULL;

-- Calendars whose expanded series end soon.
CREATE INDEX "CalendarSync_mirrored_until_idx" ON "CalendarSync" ("mirroredUntil")
  WHERE enabled AND "inUse" AND "mirroredUntil" IS NOT NULL;
