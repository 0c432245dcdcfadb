-- AlterTable
ALTER TABLE "BookingReference" ADD COLUMN     "detachedAt" TIMESTAMPTZ(3);
