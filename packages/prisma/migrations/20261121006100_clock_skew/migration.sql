-- AlterTable
ALTER TABLE "CalendarSync" ADD COLUMN     "clockSkewMs" INTEGER NOT NULL DEFAULT 0;
