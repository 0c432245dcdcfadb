-- AlterTable
ALTER TABLE "SeriesReference" ADD COLUMN     "deletedSeenAt" TIMESTAMPTZ(3);
