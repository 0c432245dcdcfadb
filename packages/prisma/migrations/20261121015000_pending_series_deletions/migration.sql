-- AlterTable
ALTER TABLE "SeriesReference" ADD COLUMN     "deletePending" BOOLEAN NOT NULL DEFAULT false;
