-- CreateEnum
CREATE TYPE "RecurrenceFrequency" AS ENUM ('DAILY', 'WEEKLY', 'MONTHLY');

-- AlterTable
ALTER TABLE "Booking" ADD COLUMN     "originalStart" TEXT;

-- AlterTable
ALTER TABLE "BookingReference" ADD COLUMN     "seriesReferenceId" UUID;

-- AlterTable
ALTER TABLE "EventType" ADD COLUMN     "recurrenceFrequency" "RecurrenceFrequency",
ADD COLUMN     "recurrenceInterval" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "recurrenceMaxCount" INTEGER NOT NULL DEFAULT 12;

-- AlterTable
ALTER TABLE "OutgoingMail" ADD COLUMN     "seriesId" UUID;

-- CreateTable
CREATE TABLE "BookingSeries" (
    "id" UUID NOT NULL,
    "hostId" INTEGER NOT NULL,
    "eventTypeId" INTEGER,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "location" TEXT NOT NULL DEFAULT '',
    "startTime" TIMESTAMPTZ(3) NOT NULL,
    "endTime" TIMESTAMPTZ(3) NOT NULL,
    "timeZone" TEXT NOT NULL,
    "allDay" BOOLEAN NOT NULL DEFAULT false,
    "recurrence" TEXT[],
    "iCalUid" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL DEFAULT 0,
    "cancelledAt" TIMESTAMPTZ(3),
    "fieldChangedAt" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "BookingSeries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SeriesReference" (
    "id" UUID NOT NULL,
    "seriesId" UUID NOT NULL,
    "calendarSyncId" UUID NOT NULL,
    "externalEventId" TEXT,
    "iCalUid" TEXT,
    "version" TEXT,
    "sequence" INTEGER NOT NULL DEFAULT 0,
    "baseSnapshot" JSONB,
    "pendingSnapshot" JSONB,
    "status" "ReferenceStatus" NOT NULL DEFAULT 'PENDING',
    "pushRequestedAt" TIMESTAMPTZ(3),
    "nextPushAt" TIMESTAMPTZ(3),
    "generation" INTEGER NOT NULL DEFAULT 0,
    "seenGeneration" INTEGER NOT NULL DEFAULT 0,
    "goneBookingIds" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "settleAt" TIMESTAMPTZ(3),
    "lastError" TEXT,
    "lastErrorMessage" TEXT,
    "errorCount" INTEGER NOT NULL DEFAULT 0,
    "lastPushedAt" TIMESTAMPTZ(3),
    "lastPulledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SeriesReference_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "BookingSeries_iCalUid_key" ON "BookingSeries"("iCalUid");

-- CreateIndex
CREATE INDEX "BookingSeries_hostId_idx" ON "BookingSeries"("hostId");

-- CreateIndex
CREATE INDEX "BookingSeries_eventTypeId_idx" ON "BookingSeries"("eventTypeId");

-- CreateIndex
CREATE INDEX "SeriesReference_calendarSyncId_seenGeneration_idx" ON "SeriesReference"("calendarSyncId", "seenGeneration");

-- CreateIndex
CREATE UNIQUE INDEX "SeriesReference_calendarSyncId_externalEventId_key" ON "SeriesReference"("calendarSyncId", "externalEventId");

-- CreateIndex
CREATE UNIQUE INDEX "SeriesReference_seriesId_calendarSyncId_key" ON "SeriesReference"("seriesId", "calendarSyncId");

-- CreateIndex
CREATE INDEX "BookingReference_seriesReferenceId_idx" ON "BookingReference"("seriesReferenceId");

-- CreateIndex
CREATE INDEX "OutgoingMail_seriesId_idx" ON "OutgoingMail"("seriesId");

-- AddForeignKey
ALTER TABLE "Booking" ADD CONSTRAINT "Booking_recurringGroup_fkey" FOREIGN KEY ("recurringGroup") REFERENCES "BookingSeries"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BookingSeries" ADD CONSTRAINT "BookingSeries_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BookingSeries" ADD CONSTRAINT "BookingSeries_eventTypeId_fkey" FOREIGN KEY ("eventTypeId") REFERENCES "EventType"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "BookingReference" ADD CONSTRAINT "BookingReference_seriesReferenceId_fkey" FOREIGN KEY ("seriesReferenceId") REFERENCES "SeriesReference"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SeriesReference" ADD CONSTRAINT "SeriesReference_seriesId_fkey" FOREIGN KEY ("seriesId") REFERENCES "BookingSeries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SeriesReference" ADD CONSTRAINT "SeriesReference_calendarSyncId_fkey" FOREIGN KEY ("calendarSyncId") REFERENCES "CalendarSync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "OutgoingMail" ADD CONSTRAINT "OutgoingMail_seriesId_fkey" FOREIGN KEY ("seriesId") REFERENCES "BookingSeries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the schema's language cannot say.
ALTER TABLE "BookingSeries" ADD CONSTRAINT "BookingSeries_time_check" CHECK ("endTime" > "startTime");
ALTER TABLE "EventType" ADD CONSTRAINT "EventType_recurrence_check" CHECK (
  "recurrenceInterval" BETWEEN 1 AND 52 AND "recurrenceMaxCount" BETWEEN 2 AND 100
);
-- A recurring appointment is one guest's: seats are shared one appointment at a time.
ALTER TABLE "EventType" ADD CONSTRAINT "EventType_recurrence_seats_check" CHECK ("recurrenceFrequency" IS NULL OR seats = 1);

-- Work that waits, as on BookingReference: a tick costs what is due.
CREATE INDEX "SeriesReference_push_idx" ON "SeriesReference" ("calendarSyncId", "pushRequestedAt")
  WHERE "pushRequestedAt" IS NOT NULL;
CREATE INDEX "SeriesReference_push_requested_idx" ON "SeriesReference" ("pushRequestedAt") WHERE "pushRequestedAt" IS NOT NULL;
CREATE INDEX "SeriesReference_settle_idx" ON "SeriesReference" ("calendarSyncId", "settleAt") WHERE "settleAt" IS NOT NULL;
