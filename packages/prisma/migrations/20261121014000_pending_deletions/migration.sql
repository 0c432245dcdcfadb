-- AlterTable
ALTER TABLE "BookingReference" ADD COLUMN     "deletePending" BOOLEAN NOT NULL DEFAULT false;
