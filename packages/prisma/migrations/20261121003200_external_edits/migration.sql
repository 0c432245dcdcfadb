-- CreateEnum
CREATE TYPE "ExternalEditStatus" AS ENUM ('PENDING', 'APPLIED', 'REFUSED', 'CONFLICT', 'DISCARDED');

-- CreateTable
CREATE TABLE "ExternalEdit" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "calendarSyncId" UUID NOT NULL,
    "externalEventId" TEXT NOT NULL,
    "seriesId" TEXT,
    "originalStart" TEXT NOT NULL DEFAULT '',
    "kind" TEXT NOT NULL,
    "base" JSONB NOT NULL,
    "wanted" JSONB NOT NULL,
    "status" "ExternalEditStatus" NOT NULL DEFAULT 'PENDING',
    "reason" TEXT,
    "remote" JSONB,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "lastError" TEXT,
    "lastErrorMessage" TEXT,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ExternalEdit_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ExternalEdit_userId_requestedAt_idx" ON "ExternalEdit"("userId", "requestedAt");

-- AddForeignKey
ALTER TABLE "ExternalEdit" ADD CONSTRAINT "ExternalEdit_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ExternalEdit" ADD CONSTRAINT "ExternalEdit_calendarSyncId_fkey" FOREIGN KEY ("calendarSyncId") REFERENCES "CalendarSync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What waits: the work of one calendar's job, what an open page shows beside an event, and the net under a lost job.
CREATE INDEX "ExternalEdit_open_idx" ON "ExternalEdit" ("calendarSyncId", "requestedAt")
  WHERE status IN ('PENDING', 'CONFLICT');
CREATE INDEX "ExternalEdit_due_idx" ON "ExternalEdit" ("nextAttemptAt") WHERE status = 'PENDING';
ALTER TABLE "ExternalEdit" ADD CONSTRAINT "ExternalEdit_kind_check" CHECK (kind IN ('edit', 'delete'));
