-- CreateEnum
CREATE TYPE "GuardChoice" AS ENUM ('APPLY', 'HOLD');

-- CreateEnum
CREATE TYPE "DeclineChoice" AS ENUM ('KEEP', 'CANCEL');

-- CreateEnum
CREATE TYPE "UnreadableChoice" AS ENUM ('CLOSE', 'WARN');

-- AlterTable
ALTER TABLE "CalendarSync" ADD COLUMN     "policyOverrides" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "pollIntervalMinutes" INTEGER,
ALTER COLUMN "direction" DROP NOT NULL,
ALTER COLUMN "direction" DROP DEFAULT;

-- AlterTable
ALTER TABLE "SyncPreference" ADD COLUMN     "allDeclined" "DeclineChoice" NOT NULL DEFAULT 'KEEP',
ADD COLUMN     "direction" "SyncDirection" NOT NULL DEFAULT 'BOTH',
ADD COLUMN     "fields" TEXT[] DEFAULT ARRAY['time', 'title', 'description', 'location', 'attendees']::TEXT[],
ADD COLUMN     "hostDeclined" "DeclineChoice" NOT NULL DEFAULT 'KEEP',
ADD COLUMN     "outsideHours" "GuardChoice" NOT NULL DEFAULT 'APPLY',
ADD COLUMN     "overlap" "GuardChoice" NOT NULL DEFAULT 'APPLY',
ADD COLUMN     "pollIntervalMinutes" INTEGER,
ADD COLUMN     "unreadableCalendar" "UnreadableChoice" NOT NULL DEFAULT 'CLOSE',
ALTER COLUMN "massChangeLimit" DROP NOT NULL;

-- Until now every calendar carried the default itself; from here on it follows its host's preferences.
UPDATE "CalendarSync" SET "direction" = NULL WHERE "direction" = 'BOTH';

ALTER TABLE "SyncPreference"
  ALTER COLUMN "fields" SET NOT NULL,
  ADD CONSTRAINT "SyncPreference_fields_check"
    CHECK ("fields" <@ ARRAY['time', 'title', 'description', 'location', 'attendees']),
  ADD CONSTRAINT "SyncPreference_poll_check" CHECK ("pollIntervalMinutes" BETWEEN 1 AND 1440);
ALTER TABLE "CalendarSync"
  ADD CONSTRAINT "CalendarSync_overrides_check" CHECK (jsonb_typeof("policyOverrides") = 'object'),
  ADD CONSTRAINT "CalendarSync_poll_check" CHECK ("pollIntervalMinutes" BETWEEN 1 AND 1440);
