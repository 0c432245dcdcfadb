-- AlterTable
ALTER TABLE "Attendee" ADD COLUMN     "expected" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "optional" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Booking" ADD COLUMN     "cancelledFor" TEXT;

-- AlterTable
ALTER TABLE "BookingReference" ADD COLUMN     "descriptionTemplate" TEXT,
ADD COLUMN     "privacy" "CalendarPrivacy" NOT NULL DEFAULT 'FULL',
ADD COLUMN     "titleTemplate" TEXT;

-- AlterTable
ALTER TABLE "DestinationCalendar" ADD COLUMN     "descriptionTemplate" TEXT,
ADD COLUMN     "titleTemplate" TEXT;

-- Until now only those who gave their seat up were not expected.
UPDATE "Attendee" SET "expected" = false WHERE NOT "seat";
-- Bookings that stand in a calendar already are shown there as it was chosen.
UPDATE "BookingReference" r SET "privacy" = d."privacy"
  FROM "DestinationCalendar" d WHERE d."calendarSyncId" = r."calendarSyncId" AND d."eventTypeId" IS NULL AND d."privacy" <> 'FULL';

ALTER TABLE "Attendee" ADD CONSTRAINT "Attendee_seat_check" CHECK ("expected" OR NOT "seat");
ALTER TABLE "DestinationCalendar"
  ADD CONSTRAINT "DestinationCalendar_titleTemplate_check" CHECK (length("titleTemplate") BETWEEN 1 AND 500),
  ADD CONSTRAINT "DestinationCalendar_descriptionTemplate_check" CHECK (length("descriptionTemplate") BETWEEN 1 AND 5000);
